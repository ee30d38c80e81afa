package ready

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"ganger/listen"
)

// answerTime is how long an answer may take. A server that compiles on the
// first request goes on with that when we give up, and answers a later one.
const answerTime = 5 * time.Second

// http waits until the process listens and answers. One request is on its way
// at a time.
func (w *wait) http(ctx context.Context) (listen.Socket, error) {
	answered := "" // the last time
	for {
		l, err := w.port(ctx)
		if err != nil {
			return listen.Socket{}, err
		}
		if w.seen != answered || answered == "" { // that nobody listens is over
			w.see("it listens on port %d, and has not answered yet", l.Port())
		}
		ok, err := w.request(ctx, l)
		answered = w.seen
		if ok || err != nil {
			return l, err
		}
		if err := sleep(ctx, w.pause()); err != nil {
			return listen.Socket{}, err
		}
	}
}

// request asks once. The error is that of the context alone.
func (w *wait) request(ctx context.Context, l listen.Socket) (ok bool, _ error) {
	asked, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	url := localURL(host(l), l.Port()) + w.condition.path
	req, err := http.NewRequestWithContext(asked, http.MethodGet, url, nil)
	if err != nil {
		w.see("%s: %v", url, err)
		return false, nil
	}
	req.Header.Set("User-Agent", "ganger")
	// The transport and not a client: no redirect is followed, no proxy of the
	// environment asked.
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialAny(ctx, l)
		},
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	resp, err := transport.RoundTrip(req)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = resp.Body.Close()
		}
		return false, ctx.Err()
	case err != nil:
		w.see("%s: %s", url, failure(err))
		return false, nil
	}
	_ = resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 399 {
		w.see("%s answers %s", url, resp.Status)
		return false, nil
	}
	return true, nil
}

func dialAny(ctx context.Context, l listen.Socket) (conn net.Conn, err error) {
	var d net.Dialer
	for _, addr := range dial(l) {
		if conn, err = d.DialContext(ctx, "tcp", addr.String()); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

func failure(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer within " + answerTime.String()
	case errors.Is(err, io.EOF):
		return "the connection is closed without an answer"
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "the answer is not HTTP"
	default:
		return plain(err)
	}
}
