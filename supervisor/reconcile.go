package supervisor

import (
	"context"
	"slices"

	"ganger/formation"
)

// Reconcile makes the formation be procs, in that order. What is missing is
// started, what is gone is stopped and then removed, what changed in a way that
// formation.Diff names is restarted, and everything else is left alone. What
// was stopped by command stays so, with its new spec; what is backing off or
// has ended is started anew if its spec changed. The release step is as it was:
// it neither comes, goes nor runs by this.
//
// The Job's Changes are the differences, and it concerns the processes in them.
// The error is ErrStopping, ErrSuspended or that of ctx.
func (s *Supervisor) Reconcile(ctx context.Context, procs []formation.Process) (*Job, error) {
	procs = slices.Clone(procs)
	return ask(ctx, s, func() (*Job, error) { return s.reconcile(procs) })
}

func (s *Supervisor) reconcile(procs []formation.Process) (*Job, error) {
	switch {
	case s.stop.asked:
		return nil, ErrStopping
	case s.suspended:
		return nil, ErrSuspended
	}
	changes := formation.Diff(s.specs(), procs)
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Process
	}
	j := newJob(names)
	j.Changes = changes
	if len(changes) > 0 {
		s.notice(Reconciled{Changes: changes})
	}
	s.adopt(procs)
	for _, c := range changes {
		s.change(s.byName[c.Process], c, j)
	}
	return j, nil
}

// adopt takes over the specs and the order of a new formation. Those that leave
// it stand behind the others until they have.
func (s *Supervisor) adopt(procs []formation.Process) {
	place := make(map[*entry]int, len(procs))
	for i, p := range procs {
		e := s.byName[p.Name]
		switch {
		case e == nil && p.Release():
			continue
		case e == nil:
			e = s.enter(p)
		}
		e.spec = p
		place[e] = i + 1
	}
	rank := func(e *entry) int {
		switch {
		case e.spec.Release():
			return 0
		case place[e] == 0:
			return len(procs) + 1
		}
		return place[e]
	}
	s.turn, s.needs = true, nil // another port may be free, other needs met
	slices.SortStableFunc(s.procs, func(a, b *entry) int { return rank(a) - rank(b) })
}

// change does what one difference asks for.
func (s *Supervisor) change(e *entry, c formation.Change, j *Job) {
	switch {
	case c.Kind == formation.Added:
		e.leaving = false
		s.demand(e, j, inStart)
	case c.Kind == formation.Removed:
		e.leaving = true
		s.stays = true
		s.dismiss(e, j, inStop, OutcomeRemoved)
	case e.st.end == asked || e.st.want == down && e.st.phase.live():
		j.settle(Outcome{Process: c.Process, What: OutcomeUpdated})
	default:
		s.demand(e, j, inRestart)
	}
}

// remove takes out of the formation what has left it.
func (s *Supervisor) remove(e *entry) {
	if e.leaving && !e.st.phase.active() && s.byName[e.spec.Name] == e {
		delete(s.byName, e.spec.Name)
		s.procs = slices.DeleteFunc(s.procs, func(x *entry) bool { return x == e })
	}
}
