// Package supervisor decides: what is started, stopped and restarted, and when
// the run ends. One goroutine, that of [Supervisor.Run], owns the state;
// everything else sends it messages. What follows from an event is computed by
// step, a pure function; the loop does what it says.
//
// It touches no process and no terminal itself: it is handed a function that
// starts processes and one that takes notices of what happens.
package supervisor

import (
	"math/rand/v2"
	"syscall"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/procfile"

	"golang.org/x/sys/unix"
)

// A Process is what the supervisor needs of a process that it started. No
// method waits.
type Process interface {
	Cancel()                         // take a start back that has not happened
	Signal(sig syscall.Signal) error // to its first process alone
	SignalGroup(sig syscall.Signal) error
	// SignalRest reaches all of its tree but the first process, and with
	// elsewhere only those that left its group.
	SignalRest(sig syscall.Signal, elsewhere bool)
	Kill() // the whole tree
}

// Start starts p and returns at once; notify gets what happens to it, one
// event at a time.
type Start func(p formation.Process, notify func(process.Event)) Process

// ExitWhen says which end of a process ends the run.
type ExitWhen string

const (
	ExitWhenAll     ExitWhen = "all"     // nothing is left to run
	ExitWhenFailure ExitWhen = "failure" // the first that failed for good
	ExitWhenAny     ExitWhen = "any"     // the first that ended for good
)

// Options is what a Supervisor works with.
type Options struct {
	Start    Start
	Notice   func(Notice) // called from Run's goroutine; must not wait
	ExitWhen ExitWhen
	Suspend  func()         // called when every process is stopped by SIGTSTP
	Begun    func()         // called when the first starts have been asked for
	Jitter   func() float64 // from 0 to 1; nil: random
}

// A Supervisor runs one app.
type Supervisor struct {
	opts   Options
	inbox  chan message
	closed chan struct{}

	// The rest is Run's alone.
	procs     []*entry
	byName    map[string]*entry
	stop      stopState
	active    int  // how many processes are in an active phase
	turn      bool // somebody's turn may have come
	suspended bool
	held      []message // what has to wait for the end of the suspension
	result    Result
}

// entry is one process of the formation.
type entry struct {
	spec   formation.Process
	st     state
	handle Process
	life   int // counts starts, so that messages of an earlier life are known
	pid    int
	since  time.Time
	lived  time.Duration
	timer  *time.Timer      // nil: none is set
	armed  int              // counts its settings, so that one that went off as it was cleared is known
	err    error            // why it could not be started
	told   bool             // its end was told before its tree was gone
	hold   []syscall.Signal // to be forwarded once it runs
}

// stopState is how far the run's own end has come.
type stopState struct {
	asked   bool
	first   time.Time // when the first INT or TERM came
	killing bool
	slow    *time.Timer
}

// New prepares a supervisor; Run runs it.
func New(o Options) *Supervisor {
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.ExitWhen == "" {
		o.ExitWhen = ExitWhenAll
	}
	if o.Suspend == nil {
		o.Suspend = func() {}
	}
	if o.Begun == nil {
		o.Begun = func() {}
	}
	return &Supervisor{
		opts:   o,
		inbox:  make(chan message, 64),
		closed: make(chan struct{}),
		byName: make(map[string]*entry),
	}
}

// message is what reaches the goroutine that owns the state.
type message interface{ message() }

type (
	// processEvent is what the process room tells of one life of an entry.
	processEvent struct {
		of    *entry
		life  int
		event process.Event
	}
	// timerEvent is an entry's timer.
	timerEvent struct {
		of  *entry
		nth int // of its settings
		in  input
	}
	// signalEvent is a signal that ganger got.
	signalEvent struct {
		sig      syscall.Signal
		orphaned bool
	}
	// frontGone says that the half that the shell knew is dead.
	frontGone struct{}
	// outputFailed says that the stream cannot be written any more.
	outputFailed struct {
		err    error
		reader bool // its reader went away
	}
	// slowStop comes when a stop takes longer than usual.
	slowStop struct{}
)

func (processEvent) message() {}
func (timerEvent) message()   {}
func (signalEvent) message()  {}
func (frontGone) message()    {}
func (outputFailed) message() {}
func (slowStop) message()     {}

func (s *Supervisor) send(m message) {
	select {
	case s.inbox <- m:
	case <-s.closed:
	}
}

// Signal passes on a signal that ganger got. orphaned goes with SIGTSTP: no
// shell could continue us.
func (s *Supervisor) Signal(sig syscall.Signal, orphaned bool) {
	s.send(signalEvent{sig, orphaned})
}

// FrontGone says that the front half has died: the app is stopped.
func (s *Supervisor) FrontGone() { s.send(frontGone{}) }

// OutputFailed says that the output cannot be written any more, and whether
// that is because its reader went away.
func (s *Supervisor) OutputFailed(err error, readerGone bool) {
	s.send(outputFailed{err, readerGone})
}

// Run starts the formation and returns when nothing of it is left.
func (s *Supervisor) Run(procs []formation.Process) Result {
	defer close(s.closed)
	for _, p := range procs {
		s.add(p)
	}
	s.advance()
	s.opts.Begun()
	for ; s.active > 0; s.advance() {
		s.handle(<-s.inbox)
	}
	if s.stop.slow != nil {
		s.stop.slow.Stop()
	}
	return s.result
}

func (s *Supervisor) add(p formation.Process) {
	e := &entry{spec: p}
	s.procs = append(s.procs, e)
	s.byName[p.Name] = e
	s.feed(e, event{in: inStart})
}

// advance lets those start whose turn has come: the release step first, the
// others when it has succeeded.
func (s *Supervisor) advance() {
	if !s.turn || s.suspended {
		return
	}
	s.turn = false
	blocked := false
	for _, e := range s.procs {
		if e.spec.Release() {
			s.feed(e, event{in: inTurn})
			blocked = blocked || e.st.end != succeeded
		}
	}
	if blocked {
		return
	}
	for _, e := range s.procs {
		if e.st.phase == waiting {
			s.feed(e, event{in: inTurn})
		}
	}
}

func (s *Supervisor) handle(m message) {
	switch m := m.(type) {
	case processEvent:
		if m.life == m.of.life {
			s.processEvent(m.of, m.event)
		}
	case timerEvent:
		switch {
		case m.nth != m.of.armed:
		case s.suspended:
			s.held = append(s.held, m)
		default:
			m.of.timer = nil
			s.feed(m.of, event{in: m.in})
		}
	case signalEvent:
		s.signal(m)
	case frontGone:
		s.stopAll(Cause{Kind: CauseFrontGone})
	case outputFailed:
		kind := CauseOutput
		if m.reader {
			kind = CauseReader
		}
		s.stopAll(Cause{Kind: kind, Err: m.err})
	case slowStop:
		s.tellSlow()
	}
}

// processEvent turns what happened to a process into the policy's input.
func (s *Supervisor) processEvent(e *entry, ev process.Event) {
	switch ev := ev.(type) {
	case process.Started:
		e.pid, e.since = ev.PID, ev.At
		s.notice(Started{e.about()})
		s.feed(e, event{in: inStarted})
		if s.suspended {
			e.signalTree(unix.SIGSTOP)
		} else {
			e.forwardHeld()
		}
	case process.NotStarted:
		e.pid, e.lived, e.err = 0, 0, ev.Err
		s.feed(e, event{in: inNotStarted, status: ev.Status})
	case process.Exited:
		e.lived = time.Since(e.since)
		s.feed(e, event{in: inExited, status: ev.Status, lasting: e.lived >= lasting})
	case process.Left:
		s.tellLeft(e, ev.Members)
		s.feed(e, event{in: inLeft})
	case process.Gone:
		if len(ev.Killed) > 0 {
			s.notice(Killed{About: e.about(), Members: ev.Killed})
		}
		if len(ev.Foreign) > 0 {
			s.notice(Foreign{About: e.about(), Members: ev.Foreign})
		}
		s.feed(e, event{in: inGone})
	}
}

// lasting is how long a process has to live for the count of restarts, and
// with it the delay, to begin anew.
const lasting = 60 * time.Second

// feed gives an event to the policy and does what it says.
func (s *Supervisor) feed(e *entry, ev event) {
	before := e.st
	next, actions := step(e.st, ev, e.policy())
	e.st = next
	s.count(before.phase, next.phase)
	ended := before.phase.active() && before.phase != waiting && before.phase != backingOff &&
		(next.phase == over || next.phase == backingOff || next.phase == starting && before.phase != starting)
	delay := time.Duration(0)
	for _, a := range actions {
		if a == doBackoff {
			delay = s.delay(e)
		}
	}
	if ended {
		s.tellEnd(e, before, delay)
	}
	for _, a := range actions {
		s.do(e, a, delay)
	}
	if next.phase == over && before.phase != over {
		s.onOver(e)
	}
}

// count keeps track of what advance and Run ask for at every message.
func (s *Supervisor) count(before, next phase) {
	if before.active() {
		s.active--
	}
	if next.active() {
		s.active++
	}
	s.turn = s.turn || next != before && (next == waiting || next == over)
}

// policy is the type's setting. The release step is never restarted.
func (e *entry) policy() procfile.Restart {
	if e.spec.Release() {
		return procfile.Restart{Policy: procfile.Never}
	}
	return e.spec.Settings.Restart
}

func (s *Supervisor) do(e *entry, a action, delay time.Duration) {
	set := e.spec.Settings
	switch a {
	case doStart:
		e.life++
		e.pid, e.told, e.err, e.hold = 0, false, nil, nil
		life := e.life
		e.handle = s.opts.Start(e.spec, func(ev process.Event) {
			s.send(processEvent{e, life, ev})
		})
	case doCancel:
		e.handle.Cancel()
	case doSignal:
		s.sendStop(e)
	case doEndRest:
		e.handle.SignalRest(set.StopSignal, false)
	case doEndElsewhere:
		e.handle.SignalRest(set.StopSignal, set.StopTo == procfile.StopGroup)
	case doKill:
		if !s.stop.killing {
			s.notice(Killed{About: e.about(), After: set.StopTimeout, Left: e.st.ended})
		}
		e.handle.Kill()
	case doDeadline:
		s.arm(e, set.StopTimeout, inDeadline)
	case doBackoff:
		s.arm(e, delay, inBackoff)
	case doDisarm:
		e.disarm()
	}
}

// arm sets the entry's one timer.
func (s *Supervisor) arm(e *entry, d time.Duration, in input) {
	e.disarm()
	nth := e.armed
	e.timer = time.AfterFunc(d, func() { s.send(timerEvent{e, nth, in}) })
}

func (e *entry) disarm() {
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	e.armed++
}

// delay is how long to wait before the restart that is being decided: doubled
// each time between the setting's bounds, and moved by up to a quarter so that
// many that died together do not come back together.
func (s *Supervisor) delay(e *entry) time.Duration {
	lo, hi := e.spec.Settings.RestartDelay.Min, e.spec.Settings.RestartDelay.Max
	d := lo
	for n := 1; n < e.st.starts && d < hi; n++ {
		if d == 0 {
			d = firstGrowth
		} else {
			d += min(d, hi-d)
		}
	}
	d = time.Duration(float64(min(d, hi)) * (0.75 + s.opts.Jitter()/2))
	return max(lo, min(d, hi))
}

// firstGrowth is what a delay of 0 grows to, which doubling alone would leave
// as it is.
const firstGrowth = 10 * time.Millisecond

func (s *Supervisor) notice(n Notice) {
	if s.opts.Notice != nil {
		s.opts.Notice(n)
	}
}
