package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"ganger/control"
	"ganger/output"
	"ganger/supervisor"
)

// Events implements [control.App].
func (l *live) Events(ctx context.Context, emit func(control.Event) error) error {
	shot, feed, err := l.b.sup.Subscribe(ctx)
	if err != nil {
		return answer(err)
	}
	defer feed.Close()
	state, why := runState(shot)
	if err := emit(control.Event{Time: shot.Since, Kind: control.KindApp, State: state, Message: why}); err != nil {
		return err
	}
	return relay(ctx, feed, nil, func(p control.Progress) error { return emit(*p.Event) })
}

// event is a change as clients get it.
func event(c supervisor.Change) control.Event {
	e := control.Event{
		Time:    c.At,
		Kind:    control.KindState,
		Process: c.Process.Name,
		Type:    c.Process.Type,
		State:   control.State(c.State),
		PID:     c.PID,
	}
	switch {
	case c.Process.Name == "":
		e.Kind = control.KindApp
	case c.PID == 0 && !c.Ended.IsZero():
		e.Status = statusOf(c.Status)
		if c.Err != nil {
			e.Message = c.Err.Error()
		}
	}
	return e
}

// Logs implements [control.App].
func (l *live) Logs(ctx context.Context, q control.LogQuery, emit func([]control.Line) error) error {
	o := output.FollowOptions{Names: q.Names, Lines: q.Lines, Since: q.Since}
	if q.Grep != nil {
		o.Lines = -1 // it is the lines that match which are counted
	}
	f := l.b.out.Follow(o)
	defer f.Close()
	none, cancel := context.WithCancel(ctx)
	cancel()
	chunks, err := f.Next(none) // what is there, and no waiting
	switch {
	case ctx.Err() != nil && !q.Follow: // who follows gets at the end what there is
		return ctx.Err()
	case err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF):
		return err
	}
	if err := l.known(ctx, q, chunks); err != nil {
		return err
	}
	if !q.Follow || q.Grep == nil { // else it is the whole line that has to match
		chunks = append(chunks, f.Unfinished()...)
	}
	lines := logLines(nil, chunks, q)
	if q.Grep != nil {
		lines = lastOfEach(lines, q.Lines)
	}
	if len(lines) > 0 {
		if err := emit(lines); err != nil {
			return err
		}
	}
	if !q.Follow {
		return nil
	}
	if err := emit(nil); err != nil {
		return err
	}
	for {
		chunks, err := f.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if lines = logLines(lines[:0], chunks, q); len(lines) == 0 {
			continue
		}
		if err := emit(lines); err != nil {
			return err
		}
	}
}

// lastOfEach leaves the last n lines of each process, all if n is negative.
func lastOfEach(lines []control.Line, n int) []control.Line {
	if n < 0 {
		return lines
	}
	left := make(map[string]int)
	var last []control.Line
	for _, l := range slices.Backward(lines) {
		if left[l.Process]++; left[l.Process] <= n {
			last = append(last, l)
		}
	}
	slices.Reverse(last)
	return last
}

// known refuses a name that nothing has. A pattern may match what is to come.
func (l *live) known(ctx context.Context, q control.LogQuery, found []output.Chunk) error {
	shot, err := l.b.sup.Snapshot(ctx)
	if err != nil {
		return nil // at its end the app has no names any more, and still its output
	}
	types := l.b.wanted.Load().app.types()
	for _, name := range q.Names {
		switch {
		case slices.ContainsFunc(shot.Processes, func(p supervisor.ProcessView) bool { return means(name, p.Process) }),
			slices.ContainsFunc(found, func(c output.Chunk) bool { return name == c.Process || name == c.Type }),
			slices.Contains(types, name), name == "system",
			strings.ContainsAny(name, "*?["):
		default:
			return noProcess(name, shot.Processes)
		}
	}
	return nil
}

// logLines cuts chunks into those lines that are wanted.
func logLines(lines []control.Line, chunks []output.Chunk, q control.LogQuery) []control.Line {
	for _, c := range chunks {
		line := control.Line{Time: c.Time, Process: c.Process, Type: c.Type, PID: c.PID, Stderr: c.Stderr, Missed: c.Missed}
		for text := range bytes.Lines(c.Data) {
			text = bytes.TrimSuffix(text, []byte{'\n'})
			if c.TTY {
				text = bytes.TrimSuffix(text, []byte{'\r'})
			}
			if q.Grep != nil && !q.Grep.Match(output.Plain(text)) {
				continue
			}
			line.Text, line.Partial = string(text), c.Partial
			lines = append(lines, line)
			line.Missed = 0
		}
		if line.Missed > 0 {
			lines = append(lines, control.Line{Time: c.Time, Process: c.Process, Type: c.Type, Missed: line.Missed})
		}
	}
	return lines
}
