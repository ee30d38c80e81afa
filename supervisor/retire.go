package supervisor

import (
	"slices"
)

// retire asks a process to end: at once, unless others run that need it. What
// of those is to end as well ends first, and may need it for that: so it goes
// on at once where it was suspended.
func (s *Supervisor) retire(e *entry) {
	s.thaw(e)
	s.endInOrder(e, inHold, inStop)
}

// endInOrder holds back an end where others run that need e: they may be about to
// end as well.
func (s *Supervisor) endInOrder(e *entry, hold, end input) {
	if e.st.phase == running && slices.ContainsFunc(s.procs, func(x *entry) bool { return x.st.phase.live() && x.needs(e) }) {
		e.due = true
		s.feed(e, event{in: hold})
		return
	}
	s.feed(e, event{in: end})
}

// needs reports whether e is of a type that needs that of other.
func (e *entry) needs(other *entry) bool {
	return slices.Contains(e.spec.Settings.Needs, other.spec.Type)
}

// retireDue stops those that no process that is to end needs any more, for good
// or to start them again.
func (s *Supervisor) retireDue() {
	for _, e := range s.procs {
		if !e.due {
			continue
		}
		if e.st.phase != running || e.st.want == byPolicy {
			e.due = false // it was asked something else, or has ended
			continue
		}
		if e.frozen {
			continue // the end of the run is suspended
		}
		if !slices.ContainsFunc(s.procs, func(x *entry) bool { return x.ending() && x.needs(e) }) {
			e.due = false
			if e.st.want == again {
				s.feed(e, event{in: inRestart})
			} else {
				s.feed(e, event{in: inStop})
			}
		}
	}
}

func (e *entry) ending() bool { return e.st.phase.live() && e.st.want != byPolicy }
