package supervisor

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/procfile"
)

// Readiness is what is known of whether a process is ready.
type Readiness struct {
	Ready bool
	Port  int    // that it really listens on; 0: not known
	URL   string // where it answers; empty: not known
	Seen  string // what was found instead, while it is not ready
}

// Probe looks whether the process is ready in the way that its settings ask
// for, and tells each time it knows more until it is or stop is called. None of
// the three waits.
type Probe func(p formation.Process, pid int, tell func(Readiness)) (stop func())

// notReadyAgain is how often a process that is not ready after its time is spoken of.
const notReadyAgain = time.Minute

type (
	// readyEvent is what a probe tells of a life.
	readyEvent struct {
		of   *entry
		life int
		is   Readiness
	}
	// backEvent: a process that was restarted is ready again.
	backEvent struct {
		of   *entry
		life int
	}
	// lateEvent comes when a life should be ready.
	lateEvent struct {
		of   *entry
		life int
	}
)

func (readyEvent) message() {}
func (backEvent) message()  {}
func (lateEvent) message()  {}

// readying is how far a life has come to be ready.
type readying struct {
	is    bool // it is, or was until it ended
	late  bool // its time is over
	known Readiness
	stop  func()      // ends the probe
	timer *time.Timer // until it is late
}

// readyWhenRunning begins to find out when a life that has just begun is ready.
func (s *Supervisor) readyWhenRunning(e *entry) {
	set := e.spec.Settings
	life := e.life
	switch {
	case set.Ready == procfile.ReadyExit:
	case !set.Ready.Probed() || s.opts.Probe == nil:
		s.becomeReady(readyEvent{e, life, Readiness{Ready: true}})
	default:
		e.ready.timer = time.AfterFunc(set.ReadyTimeout, func() { s.send(lateEvent{e, life}) })
		e.ready.stop = s.opts.Probe(e.spec, e.pid, func(r Readiness) { s.send(readyEvent{e, life, r}) })
	}
}

// becomeReady takes what a probe tells.
func (s *Supervisor) becomeReady(m readyEvent) {
	e := m.of
	if m.life != e.life || e.ready.is || e.st.phase != running && !e.succeeded() {
		return
	}
	e.ready.known = m.is
	if !m.is.Ready {
		return
	}
	e.stopProbe()
	e.ready.is = true
	s.turn = true
	s.look(e)
	if e.spec.Settings.Ready.Probed() {
		s.notice(Ready{About: e.about(), After: time.Since(e.since), Port: m.is.Port, URL: m.is.URL})
	}
	if e.life > 1 {
		s.restartWith(backEvent{e, e.life})
	}
	s.tellAllReady()
}

// late says what a process is waited for that should be ready, again each
// minute.
func (s *Supervisor) late(m lateEvent) {
	e := m.of
	if m.life != e.life || e.st.phase != running || e.ready.is {
		return
	}
	e.ready.timer = time.AfterFunc(notReadyAgain, func() { s.send(m) })
	if s.suspended {
		return
	}
	e.ready.late = true
	s.look(e)
	s.notice(NotReady{About: e.about(), After: time.Since(e.since), Seen: e.ready.known.Seen})
}

// stopProbe lets nobody look any more whether e is ready.
func (e *entry) stopProbe() {
	if e.ready.timer != nil {
		e.ready.timer.Stop()
		e.ready.timer = nil
	}
	if e.ready.stop != nil {
		e.ready.stop()
		e.ready.stop = nil
	}
}

func (e *entry) succeeded() bool { return e.st.phase == over && e.st.end == succeeded }

// isReady reports whether those that need e may start.
func (e *entry) isReady() bool {
	switch {
	case e.spec.Release():
		return e.passed
	case e.spec.Settings.Ready == procfile.ReadyExit:
		return e.ready.is
	}
	return e.ready.is && (e.st.phase == running && e.st.want == byPolicy || e.succeeded())
}

// notReady says that e is not ready although its time is over.
func (e *entry) notReady() error {
	text := fmt.Sprintf("not ready after %v", e.spec.Settings.ReadyTimeout)
	if e.ready.known.Seen != "" {
		text += ": " + e.ready.known.Seen
	}
	return errors.New(text)
}

// hopeless reports whether e will not be ready unless somebody starts it.
func (e *entry) hopeless() bool {
	return e.st.phase == over && (e.st.end == failed || e.st.end == succeeded) && !e.isReady()
}

// ofType are the processes of a type that stay in the formation.
func (s *Supervisor) ofType(typ string) []*entry {
	return s.pick(func(e *entry) bool { return e.spec.Type == typ })
}

// unmet are the processes that have to be ready before e starts, and are not.
func (s *Supervisor) unmet(e *entry) []*entry {
	if s.needs == nil {
		s.needs = formation.Needs(s.specs())
	}
	var waited []*entry
	for _, typ := range s.needs[e.spec.Type] {
		waited = append(waited, slices.DeleteFunc(s.ofType(typ), (*entry).isReady)...)
	}
	return waited
}

// waitsFor are the types of those that e waits for.
func (s *Supervisor) waitsFor(e *entry) []string {
	var types []string
	for _, x := range s.unmet(e) {
		if !slices.Contains(types, x.spec.Type) {
			types = append(types, x.spec.Type)
		}
	}
	return types
}

// barred are the types stopped by command for which e waits, or which those need
// that it waits for: it does not start until somebody starts them.
func (s *Supervisor) barred(e *entry) []string {
	var types []string
	if e.st.phase != waiting || s.stop.asked {
		return nil
	}
	for _, x := range s.unmet(e) {
		more := s.barred(x)
		if x.st.phase == idle || x.st.phase == over && x.st.end == asked {
			more = []string{x.spec.Type}
		}
		for _, typ := range more {
			if !slices.Contains(types, typ) {
				types = append(types, typ)
			}
		}
	}
	return types
}

// mayStart reports whether nothing keeps e from starting that waits for its
// turn. What can never start is given up.
func (s *Supervisor) mayStart(e *entry) bool {
	waited := s.unmet(e)
	if len(waited) == 0 {
		return !s.ports[e.spec.Port]
	}
	if at := slices.IndexFunc(waited, (*entry).hopeless); at >= 0 {
		s.giveUp(e, waited[at])
		return false
	}
	if len(e.wishes) > 0 {
		s.look(e) // what it waits for may have been stopped
	}
	if !e.waitTold && !waited[0].spec.Release() {
		e.waitTold = true
		n := Waits{About: e.about()}
		for _, x := range waited {
			n.For = append(n.For, x.about())
		}
		s.notice(n)
	}
	return false
}

// giveUp ends what waits for a process that has failed for good.
func (s *Supervisor) giveUp(e, needed *entry) {
	e.pid, e.lived = 0, 0
	e.err = fmt.Errorf("%s %s", needed.spec.Name, needed.state())
	status := process.Status{Code: 1}
	e.last = lastEnd{At: time.Now(), Status: status, Err: e.err}
	s.notice(Unmet{About: e.about(), Needed: needed.about(), State: needed.state()})
	s.feed(e, event{in: inGiveUp, status: status})
}

// restartWith restarts what is to be restarted with one that is back.
func (s *Supervisor) restartWith(m backEvent) {
	e := m.of
	switch {
	case m.life != e.life || s.stop.asked:
		return
	case s.suspended:
		s.held = append(s.held, m)
		return
	}
	for _, x := range s.procs {
		with := x.st.phase == running && x.st.want == byPolicy || x.st.phase == backingOff || x.st.phase == over && x.st.end == failed
		if with && !x.leaving && slices.Contains(x.spec.Settings.RestartWith, e.spec.Type) {
			s.notice(RestartedWith{About: x.about(), With: e.about()})
			s.endInOrder(x, inHoldAnew, inRestart)
		}
	}
}

// tellAllReady says once that every process is ready, if there is one that did
// not have to be looked at for that.
func (s *Supervisor) tellAllReady() {
	probed := false
	for _, e := range s.procs {
		if !e.leaving && !e.isReady() {
			return
		}
		probed = probed || e.spec.Settings.Ready.Probed()
	}
	if probed && !s.allReady {
		s.allReady = true
		s.notice(AllReady{After: time.Since(s.since)})
	}
}
