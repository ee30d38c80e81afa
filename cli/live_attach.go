package cli

import (
	"context"
	"errors"
	"fmt"

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
	t := newAttached(view.Process.Name, feed)
	t.drained = func() <-chan struct{} { return l.b.out.Drained(t.name) }
	// The lives that begin are told by the output, in their place, and their ends
	// by the feed.
	t.session, err = l.b.keeper.Attach(t.name, windowOf(size), func(process.Life) {})
	if err != nil {
		feed.Close()
		return nil, notAttached(t.name, err)
	}
	rows := size.Rows
	if rows == 0 {
		rows = 24
	}
	t.pid = t.session.PID()
	t.output = l.b.out.Follow(output.FollowOptions{Names: []string{t.name}, Lines: rows - 1, Raw: true, Lives: true})
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
