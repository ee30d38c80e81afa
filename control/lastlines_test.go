package control

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// lastLines is an app with so many lines of a kilobyte for one who follows, of
// which the first half is emitted before it ends.
func lastLines(n int, half chan<- struct{}) *fakeApp {
	return &fakeApp{logs: func(_ context.Context, _ LogQuery, emit func([]Line) error) error {
		for i := range n {
			if i == n/2 {
				close(half)
			}
			if err := emit([]Line{{Process: "web.1", Type: "web", Text: fmt.Sprintf("%d %s", i, strings.Repeat("x", 1000))}}); err != nil {
				return err
			}
		}
		return nil
	}}
}

// Who follows behind the pace gets what was written before the end all the same.
func TestLastLinesOfThePaced(t *testing.T) {
	const lines = 8 << 10 // twice what is served in a second after the burst
	half := make(chan struct{})
	r := newRig(t, lastLines(lines, half), unhurried)
	got := make(chan int, 1)
	go func() {
		n, missed := 0, 0
		err := r.client.Logs(patient(t), LogQuery{Follow: true}, func(all []Line) error {
			for _, l := range all {
				n++
				missed += l.Missed
			}
			return nil
		})
		if err != nil || missed > 0 {
			t.Errorf("%v, %d missed", err, missed)
		}
		got <- n
	}()
	awaitClosed(t, half, "the first half of the lines")
	r.server.Close()
	select {
	case n := <-got:
		if n != lines {
			t.Errorf("%d lines of %d", n, lines)
		}
	case <-time.After(patience):
		t.Fatal("the lines have no end")
	}
}

// One that does not read does not hold up the end, and when it reads after that
// it finds how many lines it has not got, and the last.
func TestLastLinesOfTheStuck(t *testing.T) {
	const lines = 4 << 10
	half := make(chan struct{})
	r := newRig(t, lastLines(lines, half))
	conn := r.dial(t)
	if _, err := io.WriteString(conn, "GET /v1/logs?follow HTTP/1.1\r\nHost: g\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// The first line has come, so that it is the reader who is late and not we.
	in := bufio.NewReader(conn)
	if _, err := in.Peek(1); err != nil {
		t.Fatal(err)
	}
	closed := make(chan struct{})
	go func() { defer close(closed); r.server.Close() }()
	awaitClosed(t, closed, "the end of the server")
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	n, missed, last := 0, 0, ""
	err = readLogs(patient(t), res.Body, func(all []Line) error {
		for _, l := range all {
			if missed += l.Missed; l.Missed == 0 {
				n++
			}
			last, _, _ = strings.Cut(l.Text, " ")
		}
		return nil
	})
	if err != nil || n == 0 || missed == 0 || n+missed != lines || last != strconv.Itoa(lines-1) {
		t.Errorf("%d lines and %d missed, of %d; the last is %q, %v", n, missed, lines, last, err)
	}
}

// One that reads slowly, but reads, gets some more and then the number.
func TestLastLinesOfTheSlow(t *testing.T) {
	const lines = 16 << 10
	half := make(chan struct{})
	r := newRig(t, lastLines(lines, half))
	n, missed := 0, 0
	done := make(chan error, 1)
	closed := make(chan struct{})
	go func() {
		first := true
		done <- r.client.Logs(patient(t), LogQuery{Follow: true}, func(all []Line) error {
			if first {
				first = false
				go func() { defer close(closed); r.server.Close() }()
			}
			select {
			case <-closed: // read what there is
			case <-time.After(50 * time.Millisecond): // a slow reader, whatever happens meanwhile
			}
			for _, l := range all {
				if missed += l.Missed; l.Missed == 0 {
					n++
				}
			}
			return nil
		})
	}()
	awaitClosed(t, closed, "the end of the server")
	select {
	case err := <-done:
		if err != nil || n+missed != lines {
			t.Errorf("%d lines and %d missed, of %d; %v", n, missed, lines, err)
		}
	case <-time.After(patience):
		t.Fatal("the lines have no end")
	}
}

func awaitClosed(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("still waiting for %s", what)
	}
}

// A bug of the app's leaves nothing behind that would touch the connection when
// the request is over.
func TestFollowingEndsWithAPanic(t *testing.T) {
	app := &fakeApp{logs: func(context.Context, LogQuery, func([]Line) error) error { panic("a bug") }}
	s := NewServer(app, Options{})
	w := httptest.NewRecorder()
	q := &request{server: s, w: w, r: httptest.NewRequest("GET", "/v1/logs?follow", nil), ctl: http.NewResponseController(w)}
	f := q.follow(q.stream(typeNDJSON))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("there was no panic")
			}
		}()
		_ = f.run(LogQuery{Follow: true})
	}()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.done {
		t.Error("it goes on")
	}
	if s.followers != 0 {
		t.Errorf("%d followers are counted", s.followers)
	}
}

// One that was let in before the end, and follows after it, has as much time as
// the others.
func TestFollowingBegunAtTheEnd(t *testing.T) {
	s := NewServer(&fakeApp{}, Options{})
	s.grace = patience
	cut, cancel := s.patience()
	defer cancel()
	done := s.follow()
	s.mu.Lock()
	if s.hurry.Stop() {
		t.Error("its time is that of one who does not follow")
	}
	s.grace = 0
	s.mu.Unlock()
	done()
	awaitClosed(t, cut.Done(), "the end of the time without followers")
}
