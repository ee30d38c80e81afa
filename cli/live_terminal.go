package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"ganger/control"
	"ganger/output"
	"ganger/process"
	"ganger/supervisor"
)

// attached is the terminal of a process, for one client. It outlives the
// process's restarts.
//
// That a life begins the output says, by a chunk that stands before its first
// byte; no line is asked for that. That one has ended for good, or until its
// restart, the feed says. It is shown when what the process wrote before has
// been, and before another life begins.
type attached struct {
	name    string
	session *process.Session
	output  *output.Follower
	feed    feed
	drained func() <-chan struct{} // closed when the last life's output has been read
	closed  chan struct{}

	// Next's alone.
	pid    int             // of the life that is shown, or was last
	chunks []output.Chunk  // read and not handed over
	notes  []control.Shown // to be shown before them

	mu     sync.Mutex
	ends   []*lifeEnd // the ends of lives, to be told
	over   *lifeEnd   // why there is no more
	news   bool       // the feed may have something
	cancel context.CancelFunc
}

// feed is a *supervisor.Feed.
type feed interface {
	Next(context.Context) (changes []supervisor.Change, missed int, err error)
	News() <-chan struct{}
	Close()
}

// lifeEnd is the end of a life. It is due when the output of that has been read.
type lifeEnd struct {
	text string
	err  error
	due  bool
}

func newAttached(name string, feed feed) *attached {
	return &attached{name: name, feed: feed, closed: make(chan struct{}), cancel: func() {}}
}

// Next implements [control.Terminal]. What the process has written comes before
// what is said of its end.
func (t *attached) Next() (control.Shown, error) {
	for {
		if shown, err, ok := t.shift(); ok {
			return shown, err
		}
		t.hear()
		ctx, due := t.wait()
		var err error
		if due {
			t.chunks, err = t.output.Now()
		} else {
			t.chunks, err = t.output.Next(ctx)
		}
		if errors.Is(err, io.EOF) {
			t.hear() // that the process has been stopped is known by now
			t.end(&control.Error{Code: control.CodeStopping, Message: "the app has ended"})
			t.allDue()
			due = true
		}
		if !due || len(t.chunks) > 0 {
			continue
		}
		if shown, err, ok := t.tellEnd(); ok {
			return shown, err
		}
	}
}

// shift takes what is to be shown next of what has been read.
func (t *attached) shift() (control.Shown, error, bool) {
	for {
		switch {
		case len(t.notes) > 0:
			n := t.notes[0]
			t.notes = t.notes[1:]
			return n, nil, true
		case len(t.chunks) == 0:
			return control.Shown{}, nil, false
		}
		c := &t.chunks[0]
		switch {
		case c.Began:
			pid := c.PID
			if pid == t.pid { // it had begun when we came
				break
			}
			// Whatever the feed tells of the life before is there by now.
			t.hear()
			t.allDue()
			if shown, err, ok := t.tellEnd(); ok {
				return shown, err, true // and the chunk once more
			}
			t.pid = pid
			t.note(fmt.Sprintf("%s runs again (pid %d)", t.name, pid))
		case c.Missed > 0:
			t.note(fmt.Sprintf("%d lines lost here, since they came faster than they were read", c.Missed))
			c.Missed = 0
			continue
		case len(c.Data) > 0:
			data := c.Data
			t.chunks = t.chunks[1:]
			return control.Shown{Data: data}, nil, true
		}
		t.chunks = t.chunks[1:]
	}
}

func (t *attached) note(text string) { t.notes = append(t.notes, control.Shown{Notice: text}) }

// tellEnd takes the next end that is due.
func (t *attached) tellEnd() (control.Shown, error, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.over != nil && errors.Is(t.over.err, io.EOF):
		return control.Shown{}, io.EOF, true
	case len(t.ends) > 0 && t.ends[0].due:
		e := t.ends[0]
		t.ends = t.ends[1:]
		return control.Shown{Notice: e.text}, nil, true
	case len(t.ends) == 0 && t.over != nil && t.over.due:
		return control.Shown{}, t.over.err, true
	}
	return control.Shown{}, nil, false
}

// wait is the time that Next may wait for output: until there is something else
// to look at. It also says whether something is due already.
func (t *attached) wait() (ctx context.Context, due bool) {
	ctx, cancel := context.WithCancel(context.Background())
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cancel()
	t.cancel = cancel
	switch {
	case len(t.ends) > 0:
		due = t.ends[0].due
	case t.over != nil:
		due = t.over.due
	}
	due = due || t.over != nil && errors.Is(t.over.err, io.EOF)
	if due || t.news {
		cancel()
	}
	return ctx, due
}

// listen has Next look at the feed.
func (t *attached) listen() {
	for {
		select {
		case <-t.feed.News():
			t.poke(func() { t.news = true })
		case <-t.closed:
			return
		}
	}
}

// poke changes something that Next is to look at.
func (t *attached) poke(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
	t.cancel()
}

// hear takes what the feed tells of the process.
func (t *attached) hear() {
	t.mu.Lock()
	t.news = false
	t.mu.Unlock()
	now, cancel := context.WithCancel(context.Background())
	cancel()
	news, _, err := t.feed.Next(now)
	if err != nil {
		return
	}
	for _, c := range news {
		if c.Process.Name == t.name {
			t.tell(c)
		}
	}
}

func (t *attached) tell(c supervisor.Change) {
	switch c.State {
	case supervisor.StateBackingOff:
		e := &lifeEnd{text: fmt.Sprintf("%s %s and is started again", t.name, c.Status)}
		t.mu.Lock()
		t.ends = append(t.ends, e)
		t.mu.Unlock()
		t.await(e)
	case supervisor.StateStopped, supervisor.StateRemoved:
		t.await(t.end(&control.Error{Code: control.CodeConflict, Message: t.name + " has been stopped"}))
	case supervisor.StateFailed, supervisor.StateDone:
		t.await(t.end(&control.Error{Code: control.CodeConflict, Message: fmt.Sprintf("%s %s", t.name, c.Status)}))
	}
}

// end has Next give the first reason that it is told, after the other ends.
func (t *attached) end(why error) *lifeEnd {
	e := &lifeEnd{err: why}
	t.poke(func() {
		if t.over == nil || errors.Is(why, io.EOF) {
			t.over = e
		}
	})
	return e
}

// await has an end told when the output has been read; a blocked reader of ours
// holds that up, and is not waited for long.
func (t *attached) await(e *lifeEnd) {
	drained := t.drained()
	go func() {
		late := time.NewTimer(drainTime)
		defer late.Stop()
		select {
		case <-drained:
		case <-late.C:
		case <-t.closed:
		}
		t.poke(func() { e.due = true })
	}()
}

// allDue has all ends told now: nothing more comes of those lives.
func (t *attached) allDue() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.ends {
		e.due = true
	}
	if t.over != nil {
		t.over.due = true
	}
}

// Write implements [control.Terminal].
func (t *attached) Write(p []byte) (int, error) {
	n, err := t.session.Write(p)
	if errors.Is(err, process.ErrNotRunning) {
		return len(p), nil // typed between two lives: nobody is there to read it
	}
	return n, err
}

// Resize implements [control.Terminal].
func (t *attached) Resize(s control.Size) { t.session.Resize(windowOf(s)) }

// Close implements [control.Terminal]. It may be called more than once.
func (t *attached) Close() error {
	t.end(io.EOF)
	t.session.Close()
	t.output.Close()
	t.feed.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.closed:
	default:
		close(t.closed)
	}
	return nil
}
