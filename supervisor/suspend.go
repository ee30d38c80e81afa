package supervisor

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// suspend stops every tree but those that are to end by command. SIGSTOP, since
// SIGTSTP is discarded where the group is the only one of its session. Whoever
// asks gets an answer each time.
func (s *Supervisor) suspend(orphaned bool) {
	if !s.suspended {
		s.suspended = true
		for _, e := range s.procs {
			switch e.st.phase {
			case running, stopping, clearing:
				if !s.endsAnyhow(e) {
					e.freeze()
				}
			}
		}
		s.notice(Suspended{Orphaned: orphaned})
		s.tellRun(StateSuspended)
	}
	s.opts.Suspend()
}

// endsAnyhow reports whether e is to end although the others are suspended. Who
// asked for that waits for it, perhaps at another terminal. The end of the run
// is held up as a whole: whoever could see to it has suspended it.
func (s *Supervisor) endsAnyhow(e *entry) bool { return e.st.want == down && !s.stop.asked }

func (s *Supervisor) resume() {
	if !s.suspended {
		return
	}
	s.suspended, s.turn = false, true
	for _, e := range s.procs {
		if e.frozen {
			e.signalTree(unix.SIGCONT)
		}
	}
	s.notice(Resumed{})
	s.tellRun(StateRunning)
	for _, e := range s.procs {
		e.forwardHeld()
		if e.frozen {
			s.thawed(e)
		}
	}
	rolls, held := s.rolls, s.held
	s.rolls, s.held = nil, nil
	for _, roll := range rolls {
		roll()
	}
	for _, m := range held {
		s.handle(m)
	}
}

func (e *entry) freeze() {
	e.frozen = true
	e.signalTree(unix.SIGSTOP)
}

func (e *entry) signalTree(sig syscall.Signal) {
	_ = e.handle.SignalGroup(sig) // one that is gone needs none
	e.handle.SignalRest(sig, true)
}

// thawed gives a process that goes on what its suspension put off. It could not
// end: the time for that begins anew.
func (s *Supervisor) thawed(e *entry) {
	e.frozen = false
	s.prolong(e)
	if e.owed {
		s.afterStopCommand(e)
	}
}

// thaw lets a process go on that is to end while the others are suspended.
func (s *Supervisor) thaw(e *entry) {
	if !e.frozen {
		return
	}
	e.signalTree(unix.SIGCONT)
	s.thawed(e)
}
