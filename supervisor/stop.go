package supervisor

import (
	"syscall"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/procfile"

	"golang.org/x/sys/unix"
)

// patience is how long a stop takes before those that hold it up are named.
const patience = time.Second

// signal does what a signal to ganger means for the app.
func (s *Supervisor) signal(m signalEvent) {
	switch m.sig {
	case unix.SIGINT, unix.SIGTERM:
		// The first is never taken for the second, even if a stop is under
		// way for another reason.
		switch {
		case s.stop.first.IsZero():
			s.stop.first = time.Now()
			s.stopAll(Cause{Kind: CauseSignal, Signal: m.sig})
		case time.Since(s.stop.first) >= process.Together:
			s.killAll()
		}
	case unix.SIGHUP:
		s.stopAll(Cause{Kind: CauseSignal, Signal: m.sig})
	case unix.SIGQUIT:
		s.stopAll(Cause{Kind: CauseSignal, Signal: m.sig})
		s.killAll()
	case unix.SIGUSR1, unix.SIGUSR2:
		if s.suspended { // a signal to a process continues it
			s.held = append(s.held, m)
		} else {
			s.forward(m.sig)
		}
	case unix.SIGTSTP:
		s.suspend(m.orphaned)
	case unix.SIGCONT:
		s.resume()
	}
}

// forward passes a signal on to the first process of each tree.
func (s *Supervisor) forward(sig syscall.Signal) {
	n := 0
	for _, e := range s.procs {
		switch {
		case e.st.phase == starting && e.st.want != down:
			e.hold = append(e.hold, sig) // it may run already, and its Started be on the way
			n++
		// One that has just ended cannot take it, which is no failure.
		case e.st.phase == running && e.handle.Signal(sig) == nil:
			n++
		}
	}
	s.notice(Forwarded{Signal: sig, Processes: n})
}

// forwardHeld passes on what came while the process was being started.
func (e *entry) forwardHeld() {
	if e.st.phase != running {
		return
	}
	for _, sig := range e.hold {
		_ = e.handle.Signal(sig)
	}
	e.hold = nil
}

// stopAll begins the end of the run. The first cause is the one that counts;
// another lets a stop go on that was suspended, for nobody else may.
func (s *Supervisor) stopAll(c Cause) {
	begun := s.stop.asked
	s.stop.asked = true
	s.held = nil // no restart is due any more
	s.resume()
	if begun {
		return
	}
	s.stop.begun = time.Now()
	s.result.Cause = c
	n := Stopping{Cause: c}
	var live []formation.Process
	for _, e := range s.procs {
		switch e.st.phase {
		case starting, running:
			n.add(e.spec)
			live = append(live, e.spec)
		}
	}
	n.Timeout = formation.StopTime(live)
	s.notice(n)
	s.tellRun(StateStopping)
	for _, e := range s.procs {
		if e.st.phase.active() { // how the others ended is still to be seen
			s.retire(e)
		}
	}
	s.stop.slow = time.AfterFunc(patience, func() { s.send(slowStop{}) })
}

// killAll ends everything at once.
func (s *Supervisor) killAll() {
	if s.stop.killing {
		return
	}
	s.stop.killing = true
	close(s.stop.kill)
	n := KillingAll{}
	for _, e := range s.procs {
		if e.st.phase.live() && !e.st.killed { // of the killed it was said
			n.Processes = append(n.Processes, e.alive())
		}
	}
	s.notice(n)
	for _, e := range s.procs {
		if e.st.phase.active() {
			s.feed(e, event{in: inKill})
		}
	}
}

// endRest waits until nothing is left of the run. That may take as long as a
// stop, in which a second signal kills as in any other.
func (s *Supervisor) endRest() {
	if s.opts.Rest == nil {
		return
	}
	if !s.stop.asked {
		s.stop.begun = s.lastEnd()
	}
	s.stop.asked = true // nothing is started any more
	gone := make(chan struct{})
	s.opts.Rest(s.stop.begun, s.stop.kill, func() { close(gone) })
	for {
		select {
		case m := <-s.inbox:
			s.handle(m)
		case <-gone:
			return
		}
	}
}

// lastEnd is when the last of the first processes ended.
func (s *Supervisor) lastEnd() time.Time {
	last := s.since
	for _, e := range s.procs {
		if end := e.since.Add(e.lived); end.After(last) {
			last = end
		}
	}
	return last
}

// beginStop runs what is to be run before the stop signal, which follows. Each
// has the whole time to stop: a command that hangs is not to cost a database the
// signal.
func (s *Supervisor) beginStop(e *entry) {
	if e.spec.Settings.StopCommand == "" || s.opts.StopCommand == nil {
		s.sendStop(e)
		return
	}
	e.asking = true
	m := stopCommanded{e, e.life}
	e.unstop = s.opts.StopCommand(e.spec, func() { s.send(m) })
}

// afterStopCommand sends the stop signal to what the stop-command did not end.
func (s *Supervisor) afterStopCommand(e *entry) {
	e.asking = false
	e.owed = e.frozen // for the signal would continue it
	if e.owed || e.st.phase != stopping || e.st.killed {
		return
	}
	s.arm(e, e.spec.Settings.StopTimeout, inDeadline)
	if !e.st.ended {
		s.sendStop(e)
	}
}

// sendStop sends the stop signal as the type's settings say.
func (s *Supervisor) sendStop(e *entry) {
	e.toGroup = e.spec.Settings.StopTo == procfile.StopGroup
	send := e.handle.Signal
	if e.toGroup {
		send = e.handle.SignalGroup
	}
	// It may have ended at this moment: then its event is on the way.
	_ = send(e.spec.Settings.StopSignal)
}

// tellSlow names those that hold the stop up. Of the killed that was said.
func (s *Supervisor) tellSlow() {
	n := StillRunning{}
	for _, e := range s.procs {
		if e.st.phase.active() && !e.st.killed {
			n.Processes = append(n.Processes, e.about())
		}
	}
	if len(n.Processes) > 0 {
		s.notice(n)
	}
}

// onOver looks whether the end of e ends the run. What was stopped by command
// does not, nor does the release step where nothing waits for it.
func (s *Supervisor) onOver(e *entry) {
	first := e.spec.Release() && !e.passed
	e.passed = e.passed || e.st.end == succeeded
	if e.st.end == succeeded && e.spec.Settings.Ready == procfile.ReadyExit {
		s.becomeReady(readyEvent{e, e.life, Readiness{Ready: true}})
	}
	if s.stop.asked {
		return
	}
	end := Ended{About: e.about(), Status: e.st.status, Lived: e.lived, Err: e.err, At: time.Now()}
	if e.st.end == failed {
		s.result.fail(end)
	}
	switch {
	case e.st.end == asked:
		if first {
			s.tellHeld(e)
		}
	case e.spec.Release():
		if first && e.st.end == failed {
			s.stopAll(Cause{Kind: CauseRelease, Ended: &end})
		}
	case e.st.end == succeeded && e.spec.Settings.Ready == procfile.ReadyExit: // a step, which has been done
	case s.opts.ExitWhen == ExitWhenAny,
		s.opts.ExitWhen == ExitWhenFailure && e.st.end == failed:
		s.stopAll(Cause{Kind: CauseEnd, Ended: &end})
	}
}

// tellHeld names those that wait for a release step that was stopped.
func (s *Supervisor) tellHeld(release *entry) {
	n := Held{About: release.about()}
	for _, e := range s.procs {
		if e.st.phase == waiting {
			n.Processes = append(n.Processes, e.about())
		}
	}
	if len(n.Processes) > 0 {
		s.notice(n)
	}
}
