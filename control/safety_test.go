package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// dial opens a connection of which the test sends the bytes itself.
func (r *rig) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := dialUnix(context.Background(), r.socket)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { conn.Close() })
	return conn
}

// answers fails the test when the app does not answer others.
func (r *rig) answers(t testing.TB) {
	t.Helper()
	c := Dial(r.socket)
	defer c.Close()
	if _, err := c.Info(patient(t)); err != nil {
		t.Errorf("others hear: %v", err)
	}
}

// said reads all that is said on a connection, until it is closed.
func said(conn net.Conn) (string, error) {
	text, err := io.ReadAll(conn)
	return string(text), err
}

// Those who say nothing, or half of it, are dropped.
func TestSlowClients(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the limits, some seconds")
	}
	r := newRig(t, &fakeApp{})
	clients := []struct {
		name, sent, want string
		conn             net.Conn
	}{
		{"nothing", "", "", nil},
		{"half a header", "GET /v1/app HTTP/1.1\r\nHost: g", "", nil},
		{"half a body", "POST /v1/start HTTP/1.1\r\nHost: g\r\nContent-Length: 100\r\n\r\n{", "400 Bad Request", nil},
		{"half a chunk", "POST /v1/start HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{", "400 Bad Request", nil},
		{"half a body for a path without one", "GET /v1/app HTTP/1.1\r\nHost: g\r\nContent-Length: 100\r\n\r\n{", "400 Bad Request", nil},
		{"half a body for no path", "POST /v1/none HTTP/1.1\r\nHost: g\r\nContent-Length: 100\r\n\r\n{", "404 Not Found", nil},
	}
	for i, c := range clients {
		clients[i].conn = r.dial(t)
		if _, err := io.WriteString(clients[i].conn, c.sent); err != nil {
			t.Fatal(err)
		}
	}
	r.answers(t)
	for _, c := range clients {
		text, err := said(c.conn)
		if err != nil || !strings.Contains(text, c.want) || c.want == "" && text != "" {
			t.Errorf("%s hears %q, %v", c.name, text, err)
		}
	}
	r.answers(t)
}

// zeros is an endless request body.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// Those who say too much are dropped before they have said it all.
func TestLoudClients(t *testing.T) {
	r := newRig(t, &fakeApp{})
	for _, c := range []struct{ name, head, want string }{
		{"a gigabyte", "POST /v1/start HTTP/1.1\r\nHost: g\r\nContent-Length: 1073741824\r\n\r\n", "413"},
		{"a gigabyte for no path", "POST /v1/none HTTP/1.1\r\nHost: g\r\nContent-Length: 1073741824\r\n\r\n", "404"},
		{"garbage for ever", "\x16\x03\x01\xff\r\n\r\n", "400"},
		{"a header for ever", "GET /v1/app HTTP/1.1\r\nX: ", "431"},
		{"a path for ever", "GET /", "431"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := r.dial(t)
			sent := make(chan int64)
			go func() {
				io.WriteString(conn, c.head)
				n, _ := io.Copy(conn, io.LimitReader(zeros{}, 1<<30))
				sent <- n
			}()
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil || !strings.Contains(line, c.want) {
				t.Errorf("hears %q, %v", line, err)
			}
			if n := receive(t, sent, "the end of what was sent"); n > 8<<20 {
				t.Errorf("%d bytes were taken", n)
			}
			r.answers(t)
		})
	}
}

// What is no request is told so in the form of all errors.
func TestUnreadRequests(t *testing.T) {
	r := newRig(t, &fakeApp{})
	for _, c := range []struct {
		name, sent string
		status     int
		code       Code
	}{
		{"garbage", "\x16\x03\x01\xff\r\n\r\n", 400, CodeBadRequest},
		{"no host", "GET /v1/app HTTP/1.1\r\n\r\n", 400, CodeBadRequest},
		{"half a header", "GET /v1/app HTTP/1.1\r\nHost g\r\n\r\n", 400, CodeBadRequest},
		{"an encoding", "POST /v1/start HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: zip\r\n\r\n", 501, CodeBadRequest},
		{"another version", "GET /v1/app HTTP/7.3\r\nHost: g\r\n\r\n", 505, CodeBadRequest},
		{"headers", "GET /v1/app HTTP/1.1\r\nX: " + strings.Repeat("x", 2*maxHeader) + "\r\n", 431, CodeTooLarge},
	} {
		conn := r.dial(t)
		go io.WriteString(conn, c.sent)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var body errorBody
		err = json.NewDecoder(res.Body).Decode(&body)
		if err != nil || res.StatusCode != c.status || res.Header.Get("Content-Type") != typeJSON || body.Error == nil || body.Error.Code != c.code {
			t.Errorf("%s: %s, %v, %+v", c.name, res.Status, err, body.Error)
		}
	}
	r.answers(t)
}

// Connections that ask for nothing make room for those that do.
func TestManyClients(t *testing.T) {
	const limit = 8
	r := newRig(t, &fakeApp{}, func(r *rig) { r.listen.max = limit })
	var idle []net.Conn
	for i := range 3 * limit {
		conn := r.dial(t)
		if i%2 == 0 {
			io.WriteString(conn, "GET /v1/app HTTP/1.1\r\n")
		}
		idle = append(idle, conn)
	}
	r.answers(t)
	if text, err := said(idle[0]); text != "" || err != nil && !errors.Is(err, net.ErrClosed) && !isReset(err) {
		t.Errorf("the oldest hears %q, %v", text, err)
	}
}

func isReset(err error) bool { return strings.Contains(err.Error(), "reset") }

// When all connections are at work a new one hears so, and the streams do not
// take all of them.
func TestManyStreams(t *testing.T) {
	const limit = 4
	r := newRig(t, &fakeApp{}, func(r *rig) { r.listen.max = limit })
	ctx, cancel := context.WithCancel(patient(t))
	defer cancel()
	var wg sync.WaitGroup
	begun := make(chan struct{}, limit)
	for range limit {
		wg.Go(func() {
			c := Dial(r.socket)
			defer c.Close()
			c.Logs(ctx, LogQuery{Follow: true}, func([]Line) error { begun <- struct{}{}; return nil })
		})
		receive(t, begun, "the beginning of a stream")
	}
	early := r.dial(t)
	var no *Error
	if _, err := r.client.Info(ctx); !errors.As(err, &no) || no.Code != CodeTooMany {
		t.Errorf("one too many hears: %v", err)
	}
	// One that was there before it, and asks now, hears the same.
	if _, err := io.WriteString(early, "GET /v1/app HTTP/1.1\r\nHost: g\r\n\r\n"); err != nil {
		t.Errorf("one that asks late: %v", err)
	}
	if text, err := said(early); err != nil || text != fullAnswer {
		t.Errorf("one that asks late hears %q, %v", text, err)
	}
	cancel()
	wg.Wait()

	s := NewServer(&fakeApp{}, Options{})
	for range maxStreams {
		if _, err := s.stream(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.stream(); !errors.As(err, &no) || no.Code != CodeTooMany {
		t.Errorf("one stream too many: %v", err)
	}
	if maxStreams >= maxConns {
		t.Error("streams can take all connections")
	}
}

// fullAnswer is written by hand: it has to be what the API says.
func TestFullAnswer(t *testing.T) {
	res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(fullAnswer)), nil)
	if err != nil {
		t.Fatal(err)
	}
	var body errorBody
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil || body.Error.Code != CodeTooMany || res.StatusCode != body.Error.Code.status() {
		t.Errorf("%+v, %v", body.Error, err)
	}
}

// A bug in one request is an answer and a report.
func TestPanic(t *testing.T) {
	reports := make(chan error, 2)
	app := &fakeApp{
		do:   func(context.Context, Command, func(Progress) error) (Outcome, error) { panic("oh") },
		logs: func(_ context.Context, _ LogQuery, emit func([]Line) error) error { emit(nil); panic("oh") },
	}
	r := newRig(t, app, func(r *rig) { r.server.opts.Report = func(err error) { reports <- err } })
	var no *Error
	if _, err := r.client.Do(patient(t), Command{Action: Quit}, nil); !errors.As(err, &no) || no.Code != CodeInternal {
		t.Errorf("%v", err)
	}
	if err := r.client.Logs(patient(t), LogQuery{}, nil); !errors.As(err, &no) || no.Code != CodeInternal {
		t.Errorf("%v", err)
	}
	for range 2 {
		if err := receive(t, reports, "a report"); !strings.Contains(err.Error(), "oh") || !strings.Contains(err.Error(), "safety_test.go") {
			t.Errorf("reported: %v", err)
		}
	}
	r.answers(t)
}

// An app that does not come back does not keep the server from its end.
func TestCloseDoesNotWaitForEver(t *testing.T) {
	release, asked := make(chan struct{}), make(chan struct{})
	app := &fakeApp{do: func(context.Context, Command, func(Progress) error) (Outcome, error) {
		close(asked)
		<-release
		return Outcome{}, nil
	}}
	r := newRig(t, app)
	done := make(chan error)
	go func() {
		_, err := r.client.Do(patient(t), Command{Action: Quit}, nil)
		done <- err
	}()
	receive(t, asked, "the request")
	r.server.Close()
	if err := receive(t, done, "the answer"); err == nil {
		t.Error("an answer came after the end")
	}
	close(release)
}

// After Close nothing is served, and Serve is over before it began.
func TestServeAfterClose(t *testing.T) {
	noLeak(t)
	l, err := Listen(shortTemp(t) + "/s")
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(&fakeApp{}, Options{})
	s.Close()
	if err := s.Serve(l); err != ErrClosed {
		t.Error(err)
	}
	s.Close()
}

// One who follows and reads nothing: it alone waits.
func TestStuckFollowers(t *testing.T) {
	const followers, lines = 50, 200
	feed := make(chan struct{}) // is closed when the app may write
	app := &fakeApp{logs: func(ctx context.Context, q LogQuery, emit func([]Line) error) error {
		if err := emit(nil); err != nil {
			return err
		}
		<-feed
		n := lines
		if len(q.Names) > 0 { // the stuck one gets more than any buffer holds
			n = 100 * lines
		}
		for i := range n {
			if err := emit([]Line{{Process: "web.1", Text: fmt.Sprintf("%d %s", i, strings.Repeat("x", 1000))}}); err != nil {
				return err
			}
		}
		return nil
	}}
	r := newRig(t, app)
	stuck := r.dial(t)
	io.WriteString(stuck, "GET /v1/logs?follow&process=stuck HTTP/1.1\r\nHost: g\r\n\r\n")
	var wg sync.WaitGroup
	for range followers {
		wg.Go(func() {
			c := Dial(r.socket)
			defer c.Close()
			got := 0
			err := c.Logs(patient(t), LogQuery{Follow: true}, func(l []Line) error { got += len(l); return nil })
			if err != nil || got != lines {
				t.Errorf("%d lines, %v", got, err)
			}
		})
	}
	close(feed)
	wg.Wait()
	r.answers(t)
	// The server's end is the stuck one's too: Cleanup fails else.
}

// A client that is killed while it is attached is seen to be gone, also by a
// process that does not read and does not write.
func TestAttachedClientGoes(t *testing.T) {
	left := make(chan struct{}, 2)
	app := &fakeApp{attach: func(string, Size) (Terminal, error) {
		return &deaf{closed: make(chan struct{}), left: left}, nil
	}}
	r := newRig(t, app)
	term, err := r.client.Attach(patient(t), "web.1", Size{})
	if err != nil {
		t.Fatal(err)
	}
	term.Write(make([]byte, typedSize/2))
	term.(*clientTerminal).conn.Close()
	receive(t, left, "word that the client is gone")
	r.answers(t)

	// One that types more than is kept is told so.
	if term, err = r.client.Attach(patient(t), "web.1", Size{}); err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	go term.Write(make([]byte, 2*typedSize+frameMax))
	var no *Error
	if _, err := next(t, term); !errors.As(err, &no) || !strings.Contains(no.Message, "does not read") {
		t.Errorf("typing to a deaf one: %v", err)
	}
}

// deaf is a terminal whose process does nothing.
type deaf struct {
	closed, left chan struct{}
	once         sync.Once
}

func (d *deaf) Next() (Shown, error) { <-d.closed; return Shown{}, io.EOF }
func (d *deaf) Write([]byte) (int, error) {
	<-d.closed
	return 0, io.ErrClosedPipe
}
func (d *deaf) Resize(Size) {}
func (d *deaf) Close() error {
	d.once.Do(func() {
		close(d.closed)
		d.left <- struct{}{}
	})
	return nil
}
