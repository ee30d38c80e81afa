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
	"slices"
	"syscall"
	"time"

	"ganger/formation"
	"ganger/process"
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
	Ends     func()         // called when nothing goes on any more, before anybody else hears of the last end
	Jitter   func() float64 // from 0 to 1; nil: random
	Probe    Probe          // nil: what runs is ready

	// StopCommand runs the stop-command of a process for at most its time to
	// stop and then calls done. cancel ends it sooner. Neither waits. nil:
	// there are none.
	StopCommand func(p formation.Process, done func()) (cancel func())

	// Rest ends what is left of the run when its last process is gone, and then
	// calls done; once kill is closed, at once. The time to stop has begun at
	// since. It does not wait. nil: nothing is left.
	Rest func(since time.Time, kill <-chan struct{}, done func())
}

// A Supervisor runs one app.
type Supervisor struct {
	opts   Options
	inbox  chan message
	closed chan struct{}

	// The rest is Run's alone.
	since     time.Time
	procs     []*entry // in the order of the formation
	byName    map[string]*entry
	ports     map[int]bool        // those of the lives that are not over
	needs     map[string][]string // of each type; nil: to be found out
	allReady  bool                // that has been said
	stop      stopState
	active    int      // how many processes are in an active phase
	turn      bool     // somebody's turn may have come
	stays     bool     // what ended last did so by command
	over      bool     // that nothing goes on was said
	changed   []*entry // those to look at once a message has been handled
	suspended bool
	held      []message // what has to wait for the end of the suspension
	rolls     []func()  // as have the rolling restarts
	feeds     []*Feed
	result    Result
}

// stopState is how far the run's own end has come.
type stopState struct {
	asked   bool
	begun   time.Time // when it was asked, or came by itself
	first   time.Time // when the first INT or TERM came
	killing bool
	kill    chan struct{} // closed when killing begins
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
	if o.Ends == nil {
		o.Ends = func() {}
	}
	return &Supervisor{
		opts:   o,
		stop:   stopState{kill: make(chan struct{})},
		inbox:  make(chan message, 64),
		closed: make(chan struct{}),
		byName: make(map[string]*entry),
		ports:  make(map[int]bool),
	}
}

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

// Run starts the formation and returns when nothing of it is left to run. While
// something of it was stopped by command it does not: that may be started again.
func (s *Supervisor) Run(procs []formation.Process) Result {
	defer close(s.closed)
	s.since = time.Now()
	for _, p := range procs {
		s.feed(s.enter(p), event{in: inStart})
	}
	s.follow()
	s.opts.Begun()
	for s.goesOn() {
		s.handle(<-s.inbox)
		s.follow()
	}
	s.ends()
	s.endRest()
	if s.stop.slow != nil {
		s.stop.slow.Stop()
	}
	for _, f := range s.feeds {
		f.Close()
	}
	return s.result
}

// goesOn reports whether something may still come of the run.
func (s *Supervisor) goesOn() bool {
	if s.active > 0 || s.stop.asked {
		return s.active > 0
	}
	return s.stays || slices.ContainsFunc(s.procs, func(e *entry) bool { return e.st.end == asked })
}

// ends says once that the run is over. Who has asked for the last process, and
// starts another run as soon as that has ended, is not to find this one running.
func (s *Supervisor) ends() {
	if !s.over {
		s.over = true
		s.opts.Ends()
	}
}

// enter adds a process to the formation.
func (s *Supervisor) enter(p formation.Process) *entry {
	e := &entry{spec: p}
	e.seen.at = time.Now()
	s.procs, s.needs = append(s.procs, e), nil
	s.byName[p.Name] = e
	return e
}

func (s *Supervisor) notice(n Notice) {
	if s.opts.Notice != nil {
		s.opts.Notice(n)
	}
}
