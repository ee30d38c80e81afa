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
	events := &stopEvents{
		b:      b,
		run:    run,
		of:     p,
		begin:  time.Now(),
		stream: b.out.Stream(p.Name, p.Type, p.Settings.Quiet),
		done:   sync.OnceFunc(done),
	}
	run.start(func() tree { return b.keeper.Start(spec, events.take) }, p.Settings.StopTimeout, events.giveUp)
	return run.kill
}

// stopEvents takes what happens to a stop-command.
type stopEvents struct {
	b      *back
	run    *stopRun
	of     formation.Process
	begin  time.Time
	stream *output.Stream
	copied *output.Copy // nil before it runs
	pid    atomic.Int64
	done   func() // it asks for nothing any more
	ended  atomic.Bool
}

func (s *stopEvents) take(ev process.Event) {
	switch ev := ev.(type) {
	case process.Started:
		s.pid.Store(int64(ev.PID))
		s.copied = s.stream.Copy(output.Input{PID: ev.PID, Stdout: ev.Stdout, Stderr: ev.Stderr})
	case process.NotStarted:
		switch {
		case !ev.Canceled:
			s.tell(ev.Status, s.name()+fmt.Sprintf(" cannot be started: %v", ev.Err))
		case s.run.late.Load():
			s.b.say(message{name: "stop-command", text: s.name() + " is not started" + s.late()}, nil)
		}
		s.end()
		s.b.stopCommandGone(s.of.Name, s.run)
	case process.Exited:
		s.copied.Drain()
		if !ev.Status.OK() {
			s.tell(ev.Status, fmt.Sprintf("%s %s after %s", s.name(), ev.Status, seconds(time.Since(s.begin)))+s.late())
		}
		s.end()
	case process.Left:
		s.run.endRest()
	case process.Gone:
		s.copied.Close()
		s.tellTree(ev)
		s.end() // there was no end where it could not be reached
		s.b.stopCommandGone(s.of.Name, s.run)
	}
}

// name names it, with pid and command where it was killed.
func (s *stopEvents) name() string {
	name := "stop-command of " + s.of.Name
	if pid := s.pid.Load(); pid > 0 && s.run.killed.Load() {
		name += fmt.Sprintf(" (pid %d: %s)", pid, brief(oneLine(s.of.Settings.StopCommand)))
	}
	return name
}

// late says what follows where its time was up.
func (s *stopEvents) late() string {
	switch {
	case !s.run.late.Load():
		return ""
	case s.b.isAlive(s.of.Name):
		return ": it took too long; " + s.of.Name + " gets its stop signal all the same"
	}
	return ": it took too long"
}

// tellTree names those that were killed with it and those that could not be.
func (s *stopEvents) tellTree(ev process.Gone) {
	if len(ev.Killed) > 0 {
		s.b.say(message{name: "killed", text: "killed with the stop-command of " + s.of.Name + ": " + nameKilledMembers(ev.Killed)}, nil)
	}
	if len(ev.Foreign) > 0 {
		text := "stop-command of " + s.of.Name + ": " + foreignText(ev.Foreign)
		if !s.ended.Load() {
			text += s.late()
		}
		s.b.say(message{name: "foreign", text: text}, nil)
	}
}

func (s *stopEvents) tell(status process.Status, text string) {
	n := status.Shell()
	s.b.say(message{name: "stop-command", text: text, status: &n}, s.copied)
}

func (s *stopEvents) end() {
	s.ended.Store(true)
	s.done()
}

// giveUp goes on without its end, which KILL has not brought.
func (s *stopEvents) giveUp() {
	text := "stop-command of " + s.of.Name + " was killed, and what it left running does not end"
	if !s.ended.Load() {
		text = s.name() + " was killed and does not end" + s.late()
	}
	s.b.say(message{name: "stop-command", text: text}, nil)
	s.end()
	s.b.stopCommandGone(s.of.Name, s.run)
}

func (b *back) isAlive(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, lives := b.lives[name]
	return lives
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

// stopCommandGone is called when nothing of a stop-command is left, or when that
// is not waited for any more.
func (b *back) stopCommandGone(name string, run *stopRun) {
	run.end()
	b.mu.Lock()
	then := run.then
	run.then = nil
	if b.stopRuns[name] == run { // one that was given up may end in a later life
		delete(b.stopRuns, name)
	}
	b.mu.Unlock()
	if then != nil {
		then()
	}
}

// tree is a stop-command and what it starts.
type tree interface {
	Kill()
	SignalRest(sig syscall.Signal, elsewhere bool)
}

// stopRun is a stop-command under way.
type stopRun struct {
	then func() // what waits for its end, nil: nothing; guarded by the back's lock

	mu      sync.Mutex // held while it is begun, so that no event comes before
	command tree
	timer   *time.Timer // kills it when its time is up, and then gives it up
	giveUp  func()
	over    bool
	late    atomic.Bool // its time was up
	killed  atomic.Bool
}

// unreached is how long KILL is waited for: it does not reach what is frozen, or
// held by a device.
const unreached = 2 * time.Second

func (r *stopRun) start(begin func() tree, limit time.Duration, giveUp func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.command, r.giveUp = begin(), giveUp
	r.timer = time.AfterFunc(limit, func() {
		r.late.Store(true)
		r.kill()
	})
}

func (r *stopRun) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over || r.killed.Swap(true) {
		return
	}
	r.command.Kill()
	r.timer.Stop()
	r.timer = time.AfterFunc(unreached, func() {
		if r.end() {
			r.giveUp()
		}
	})
}

// endRest ends what the command has left running, in the time that is left.
func (r *stopRun) endRest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.command.SignalRest(syscall.SIGTERM, false)
}

// end reports whether it was not over yet.
func (r *stopRun) end() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !r.over
	r.over = true
	r.timer.Stop()
	return first
}
