package supervisor

import "errors"

var (
	errStopped = errors.New("stopped by command")
	errStarted = errors.New("started by command")
	errForeign = errors.New("it runs as another user and cannot be ended from here")
)

// verdict is what has come of a wish, and whether anything has yet.
func (s *Supervisor) verdict(e *entry, w wish) (Outcome, bool) {
	o := Outcome{Process: e.spec.Name, What: w.what, PID: e.pid}
	switch w.what {
	case OutcomeStopped, OutcomeRemoved:
		return s.endVerdict(e, w, o)
	}
	if o.For = s.barred(e); len(o.For) > 0 {
		o.What = OutcomeWaits
		return o, true
	}
	if w.what == OutcomeReady {
		return s.readyVerdict(e, o)
	}
	return s.upVerdict(e, w, o)
}

// endVerdict is that of a wish for an end.
func (s *Supervisor) endVerdict(e *entry, w wish, o Outcome) (Outcome, bool) {
	switch {
	case e.life == w.life && e.st.phase == running && e.st.want == byPolicy:
		o.What, o.Err = OutcomeOvertaken, errStarted
	case e.life == w.life && e.st.phase.live():
		return o, false
	default:
		if o.Status = e.last.Status; !e.leaving {
			o.What = OutcomeStopped // it is back in the formation
		}
		if e.life == w.life && e.last.Lives {
			o.What, o.Err = OutcomeFailed, errForeign
		}
	}
	return o, true
}

// readyVerdict is that of a wish for readiness, which a restart may yet bring.
func (s *Supervisor) readyVerdict(e *entry, o Outcome) (Outcome, bool) {
	switch {
	case e.isReady():
	case e.st.phase == idle, e.st.phase == over:
		return s.overVerdict(e, o)
	case e.st.phase == running && e.ready.late:
		o.What, o.Err = OutcomeFailed, e.notReady()
	default:
		return o, false
	}
	return o, true
}

// upVerdict is that of a wish for a new life.
func (s *Supervisor) upVerdict(e *entry, w wish, o Outcome) (Outcome, bool) {
	switch {
	case e.st.phase == over && e.st.end == succeeded:
		o.What = OutcomeFinished
	case e.st.phase == over:
		return s.overVerdict(e, o)
	case e.life < w.life && e.st.phase == running && e.st.want == byPolicy:
		o.What, o.Err = OutcomeOvertaken, errStopped // by a stop that was taken back
	case e.life < w.life:
		return o, false
	case e.st.phase == backingOff:
		o.What, o.Status, o.Err = OutcomeFailed, e.last.Status, e.last.Err
	case e.st.phase != running || e.st.want != byPolicy:
		return o, false
	case e.spec.Settings.Ready.Probed():
		if e.ready.late && !e.ready.is {
			o.Err = e.notReady()
		}
		return o, e.ready.is || e.ready.late
	default:
		return o, e.steady == e.life
	}
	return o, true
}

// overVerdict is that of a wish which an end has made vain.
func (s *Supervisor) overVerdict(e *entry, o Outcome) (Outcome, bool) {
	o.What, o.Status, o.Err = OutcomeFailed, e.last.Status, e.last.Err
	if e.st.phase == idle || e.st.end == asked {
		o = Outcome{Process: o.Process, What: OutcomeOvertaken, Err: errStopped}
		if s.stop.asked {
			o.Err = ErrStopping
		}
	}
	return o, true
}
