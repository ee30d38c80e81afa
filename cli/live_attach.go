package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"ganger/control"
	"ganger/output"
	"ganger/process"
	"ganger/supervisor"
)

// Attach implements [control.App]. What the process writes is read from its
// output, of which the client gets its last screen first; what is typed goes to
// its terminal.
func (l *live) Attach(ctx context.Context, name string, size control.Size) (control.Terminal, error) {
	shot, feed, err := l.b.sup.Subscribe(ctx)
	if err != nil {
		return nil, answer(err)
	}
	view, err := toAttach(name, shot.Processes)
	if err != nil {
		feed.Close()
		return nil, err
	}
	t := &attached{name: view.Process.Name, feed: feed}
	// The life that runs now may end at any moment: the feed tells of it, once
	// each time.
	t.session, err = l.b.keeper.Attach(t.name, windowOf(size), func(process.Life) {})
	if err != nil {
		feed.Close()
		return nil, notAttached(t.name, err)
	}
	rows := size.Rows
	if rows == 0 {
		rows = 24
	}
	t.output = l.b.out.Follow(output.FollowOptions{Names: []string{t.name}, Lines: rows - 1, Raw: true})
	go t.listen()
	return t, nil
}

// toAttach is the process that is meant: by its name, or by that of a type that
// has no other.
func toAttach(name string, procs []supervisor.ProcessView) (supervisor.ProcessView, error) {
	var found []supervisor.ProcessView
	for _, v := range procs {
		switch name {
		case v.Process.Name:
			return v, nil
		case v.Process.Type:
			found = append(found, v)
		}
	}
	switch len(found) {
	case 0:
		return supervisor.ProcessView{}, noProcess(name, procs)
	case 1:
		return found[0], nil
	}
	return supervisor.ProcessView{}, &control.Error{Code: control.CodeConflict, Message: fmt.Sprintf("%s has %d processes", name, len(found)),
		Hint: "name one of them: " + found[0].Process.Name}
}

func notAttached(name string, err error) error {
	none := new(process.NoTerminalError)
	switch {
	case errors.As(err, &none):
		return &control.Error{Code: control.CodeConflict, Message: none.Error(), Hint: none.Hint()}
	case errors.Is(err, process.ErrNotRunning):
		return &control.Error{Code: control.CodeConflict, Message: name + " does not run"}
	}
	return err
}

func windowOf(s control.Size) process.Size {
	return process.Size{Rows: uint16(s.Rows), Cols: uint16(s.Cols)} // each fits: the server has checked
}

// attached is the terminal of a process, for one client. It outlives the
// process's restarts.
type attached struct {
	name    string
	session *process.Session
	output  *output.Follower
	feed    *supervisor.Feed
	chunks  []output.Chunk // Next's alone: read and not handed over

	mu     sync.Mutex
	notes  []string           // to be shown
	over   error              // why there is no more
	cancel context.CancelFunc // ends Next's wait
}

// Next implements [control.Terminal]. What the process has written comes before
// what is said of its end.
func (t *attached) Next() (control.Shown, error) {
	for {
		if len(t.chunks) > 0 {
			c := t.chunks[0]
			t.chunks = t.chunks[1:]
			if len(c.Data) > 0 {
				return control.Shown{Data: c.Data}, nil
			}
			continue
		}
		ctx := t.wait()
		var err error
		if t.chunks, err = t.output.Next(ctx); errors.Is(err, io.EOF) {
			t.end(&control.Error{Code: control.CodeStopping, Message: "the app has ended"})
		}
		if len(t.chunks) > 0 {
			continue
		}
		t.mu.Lock()
		notes, over := t.notes, t.over
		if len(notes) > 0 {
			t.notes = notes[1:]
		}
		t.mu.Unlock()
		switch {
		case errors.Is(over, io.EOF):
			return control.Shown{}, io.EOF
		case len(notes) > 0:
			return control.Shown{Notice: notes[0]}, nil
		case over != nil:
			return control.Shown{}, over
		}
	}
}

// wait is the time that Next may wait for output: none, if there is something
// else to tell.
func (t *attached) wait() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cancel != nil {
		t.cancel()
	}
	t.cancel = cancel
	if len(t.notes) > 0 || t.over != nil {
		cancel()
	}
	return ctx
}

func (t *attached) note(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.notes = append(t.notes, text)
	if t.cancel != nil {
		t.cancel()
	}
}

// end has Next give the first reason that it is told, after the notes.
func (t *attached) end(why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over == nil {
		t.over = why
	}
	if t.cancel != nil {
		t.cancel()
	}
}

// listen tells of the process's ends and restarts.
func (t *attached) listen() {
	for {
		news, _, err := t.feed.Next(context.Background())
		if err != nil {
			return
		}
		for _, c := range news {
			if c.Process.Name == t.name {
				t.tell(c)
			}
		}
	}
}

func (t *attached) tell(c supervisor.Change) {
	switch c.State {
	case supervisor.StateRunning:
		t.note(fmt.Sprintf("%s runs again (pid %d)", t.name, c.PID))
	case supervisor.StateBackingOff:
		t.note(fmt.Sprintf("%s %s and is started again", t.name, c.Status))
	case supervisor.StateStopped, supervisor.StateRemoved:
		t.end(&control.Error{Code: control.CodeConflict, Message: t.name + " has been stopped"})
	case supervisor.StateFailed, supervisor.StateDone:
		t.end(&control.Error{Code: control.CodeConflict, Message: fmt.Sprintf("%s %s", t.name, c.Status)})
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

// Close implements [control.Terminal].
func (t *attached) Close() error {
	t.end(io.EOF)
	t.session.Close()
	t.output.Close()
	t.feed.Close()
	return nil
}
