package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ganger/process"
	"ganger/supervisor"
)

// await lets the command begin when the others are ready, and ends the run if
// they will not be.
func (u *up) await(b *back) {
	if u == nil {
		return
	}
	go func() {
		defer close(u.over)
		if len(u.types) == 0 { // no names would stand for all, and so for the command too
			u.pass = true
			return
		}
		ctx, cancel := u.begin()
		defer cancel()
		begun, l := time.Now(), &live{b}
		out, err := l.awaitReady(ctx, u.types, true)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			out, err = l.awaitReady(context.Background(), u.types, false)
		}
		switch {
		case err != nil: // the run has come to its end, or has others by now
			_ = b.sup.Quit(context.Background(), false)
		case out.OK:
			u.pass = true
		default:
			u.failed, u.after = worst(out), time.Since(begun)
			_ = b.sup.Quit(context.Background(), false)
		}
	}()
}

// notice ends the run with the command, or where that will not be started.
func (u *up) notice(b *back, n supervisor.Notice) {
	if u == nil {
		return
	}
	switch n := n.(type) {
	case supervisor.Ended:
		if !u.is(n.Process) || n.Err != nil && n.Asked { // taken back before it began
			return
		}
		u.ended = &n
	case supervisor.Unmet:
		if !u.is(n.Process) {
			return
		}
	default:
		return
	}
	go b.sup.Quit(context.Background(), false) // this is the goroutine that would answer
}

// start starts the command, whose streams are ours, once it may begin.
func (u *up) start(b *back, notify func(process.Event)) supervisor.Process {
	spec := process.Spec{
		Name:   u.proc.Name,
		Argv:   u.proc.Command.Argv,
		Dir:    u.proc.Dir,
		Env:    u.proc.Env.Environ(),
		Direct: true,
		Leave:  u.proc.Settings.Leave,
	}
	g := &gate{notify: notify, begin: func() supervisor.Process { return b.keeper.Start(spec, notify) }}
	go func() {
		if <-u.over; u.pass {
			g.open()
		}
	}()
	return g
}

// ending says at the end of the run what of it is not the command's doing.
func (u *up) ending(r supervisor.Result) []message {
	if u == nil {
		return nil
	}
	<-u.over
	u.fault = u.why(r)
	if len(u.failed) == 0 || u.ended != nil || r.Cause.Kind != supervisor.CauseCommand {
		return nil // or it has been said
	}
	m := message{name: "failed", text: shortfall(u.failed[0], u.after), after: true, tail: tailLines}
	m.about.Process.Name = u.failed[0].Process
	return []message{m}
}

// why is the error for a status that is not the command's own, nil where it is.
func (u *up) why(r supervisor.Result) error {
	failed := func(why string) error {
		return &failure{fmt.Sprintf("%s was not run: %s", u.proc.Line, why), "", statusUp}
	}
	switch c := r.Cause; {
	case c.Kind == supervisor.CauseEnd && u.ended != nil && !u.is(c.Ended.Process):
		return &failure{fmt.Sprintf("%s was stopped, since %s failed", u.proc.Line, c.Ended.Process.Name), "", statusUp}
	case c.Kind == supervisor.CauseReader, c.Kind == supervisor.CauseOutput:
		return silent{r.Status()}
	case u.ended != nil:
		return nil
	case c.Kind == supervisor.CauseSignal:
		return silent{128 + int(c.Signal)}
	case c.Kind == supervisor.CauseEnd, c.Kind == supervisor.CauseRelease:
		return failed(causeWhy(c))
	case len(u.failed) > 0:
		var all []string
		for _, res := range u.failed {
			all = append(all, shortfall(res, u.after))
		}
		return failed(strings.Join(all, "; "))
	}
	return failed(causeWhy(r.Cause))
}

// status is that of run --up.
func (u *up) status(r supervisor.Result) int {
	if u == nil || u.ended == nil {
		return r.Status()
	}
	return u.ended.Status.Shell()
}
