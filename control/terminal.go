package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Attach implements [App].
func (c *Client) Attach(ctx context.Context, name string, size Size) (Terminal, error) {
	query := url.Values{"cols": {strconv.Itoa(size.Cols)}, "rows": {strconv.Itoa(size.Rows)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet,
		"http://ganger/v1/attach/"+url.PathEscape(name)+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", attachProtocol)
	conn, err := c.connect(ctx)
	if err != nil {
		return nil, lost(ctx, err)
	}
	t := &clientTerminal{conn: conn, r: bufio.NewReader(conn), buf: make([]byte, frameMax)}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })
	err = t.upgrade(req)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		if no := new(Error); errors.As(err, &no) {
			return nil, no
		}
		return nil, lost(ctx, err)
	}
	return t, nil
}

// clientTerminal is the client's end of an attached connection.
type clientTerminal struct {
	conn net.Conn
	r    *bufio.Reader
	buf  []byte

	sending sync.Mutex // keeps frames whole

	mu     sync.Mutex
	closed bool
}

func (t *clientTerminal) upgrade(req *http.Request) error {
	if err := req.Write(t.conn); err != nil {
		return err
	}
	res, err := http.ReadResponse(t.r, req)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		defer res.Body.Close()
		return readError(res)
	}
	return nil
}

// Next implements [Terminal].
func (t *clientTerminal) Next() (Shown, error) {
	for {
		kind, p, err := readFrame(t.r, t.buf)
		switch {
		case t.isClosed():
			return Shown{}, io.EOF
		case err != nil:
			return Shown{}, lost(context.Background(), err)
		}
		switch kind {
		case frameOutput:
			return Shown{Data: p}, nil
		case frameNotice:
			return Shown{Notice: string(p)}, nil
		case frameEnd:
			var e errorBody
			if len(p) == 0 || json.Unmarshal(p, &e) != nil || e.Error == nil {
				return Shown{}, io.EOF
			}
			return Shown{}, e.Error
		}
	}
}

func (t *clientTerminal) isClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// Write implements [Terminal].
func (t *clientTerminal) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := t.send(frameInput, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Resize implements [Terminal].
func (t *clientTerminal) Resize(s Size) { _ = t.send(frameSize, s.encode()) }

func (t *clientTerminal) send(kind byte, p []byte) error {
	t.sending.Lock()
	defer t.sending.Unlock()
	if err := writeFrames(t.conn, kind, p); err != nil {
		return lost(context.Background(), err)
	}
	return nil
}

// Close implements [Terminal]. It does not wait for the app.
func (t *clientTerminal) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	return t.conn.Close()
}
