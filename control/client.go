package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// answerTime bounds the wait for an answer that needs no waiting. An app that
// takes longer is stopped, or its machine is.
const answerTime = 10 * time.Second

// A Client talks to a running app. It is an [App], and may be used by many
// goroutines at once.
type Client struct {
	socket string
	http   http.Client
	answer time.Duration // answerTime
}

var _ App = (*Client)(nil)

// Dial gives a client of the app at a socket. It connects when there is
// something to ask, as often as needed.
func Dial(socket string) *Client {
	c := &Client{socket: socket, answer: answerTime}
	c.http.Transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return c.connect(ctx)
		},
		DisableCompression: true,
		MaxIdleConns:       1,
	}
	return c
}

// Close closes the connections that wait to be used again.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// connect opens a connection to our own user's app, or to anybody's as root.
func (c *Client) connect(ctx context.Context) (net.Conn, error) {
	conn, err := dialUnix(ctx, c.socket)
	switch {
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return nil, &RefusedError{Socket: c.socket, UID: -1}
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED),
		errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENOTSOCK):
		return nil, &NotRunningError{Socket: c.socket}
	case err != nil:
		return nil, err
	}
	uid, err := peerUID(conn)
	if self := os.Geteuid(); err == nil && uid != self && self != 0 {
		err = &RefusedError{Socket: c.socket, UID: uid}
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// Info implements [App].
func (c *Client) Info(ctx context.Context) (Info, error) {
	return ask[Info](ctx, c, "/v1/app")
}

// Processes implements [App].
func (c *Client) Processes(ctx context.Context, q ProcessQuery) ([]Process, error) {
	query := url.Values{"name": q.Names}
	if q.Tree {
		query.Set("tree", "true")
	}
	list, err := ask[processList](ctx, c, "/v1/processes?"+query.Encode())
	return list.Processes, err
}

// Environment implements [App].
func (c *Client) Environment(ctx context.Context, name string) (Environment, error) {
	return ask[Environment](ctx, c, "/v1/processes/"+url.PathEscape(name)+"/env")
}

// Formation implements [App].
func (c *Client) Formation(ctx context.Context) ([]Type, error) {
	f, err := ask[formation](ctx, c, "/v1/formation")
	return f.Formation, err
}

// Do implements [App].
func (c *Client) Do(ctx context.Context, cmd Command, progress func(Progress) error) (Outcome, error) {
	method, path := http.MethodPost, "/v1/"+string(cmd.Action)
	if cmd.Action == Scale {
		method, path = http.MethodPatch, "/v1/formation"
	}
	body, err := json.Marshal(cmd)
	if err != nil {
		return Outcome{}, err
	}
	if !cmd.Wait {
		var cancel context.CancelFunc
		ctx, cancel = c.soon(ctx)
		defer cancel()
	}
	res, err := c.send(ctx, method, path, body)
	if err != nil {
		return Outcome{}, err
	}
	defer res.Body.Close()
	for d := json.NewDecoder(res.Body); ; {
		var s step
		if err := d.Decode(&s); err != nil {
			return Outcome{}, lost(ctx, err)
		}
		switch {
		case s.Error != nil:
			return Outcome{}, s.Error
		case s.Outcome != nil:
			return *s.Outcome, nil
		}
		if err := progress(s.Progress); err != nil {
			return Outcome{}, err
		}
	}
}

// Logs implements [App].
func (c *Client) Logs(ctx context.Context, q LogQuery, emit func([]Line) error) error {
	query := url.Values{"process": q.Names, "lines": {strconv.Itoa(q.Lines)}}
	if q.Lines < 0 {
		query.Set("lines", "all")
	}
	if !q.Since.IsZero() {
		query.Set("since", q.Since.Format(time.RFC3339Nano))
	}
	if q.Grep != nil {
		query.Set("grep", q.Grep.String())
	}
	if q.Follow {
		query.Set("follow", "true")
	}
	res, err := c.send(ctx, http.MethodGet, "/v1/logs?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	return readLogs(ctx, res.Body, emit)
}

// Events implements [App].
func (c *Client) Events(ctx context.Context, emit func(Event) error) error {
	res, err := c.send(ctx, http.MethodGet, "/v1/events", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	return readEvents(ctx, res.Body, emit)
}

// ask gets one JSON value.
func ask[T any](ctx context.Context, c *Client, path string) (T, error) {
	var v T
	ctx, cancel := c.soon(ctx)
	defer cancel()
	res, err := c.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return v, err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		return v, lost(ctx, err)
	}
	return v, nil
}

// soon bounds a wait for what should need none.
func (c *Client) soon(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.answer, fmt.Errorf("no answer within %v", c.answer))
}

// send makes a request, of which it gives the answer if that is no error.
func (c *Client) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://ganger"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", typeJSON)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, lost(ctx, err)
	}
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusSwitchingProtocols {
		defer res.Body.Close()
		return nil, readError(res)
	}
	return res, nil
}

// readError reads the answer that is an error.
func readError(res *http.Response) error {
	var e errorBody
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxError))
	if json.Unmarshal(body, &e) != nil || e.Error == nil {
		return &LostError{fmt.Errorf("it is no ganger that answers: %s", res.Status)}
	}
	return e.Error
}

// lost gives an error of the connection its type. That of ctx stays what it is,
// but for the time that we gave the app ourselves.
func lost(ctx context.Context, err error) error {
	var (
		no      *NotRunningError
		refused *RefusedError
		wrapped *url.Error
	)
	switch {
	case errors.As(err, &no):
		return no
	case errors.As(err, &refused):
		return refused
	case ctx.Err() != nil && context.Cause(ctx) == ctx.Err():
		return ctx.Err()
	case ctx.Err() != nil:
		return &LostError{context.Cause(ctx)}
	case errors.As(err, &wrapped):
		err = wrapped.Err
	}
	if errors.Is(err, io.EOF) || strings.HasSuffix(err.Error(), "unexpected EOF") {
		err = io.ErrUnexpectedEOF
	}
	return &LostError{err}
}
