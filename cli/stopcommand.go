package cli

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"ganger/formation"
	"ganger/output"
	"ganger/process"
)

// stopCommand runs the stop-command of a process, in its folder and with its
// environment, for at most its time to stop. It implements
// supervisor.Options.StopCommand.
//
// The process counts as gone only when its stop-command has ended too, which
// may have more to do: docker compose down removes what has stopped.
func (b *back) stopCommand(p formation.Process, done func()) (cancel func()) {
	run := &stopRun{}
	b.mu.Lock()
	_, lives := b.lives[p.Name]
	if lives {
		if b.stopRuns == nil {
			b.stopRuns = make(map[string]*stopRun)
		}
		b.stopRuns[p.Name] = run
	}
	b.mu.Unlock()
	if !lives { // it has just ended by itself
		go done()
		return func() {}
	}
	b.say(message{name: "stop-command", text: fmt.Sprintf("stopping %s: %s", p.Name, brief(oneLine(p.Settings.StopCommand)))}, nil)
	spec := process.Spec{
		Name:     p.Name + ".stop", // a tree of its own
		Argv:     formation.Resolve(p.Settings.StopCommand, p.Env.Lookup).Argv,
		Dir:      p.Dir,
		Env:      p.Env.Environ(),
		Stdin:    process.StdinNull,
		Separate: b.json,
	}
	run.start(b.keeper, spec, p.Settings.StopTimeout, b.stopCommandEvents(p, run, done))
	return run.command.Kill
}

// stopCommandEvents is told what happens to a stop-command.
func (b *back) stopCommandEvents(p formation.Process, run *stopRun, done func()) func(process.Event) {
	stream := b.out.Stream(p.Name, p.Type, p.Settings.Quiet)
	begin := time.Now()
	var copied *output.Copy
	tell := func(status process.Status, how string) {
		n := status.Shell()
		b.say(message{name: "stop-command", text: "stop-command of " + p.Name + " " + how, status: &n}, copied)
	}
	return func(ev process.Event) {
		switch ev := ev.(type) {
		case process.Started:
			copied = stream.Copy(output.Input{PID: ev.PID, Stdout: ev.Stdout, Stderr: ev.Stderr})
		case process.NotStarted:
			if !ev.Canceled {
				tell(ev.Status, fmt.Sprintf("cannot be started: %v", ev.Err))
			}
			done()
			b.stopCommandGone(p.Name, run)
		case process.Exited:
			copied.Drain()
			if !ev.Status.OK() {
				how := fmt.Sprintf("%s after %s", ev.Status, seconds(time.Since(begin)))
				if run.late.Load() {
					how += ": it took too long; " + p.Name + " gets its stop signal all the same"
				}
				tell(ev.Status, how)
			}
			done()
		case process.Left:
			run.endRest()
		case process.Gone:
			copied.Close()
			b.stopCommandGone(p.Name, run)
		}
	}
}

// whenStopped calls f when the stop-command of a process that is gone has ended
// too: now, where none runs.
func (b *back) whenStopped(name string, f func()) {
	b.mu.Lock()
	run := b.stopRuns[name]
	if run != nil {
		run.then = f
	}
	b.mu.Unlock()
	if run == nil {
		f()
	}
}

// stopCommandGone is called when nothing of a stop-command is left.
func (b *back) stopCommandGone(name string, run *stopRun) {
	run.end()
	b.mu.Lock()
	then := run.then
	delete(b.stopRuns, name)
	b.mu.Unlock()
	if then != nil {
		then()
	}
}

// stopRun is a stop-command under way.
type stopRun struct {
	then func() // what waits for its end, nil: nothing; guarded by the back's lock

	mu      sync.Mutex // held while it is begun, so that no event comes before
	command *process.Process
	timer   *time.Timer // kills it when its time is up
	late    atomic.Bool // which it was
}

func (r *stopRun) start(k *process.Keeper, spec process.Spec, limit time.Duration, notify func(process.Event)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.command = k.Start(spec, notify)
	r.timer = time.AfterFunc(limit, func() {
		r.late.Store(true)
		r.command.Kill()
	})
}

// endRest ends what the command has left running, in the time that is left.
func (r *stopRun) endRest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.command.SignalRest(syscall.SIGTERM, false)
}

func (r *stopRun) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timer.Stop()
}
