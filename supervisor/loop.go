package supervisor

import (
	"syscall"
	"time"

	"ganger/process"
)

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
	// stopCommanded says that the stop-command of a life has ended.
	stopCommanded struct {
		of   *entry
		life int
	}
	// steadyEvent comes when a life has lasted for its probation.
	steadyEvent struct {
		of   *entry
		life int
	}
)

func (processEvent) message()  {}
func (timerEvent) message()    {}
func (signalEvent) message()   {}
func (frontGone) message()     {}
func (outputFailed) message()  {}
func (slowStop) message()      {}
func (stopCommanded) message() {}
func (steadyEvent) message()   {}

// follow does what follows from a message: those start whose turn has come, and
// who waits for a process or wants to know of it is told how it is now.
func (s *Supervisor) follow() {
	for s.advance(); len(s.changed) > 0; s.advance() {
		if !s.goesOn() && !s.rollsOn() {
			s.ends()
		}
		changed := s.changed
		s.changed = nil
		for _, e := range changed {
			e.changed = false
			s.tell(e)
			s.settle(e)
			s.remove(e)
		}
	}
}

// advance lets those start and stop whose turn has come: the release step
// first, the others when it has succeeded and what they need is ready, and
// nobody whose port another still has.
func (s *Supervisor) advance() {
	for s.turn && !s.suspended {
		s.turn = false
		for _, e := range s.procs {
			if e.st.phase == waiting && s.mayStart(e) {
				s.feed(e, event{in: inTurn})
			}
		}
	}
	s.retireDue()
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
		case s.suspended && (m.of.frozen || m.in == inBackoff):
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
	case stopCommanded:
		if m.life == m.of.life {
			s.afterStopCommand(m.of)
		}
	case readyEvent:
		s.becomeReady(m)
	case backEvent:
		s.restartWith(m)
	case lateEvent:
		s.late(m)
	case steadyEvent:
		m.of.steady = m.life
		s.look(m.of)
	case request:
		m()
	}
}

// processEvent turns what happened to a process into the policy's input.
func (s *Supervisor) processEvent(e *entry, ev process.Event) {
	switch ev := ev.(type) {
	case process.Delayed:
		s.notice(Delayed{e.about()})
	case process.Started:
		e.pid, e.since = ev.PID, ev.At
		s.notice(Started{e.about()})
		s.feed(e, event{in: inStarted})
		switch {
		case !s.suspended:
			e.forwardHeld()
		case e.st.phase == running:
			e.freeze()
		}
		if e.st.phase == running {
			s.readyWhenRunning(e)
		}
		if len(e.wishes) > 0 {
			m := steadyEvent{e, e.life}
			time.AfterFunc(probation, func() { s.send(m) })
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
