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
	"time"
)

// typedSize bounds what was typed and not read yet, in bytes. A client is read
// on and on, because else nobody would notice that it has gone.
const typedSize = 1 << 20

// attach makes the connection the terminal of a process.
func (q *request) attach() error {
	var window Size
	if err := q.query(params{"cols": size(&window.Cols), "rows": size(&window.Rows)}); err != nil {
		return err
	}
	if !strings.EqualFold(q.r.Header.Get("Upgrade"), attachProtocol) {
		return badRequest("to attach, the connection has to be upgraded",
			"send the headers Connection: Upgrade and Upgrade: "+attachProtocol)
	}
	done, err := q.server.stream()
	if err != nil {
		return err
	}
	defer done()
	term, err := q.server.app.Attach(q.ctx(), q.name, window)
	if err != nil {
		return err
	}
	defer term.Close()
	c, buffered, err := q.ctl.Hijack()
	if err != nil {
		return err
	}
	defer c.Close()
	q.begun = true
	c.SetDeadline(time.Time{})
	if _, err := fmt.Fprintf(c, "HTTP/1.1 %d %s\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n",
		http.StatusSwitchingProtocols, http.StatusText(http.StatusSwitchingProtocols), attachProtocol); err != nil {
		return nil
	}
	a := attached{term: term, conn: c, grace: q.server.grace, in: buffered.Reader,
		more: make(chan struct{}, 1), written: make(chan struct{}), heard: make(chan struct{})}
	a.run(q.server.life)
	return nil
}

// attached is one client at a terminal.
type attached struct {
	term Terminal
	conn net.Conn
	in   *bufio.Reader

	grace time.Duration // the server's

	mu    sync.Mutex
	typed []byte // and not written yet
	over  bool   // nothing more is typed
	why   error  // the reason, where it is the client's mistake
	more  chan struct{}

	written chan struct{} // closed when all that was typed is written
	heard   chan struct{} // closed when all that the client sent is read
	left    sync.Once
}

// run serves the client until it leaves, the process has ended for good, or
// life ends.
func (a *attached) run(life context.Context) {
	stop := context.AfterFunc(life, a.leave)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(a.read)
	wg.Go(a.write)
	err := a.show(life)
	a.leave()
	a.mu.Lock()
	err = errors.Join(a.why, err)
	a.mu.Unlock()
	if life.Err() != nil {
		err = errEnded()
	}
	a.conn.SetWriteDeadline(time.Now().Add(a.grace))
	_ = writeFrames(a.conn, frameEnd, endText(err)) // to one that may have gone
	a.conn.Close()
	wg.Wait()
}

// show sends what the process writes.
func (a *attached) show(life context.Context) error {
	for {
		shown, err := a.term.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if shown.Data != nil {
			err = writeFrames(a.conn, frameOutput, shown.Data)
		} else {
			err = writeFrames(a.conn, frameNotice, []byte(shown.Notice))
		}
		if err != nil {
			a.hear(life)
			return nil
		}
	}
}

// hear gives what a client that has left had sent a moment to be read.
func (a *attached) hear(life context.Context) {
	patience := time.NewTimer(a.grace)
	defer patience.Stop()
	select {
	case <-a.heard:
	case <-patience.C:
	case <-life.Done():
	}
}

// leave gives the terminal up. A client that does not read must not hold what
// is being sent to it for long.
func (a *attached) leave() {
	a.typeNoMore()
	a.left.Do(func() {
		a.conn.SetWriteDeadline(time.Now().Add(a.grace))
		a.term.Close()
	})
}

func (a *attached) typeNoMore() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.over {
		a.over = true
		close(a.more)
	}
}

// finish gives what was typed before the client left a moment to be written.
func (a *attached) finish() {
	a.typeNoMore()
	patience := time.NewTimer(a.grace)
	defer patience.Stop()
	select {
	case <-a.written:
	case <-patience.C:
	}
}

// read takes what the client sends.
func (a *attached) read() {
	defer close(a.heard)
	defer a.leave()
	buf := make([]byte, frameMax)
	for {
		kind, p, err := readFrame(a.in, buf)
		if err != nil {
			a.finish()
			return
		}
		switch kind {
		case frameInput:
			err = a.keep(p)
		case frameSize:
			var s Size
			if s, err = decodeSize(p); err == nil {
				a.term.Resize(s)
			}
		case frameLeave:
			a.finish()
			return
		default:
			err = fmt.Errorf("no frame is of the kind %q", kind)
		}
		if err != nil {
			a.mu.Lock()
			a.why = err
			a.mu.Unlock()
			return
		}
	}
}

// keep keeps what was typed until it is written.
func (a *attached) keep(p []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.over:
		return nil
	case len(a.typed)+len(p) > typedSize:
		return fmt.Errorf("the process does not read: %d bytes wait for it", len(a.typed))
	}
	a.typed = append(a.typed, p...)
	select {
	case a.more <- struct{}{}:
	default:
	}
	return nil
}

// write types what was kept.
func (a *attached) write() {
	defer close(a.written)
	for range a.more {
		a.mu.Lock()
		p := a.typed
		a.typed = nil
		a.mu.Unlock()
		if _, err := a.term.Write(p); err != nil {
			return // show says why
		}
	}
}

// endText is what the last frame says.
func endText(err error) []byte {
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Code: CodeFailed, Message: err.Error()}
	}
	text, _ := json.Marshal(errorBody{e})
	return text
}
