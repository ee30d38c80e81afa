package supervisor

import (
	"slices"
	"syscall"
	"time"

	"ganger/formation"
	"ganger/process"
)

// A Notice is something that a user may want to read. cli gives it words.
type Notice interface{ notice() }

// About names the process that a notice speaks of.
type About struct {
	Process formation.Process
	PID     int
	Life    int // counts the starts of this process, from 1
}

func (e *entry) about() About { return About{e.spec, e.pid, e.life} }

// alive is about without the pid of what has ended.
func (e *entry) alive() About {
	a := e.about()
	if !e.st.phase.live() || e.st.ended {
		a.PID = 0
	}
	return a
}

type (
	// Delayed: a start has no answer from the file system yet. Others go on.
	Delayed struct{ About }

	// Started: a program runs.
	Started struct{ About }

	// Ended: a process ended, or could not be started (Err says why).
	Ended struct {
		About
		Status process.Status
		Lived  time.Duration
		Err    error
		At     time.Time

		Asked   bool          // it was to stop
		Restart bool          // it will be started again
		In      time.Duration // after so long
		Nth     int           // for the nth time in a row; 0: by request
		GaveUp  bool          // it failed too often to be started again
		Told    bool          // Left has told how it ended already
		Lives   bool          // it did not end: Foreign has told why
	}

	// Left: a first process ended and some of its tree did not; they are being
	// ended.
	Left struct {
		About
		Status  process.Status
		Lived   time.Duration
		Members []process.Member
		Asked   bool
	}

	// Killed: a tree, or what was left of it, had to be killed.
	Killed struct {
		About
		After   time.Duration
		Left    bool             // the first process had ended before
		Members []process.Member // those of the tree, once it is gone
	}

	// Foreign: these run as another user, cannot be ended from here and are
	// left alone.
	Foreign struct {
		About
		Members []process.Member
	}

	// Stopping: the run ends.
	Stopping struct {
		Cause     Cause
		Processes int
		Signals   []syscall.Signal // that they get, each once
		Timeout   time.Duration    // for all, one after another where they need each other
	}

	// StillRunning names those that hold up a stop.
	StillRunning struct{ Processes []About }

	// KillingAll: all that runs is killed at once, by request. What a process has
	// left running that has ended itself has no pid.
	KillingAll struct{ Processes []About }

	// Forwarded: a signal was passed on.
	Forwarded struct {
		Signal    syscall.Signal
		Processes int
	}

	// Suspended: every process is stopped, until SIGCONT.
	Suspended struct{ Orphaned bool }

	// Resumed: they go on.
	Resumed struct{}

	// Waits: it starts when these are ready.
	Waits struct {
		About
		For []About
	}

	// Unmet: it is not started, since one that it needs has ended for good
	// without being ready.
	Unmet struct {
		About
		Needed About
		State  State // of the needed one: StateFailed or StateDone
	}

	// Ready: it is ready as its settings ask.
	Ready struct {
		About
		After time.Duration // since its start
		Port  int           // that it really listens on; 0: not known
		URL   string        // empty: not known
	}

	// NotReady: it should be ready by now, and is not.
	NotReady struct {
		About
		After time.Duration // since its start
		Seen  string        // what was last found instead
	}

	// AllReady: every process is ready, for the first time.
	AllReady struct{ After time.Duration }

	// RestartedWith: it is restarted since the other was.
	RestartedWith struct {
		About
		With About
	}

	// Commanded: a command asks something of these, which have a pid where they
	// run. A rolling restart says so of each process when its turn has come.
	Commanded struct {
		Op        Op
		Signal    syscall.Signal // for OpSignal
		Rolling   bool
		Processes []About
		Why       string // the Command's
	}

	// Reconciled: the formation is made to be another.
	Reconciled struct{ Changes []formation.Change }

	// Held: the release step was stopped by command, and these wait for it.
	Held struct {
		About
		Processes []About
	}
)

func (Delayed) notice()       {}
func (Started) notice()       {}
func (Ended) notice()         {}
func (Left) notice()          {}
func (Killed) notice()        {}
func (Foreign) notice()       {}
func (Stopping) notice()      {}
func (StillRunning) notice()  {}
func (KillingAll) notice()    {}
func (Forwarded) notice()     {}
func (Suspended) notice()     {}
func (Resumed) notice()       {}
func (Waits) notice()         {}
func (Unmet) notice()         {}
func (Ready) notice()         {}
func (NotReady) notice()      {}
func (AllReady) notice()      {}
func (RestartedWith) notice() {}
func (Commanded) notice()     {}
func (Reconciled) notice()    {}
func (Held) notice()          {}

func (n *Stopping) add(p formation.Process) {
	n.Processes++
	for _, sig := range n.Signals {
		if sig == p.Settings.StopSignal {
			return
		}
	}
	n.Signals = append(n.Signals, p.Settings.StopSignal)
}

// tellLeft names those that outlived the first process. At a stop the members
// of its group are no news: they got the signal with it and are about to end.
// Those that KILL ends are named when it has.
func (s *Supervisor) tellLeft(e *entry, left []process.Member) {
	if e.st.killed {
		return
	}
	atStop := e.st.phase == stopping
	if atStop && e.toGroup {
		left = slices.DeleteFunc(slices.Clone(left), func(m process.Member) bool { return !m.Escaped })
		if len(left) == 0 {
			return
		}
	}
	e.told = true
	s.notice(Left{About: e.about(), Status: e.st.status, Lived: e.lived, Members: left, Asked: atStop})
}

// tellEnd says how a life ended and what follows.
func (s *Supervisor) tellEnd(e *entry, before state, delay time.Duration) {
	n := Ended{
		About:  e.about(),
		Status: e.st.status,
		Lived:  e.lived,
		Err:    e.err,
		At:     time.Now(),
		Asked:  before.want != byPolicy,
		Told:   e.told,
		Lives:  e.err == nil && !before.ended,
	}
	switch e.st.phase {
	case backingOff:
		n.Restart, n.In, n.Nth = true, delay, e.st.starts
	case waiting:
		n.Restart = true
	case over:
		n.GaveUp = e.st.end == failed && e.st.fails > 1
	}
	e.last = lastEnd{n.At, n.Status, n.Err, n.Lives}
	s.notice(n)
}
