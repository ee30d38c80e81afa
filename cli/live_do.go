package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"syscall"
	"time"

	"ganger/control"
	"ganger/formation"
	"ganger/procfile"
	"ganger/supervisor"

	"golang.org/x/sys/unix"
)

// Do implements [control.App].
func (l *live) Do(ctx context.Context, c control.Command, progress func(control.Progress) error) (control.Outcome, error) {
	_, feed, err := l.b.sup.Subscribe(ctx)
	if err != nil {
		return control.Outcome{}, answer(err)
	}
	defer feed.Close()
	if c.Action == control.Quit {
		return l.quit(ctx, c, feed, progress)
	}
	job, notes, err := l.begin(ctx, c)
	if err != nil {
		return control.Outcome{}, answer(err)
	}
	if len(job.Changes) > 0 {
		if err := progress(control.Progress{Changes: changes(job.Changes)}); err != nil {
			return control.Outcome{}, err
		}
	}
	for _, note := range notes {
		l.b.say(message{name: "note", text: note}, nil)
		e := control.Event{Time: time.Now(), Kind: control.KindApp, State: control.Running, Message: note}
		if err := progress(control.Progress{Event: &e}); err != nil {
			return control.Outcome{}, err
		}
	}
	if !c.Wait {
		return asked(job), nil
	}
	return await(ctx, job, feed, progress)
}

// begin gives a command to the supervisor. notes are what else there is to say.
func (l *live) begin(ctx context.Context, c control.Command) (job *supervisor.Job, notes []string, err error) {
	do := supervisor.Command{Names: c.Names, Rolling: c.Rolling}
	switch c.Action {
	case control.Scale:
		job, err = l.b.scale(c.Counts)
		return job, nil, err
	case control.ReloadApp:
		return l.b.reload()
	case control.Start:
		do.Op = supervisor.OpStart
		if err := l.startType(c.Names); err != nil {
			return nil, nil, err
		}
	case control.Stop:
		do.Op = supervisor.OpStop
		if c.Kill {
			do.Op = supervisor.OpKill
		}
	case control.Restart:
		do.Op = supervisor.OpRestart
		if c.Kill {
			if do.Names, err = l.kill(ctx, c.Names); err != nil {
				return nil, nil, err
			}
		}
	case control.SendSig:
		do.Op = supervisor.OpSignal
		if do.Signal, err = parseSignal(c.Signal); err != nil {
			return nil, nil, &control.Error{Code: control.CodeBadRequest, Message: err.Error(), Hint: "a signal is like TERM, SIGTERM or 15"}
		}
	default:
		return nil, nil, &control.Error{Code: control.CodeBadRequest, Message: fmt.Sprintf("no action %q", c.Action)}
	}
	job, err = l.b.sup.Do(ctx, do)
	return job, nil, err
}

// startType lets a type be started by name that has no process so far.
func (l *live) startType(names []string) error {
	r := l.b.wanted.Load()
	if slices.Contains(names, formation.ReleaseType) && r.app.hasType(formation.ReleaseType) && r.plan.Counts[formation.ReleaseType] == 0 {
		return &control.Error{Code: control.CodeConflict, Message: "release is a step of the start",
			Hint: r.app.again("run") + " release runs it now"}
	}
	return l.b.wake(names)
}

// kill ends processes before their restart, and gives the names of those that
// are to be restarted.
func (l *live) kill(ctx context.Context, names []string) ([]string, error) {
	if len(names) == 0 { // all but those that are to stay down
		shot, err := l.b.sup.Snapshot(ctx)
		if err != nil {
			return nil, err
		}
		for _, v := range shot.Processes {
			if !v.Process.Release() && v.State != supervisor.StateStopped {
				names = append(names, v.Process.Name)
			}
		}
	}
	if len(names) > 0 {
		if _, err := l.b.sup.Do(ctx, supervisor.Command{Op: supervisor.OpKill, Names: names}); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// parseSignal reads the name of a signal or its number here.
func parseSignal(text string) (syscall.Signal, error) {
	if n, err := strconv.Atoi(text); err == nil {
		sig := syscall.Signal(n)
		if unix.SignalName(sig) == "" {
			return 0, fmt.Errorf("%q is not a signal", text)
		}
		return sig, nil
	}
	return procfile.ParseSignal(text)
}

// quit stops the app. The answer comes when it has stopped, and the end of
// ganger itself follows.
func (l *live) quit(ctx context.Context, c control.Command, feed *supervisor.Feed, progress func(control.Progress) error) (control.Outcome, error) {
	if err := l.b.sup.Quit(ctx, c.Kill); err != nil {
		return control.Outcome{}, answer(err)
	}
	done := control.Outcome{OK: true, Processes: []control.Result{}}
	if !c.Wait {
		return done, nil
	}
	return done, relay(ctx, feed, nil, progress)
}

// await says what happens to the processes of a job until all is done.
func await(ctx context.Context, job *supervisor.Job, feed *supervisor.Feed, progress func(control.Progress) error) (control.Outcome, error) {
	type end struct {
		all []supervisor.Outcome
		err error
	}
	ended := make(chan end, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		all, err := job.Wait(ctx)
		ended <- end{all, err}
		feed.Close() // what it has is still read
	}()
	err := relay(ctx, feed, job.Processes, progress)
	if err != nil {
		cancel()
	}
	e := <-ended
	if err != nil || e.err != nil {
		return control.Outcome{}, errors.Join(err, e.err)
	}
	return outcome(e.all), nil
}

// relay says what happens to the processes of these names, nil for all, until
// the feed ends.
func relay(ctx context.Context, feed *supervisor.Feed, names []string, progress func(control.Progress) error) error {
	for {
		news, missed, err := feed.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, c := range news {
			if names != nil && !slices.Contains(names, c.Process.Name) {
				continue
			}
			e := event(c)
			e.Missed, missed = missed, 0
			if err := progress(control.Progress{Event: &e}); err != nil {
				return err
			}
		}
	}
}

func asked(job *supervisor.Job) control.Outcome {
	out := control.Outcome{OK: true, Processes: []control.Result{}}
	for _, name := range job.Processes {
		out.Processes = append(out.Processes, control.Result{Process: name, Result: "asked"})
	}
	return out
}

func outcome(all []supervisor.Outcome) control.Outcome {
	out := control.Outcome{OK: true, Processes: []control.Result{}}
	for _, o := range all {
		r := control.Result{Process: o.Process, Result: string(o.What), PID: o.PID}
		if o.Err != nil {
			r.Message = o.Err.Error()
		}
		switch o.What {
		case supervisor.OutcomeFailed:
			out.OK = false
			if o.Err == nil {
				r.Status = statusOf(o.Status)
			}
		case supervisor.OutcomeOvertaken, supervisor.OutcomeSkipped:
			out.OK = false
		case supervisor.OutcomeStopped, supervisor.OutcomeRemoved:
			r.Status = statusOf(o.Status)
		case supervisor.OutcomeNotRunning:
			r.Result = "was not running"
		case supervisor.OutcomeUpdated:
			r.Result = "unchanged"
		}
		out.Processes = append(out.Processes, r)
	}
	return out
}

func changes(all []formation.Change) []control.Change {
	out := make([]control.Change, len(all))
	for i, c := range all {
		out[i] = control.Change{Process: c.Process, Kind: string(c.Kind), Reasons: c.Reasons}
	}
	return out
}
