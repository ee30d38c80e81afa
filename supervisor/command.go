package supervisor

import (
	"context"
	"errors"
	"slices"
	"syscall"

	"ganger/formation"
)

// The supervisor takes commands from any goroutine while Run runs:
//
//	Do         start, stop, restart, kill or signal processes by name
//	Reconcile  make what runs be another formation: scale and reload
//	Quit       stop the app
//	Snapshot   how everything is
//	Subscribe  how everything is, and then each change of it
//
// Each is carried out in Run's goroutine, one after another, so that names stand
// for what is there at that moment. What a context ends is the waiting alone.

// Op is what a Command does.
type Op uint8

const (
	OpStart   Op = iota // run what does not
	OpStop              // stop, and keep down whatever the policy says
	OpRestart           // stop and start again; what does not run is started
	OpKill              // OpStop without the time to stop
	OpSignal            // a signal to the first process of each
	OpWait              // nothing: the Job waits until they are ready
)

// A Command asks something of processes.
type Command struct {
	Op Op

	// Names are those of processes ("web.1"), of types ("web") or patterns as
	// path.Match has them ("worker.*"). None at all: every process but the
	// release step, and for OpRestart and OpWait none that was stopped by
	// command.
	Names []string

	Rolling bool           // for OpRestart: the next process of a type when the last is up
	Kill    bool           // for OpRestart: without the time to stop
	Signal  syscall.Signal // for OpSignal

	// Why is what gave rise to it where no user did ("main.go changed"), in
	// words. Then OpRestart leaves alone what was stopped by command, and what
	// waits to be started anyhow.
	Why string
}

// ErrStopping is what commands get once the app is being stopped.
var ErrStopping = errors.New("the app is being stopped")

// ErrSuspended is what commands get that cannot be carried out while the app is
// suspended. To stop and to kill can: what is to end is continued, and a
// suspension that comes later leaves it alone. A restart and the end of the run
// are held up by one, and so are the Jobs that wait for them.
var ErrSuspended = errors.New("the app is suspended")

// Do begins a command. The Job tells what comes of it. The error is
// ErrStopping, ErrSuspended, that of ctx, or a *formation.Error for a name that
// nothing has, in which case nothing was done.
func (s *Supervisor) Do(ctx context.Context, c Command) (*Job, error) {
	return ask(ctx, s, func() (*Job, error) { return s.command(c) })
}

// Quit begins to stop the app, with kill at once. Run returns when it has
// stopped; see Done.
func (s *Supervisor) Quit(ctx context.Context, kill bool) error {
	_, err := ask(ctx, s, func() (struct{}, error) {
		s.stopAll(Cause{Kind: CauseCommand})
		if kill {
			s.killAll()
		}
		return struct{}{}, nil
	})
	return err
}

// Done is closed when Run has returned.
func (s *Supervisor) Done() <-chan struct{} { return s.closed }

// request is a message that is a piece of work; it brings its own reply.
type request func()

func (request) message() {}

// ask has f run in Run's goroutine and returns what it does.
func ask[T any](ctx context.Context, s *Supervisor, f func() (T, error)) (T, error) {
	type reply struct {
		value T
		err   error
	}
	var none T
	answer := make(chan reply, 1) // nobody may wait for it any more
	work := request(func() {
		v, err := f()
		answer <- reply{v, err}
	})
	select {
	case s.inbox <- work:
	case <-s.closed:
		return none, ErrStopping
	case <-ctx.Done():
		return none, ctx.Err()
	}
	select {
	case r := <-answer:
		return r.value, r.err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-s.closed:
	}
	select {
	case r := <-answer: // the last thing that was done
		return r.value, r.err
	default:
		return none, ErrStopping
	}
}

func (s *Supervisor) command(c Command) (*Job, error) {
	switch {
	case s.stop.asked:
		return nil, ErrStopping
	case s.suspended && c.Op != OpStop && c.Op != OpKill && c.Op != OpWait:
		return nil, ErrSuspended
	}
	procs, err := s.find(c)
	if err != nil {
		return nil, err
	}
	if c.Op == OpRestart && c.Why != "" {
		procs = slices.DeleteFunc(procs, func(e *entry) bool { return !e.st.dated() })
	}
	names := make([]string, len(procs))
	for i, e := range procs {
		names[i] = e.spec.Name
	}
	j := newJob(names)
	j.kill = c.Op == OpRestart && c.Kill
	if c.Op == OpRestart && c.Rolling {
		s.roll(j, procs)
		return j, nil
	}
	if j.kill {
		s.killFirst(procs)
	}
	n := Commanded{Op: c.Op, Signal: c.Signal, Why: c.Why}
	for _, e := range procs {
		n.Processes = append(n.Processes, e.alive())
	}
	if len(procs) > 0 && c.Op != OpWait {
		s.notice(n)
	}
	for _, e := range procs {
		s.order(e, j, c)
	}
	return j, nil
}

// dated reports whether a process runs, or has ended by itself, as it was started
// before now: one that is to be started may still turn out otherwise.
func (s state) dated() bool {
	switch s.phase {
	case starting, running, clearing:
		return s.want == byPolicy
	case backingOff:
		return true
	case over:
		return s.end != asked
	}
	return false
}

// order does with one process what a command asks, and lets the job wait for it.
func (s *Supervisor) order(e *entry, j *Job, c Command) {
	switch c.Op {
	case OpStart:
		s.demand(e, j, inStart)
	case OpRestart:
		s.renew(e, j)
	case OpStop:
		s.dismiss(e, j, inStop, OutcomeStopped)
	case OpKill:
		s.dismiss(e, j, inKill, OutcomeStopped)
	case OpWait:
		s.wish(e, wish{job: j, what: OutcomeReady})
	case OpSignal:
		j.settle(e.deliver(c.Signal))
	}
}

// killFirst says which of those that are restarted are killed for that.
func (s *Supervisor) killFirst(procs []*entry) {
	n := Commanded{Op: OpKill}
	for _, e := range procs {
		if e.st.phase.live() {
			n.Processes = append(n.Processes, e.alive())
		}
	}
	if len(n.Processes) > 0 {
		s.notice(n)
	}
}

// renew asks a process to run anew.
func (s *Supervisor) renew(e *entry, j *Job) {
	if j.kill && e.st.phase.live() {
		s.thaw(e)
		s.feed(e, event{in: inKill})
	}
	s.demand(e, j, inRestart)
}

// demand asks a process to run.
func (s *Supervisor) demand(e *entry, j *Job, in input) {
	before := e.st.phase
	if in == inStart && before == running && (e.st.want == again || e.st.want == down && e.outdated()) {
		in = inRestart
	}
	w := wish{job: j, what: OutcomeStarted, life: e.life + 1}
	if in == inRestart {
		s.endInOrder(e, inHoldAnew, inRestart)
	} else {
		s.feed(e, event{in: in})
	}
	if in == inStart && before == running {
		j.settle(Outcome{Process: e.spec.Name, What: OutcomeRunning, PID: e.pid})
		return
	}
	switch {
	case before == starting && e.st.want == byPolicy:
		w.life = e.life
	case in == inRestart && before.live():
		w.what = OutcomeRestarted
	}
	s.wish(e, w)
}

// outdated reports whether the formation has another process of this name by now
// than the one that runs.
func (e *entry) outdated() bool {
	return len(formation.Diff([]formation.Process{e.ran}, []formation.Process{e.spec})) > 0
}

// dismiss asks a process to end.
func (s *Supervisor) dismiss(e *entry, j *Job, in input, what What) {
	before := e.st.phase
	e.dismissals++
	if in == inStop {
		s.retire(e)
	} else {
		s.thaw(e)
		s.feed(e, event{in: in})
	}
	if !before.active() && what == OutcomeStopped {
		j.settle(Outcome{Process: e.spec.Name, What: OutcomeNotRunning})
		return
	}
	s.wish(e, wish{job: j, what: what, life: e.life})
}

// deliver sends a signal to the first process.
func (e *entry) deliver(sig syscall.Signal) Outcome {
	if e.st.phase != running && e.st.phase != stopping || e.st.ended {
		return Outcome{Process: e.spec.Name, What: OutcomeNotRunning}
	}
	if err := e.handle.Signal(sig); err != nil {
		return Outcome{Process: e.spec.Name, What: OutcomeFailed, PID: e.pid, Err: err}
	}
	return Outcome{Process: e.spec.Name, What: OutcomeSignalled, PID: e.pid}
}

// specs are the processes of the formation that are to stay in it.
func (s *Supervisor) specs() []formation.Process {
	var all []formation.Process
	for _, e := range s.procs {
		if !e.leaving {
			all = append(all, e.spec)
		}
	}
	return all
}
