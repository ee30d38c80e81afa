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
	if c.Action == control.AwaitApp {
		return l.awaitReady(ctx, c.Names, c.Wait)
	}
	_, feed, err := l.b.sup.Subscribe(ctx)
	if err != nil {
		return control.Outcome{}, answer(err)
	}
	defer feed.Close()
	if c.Action == control.Quit {
		return l.quit(ctx, c, feed, progress)
	}
	jobs, notes, err := l.begin(ctx, c)
	if err != nil {
		return control.Outcome{}, answer(err)
	}
	if all := jobs[0].Changes; len(all) > 0 {
		if err := progress(control.Progress{Changes: changes(all)}); err != nil {
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
		return asked(jobs), nil
	}
	return await(ctx, jobs, feed, progress)
}

// begin gives a command to the supervisor. notes are what else there is to say.
func (l *live) begin(ctx context.Context, c control.Command) (jobs []*supervisor.Job, notes []string, err error) {
	var job *supervisor.Job
	switch c.Action {
	case control.Scale:
		job, err = l.b.scale(c.Counts)
	case control.ReloadApp:
		job, notes, err = l.b.reload()
	case control.Start:
		return l.start(ctx, c.Names)
	default:
		var do supervisor.Command
		if do, err = l.order(c); err == nil {
			job, err = l.b.sup.Do(ctx, do)
		}
	}
	return []*supervisor.Job{job}, notes, err
}

// start starts processes, and a type by its name also where it has no process so
// far.
func (l *live) start(ctx context.Context, names []string) (jobs []*supervisor.Job, notes []string, err error) {
	r := l.b.wanted.Load()
	asleep, others := r.asleep(names)
	if slices.Contains(asleep, formation.ReleaseType) {
		return nil, nil, r.noneOf(formation.ReleaseType)
	}
	if len(asleep) == 0 || len(others) > 0 { // first: those that sleep may need them
		job, err := l.b.sup.Do(ctx, supervisor.Command{Op: supervisor.OpStart, Names: others})
		if err != nil {
			return nil, nil, err
		}
		jobs = append(jobs, job)
	}
	if len(asleep) > 0 {
		job, said, err := l.b.wake(asleep)
		if err != nil {
			return nil, nil, err
		}
		jobs, notes = append(jobs, job), said
	}
	return jobs, notes, nil
}

// order is a command as the supervisor takes it.
func (l *live) order(c control.Command) (do supervisor.Command, err error) {
	do = supervisor.Command{Names: c.Names, Rolling: c.Rolling}
	r := l.b.wanted.Load()
	if asleep, _ := r.asleep(c.Names); len(asleep) > 0 {
		return do, r.noneOf(asleep[0])
	}
	switch c.Action {
	case control.Stop:
		do.Op = supervisor.OpStop
		if c.Kill {
			do.Op = supervisor.OpKill
		}
	case control.Restart:
		do.Op, do.Kill = supervisor.OpRestart, c.Kill
	case control.SendSig:
		do.Op = supervisor.OpSignal
		if do.Signal, err = parseSignal(c.Signal); err != nil {
			err = &control.Error{Code: control.CodeBadRequest, Message: err.Error(), Hint: "a signal is like TERM, SIGTERM or 15"}
		}
	default:
		err = &control.Error{Code: control.CodeBadRequest, Message: fmt.Sprintf("no action %q", c.Action)}
	}
	return do, err
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

// await says what happens to the processes of jobs until all is done.
func await(ctx context.Context, jobs []*supervisor.Job, feed *supervisor.Feed, progress func(control.Progress) error) (control.Outcome, error) {
	names := []string{}
	for _, job := range jobs {
		names = append(names, job.Processes...)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all []supervisor.Outcome
	var failed error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer feed.Close() // what it has is still read
		for _, job := range jobs {
			some, err := job.Wait(ctx)
			all, failed = append(all, some...), errors.Join(failed, err)
		}
	}()
	err := relay(ctx, feed, names, progress)
	if err != nil {
		cancel()
	}
	<-ended
	if err := errors.Join(err, failed); err != nil {
		return control.Outcome{}, err
	}
	return outcome(all), nil
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

func asked(jobs []*supervisor.Job) control.Outcome {
	out := control.Outcome{OK: true, Processes: []control.Result{}}
	for _, job := range jobs {
		for _, name := range job.Processes {
			out.Processes = append(out.Processes, control.Result{Process: name, Result: "asked"})
		}
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
		case supervisor.OutcomeWaits:
			out.OK = false
			r.Message, r.WaitsFor = barredText(o.For), o.For
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
			r.Result = "still stopped"
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
