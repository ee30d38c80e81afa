package supervisor

import (
	"fmt"
	"testing"

	"ganger/procfile"
)

// reality is what is true of a process and its timer, whatever the policy
// thinks.
type reality struct {
	life   lifePhase // dead: there is none
	left   bool      // it was told that the tree outlives its first process
	killed bool
	timer  action // doDeadline, doBackoff or doDisarm for none
	wanted bool   // it was asked to run, and not asked to stop since
}

// whole is both.
type whole struct {
	s state
	r reality
}

// TestAnyOrder walks every order of requests and events, with the process and
// the timer behaving as they can, and checks what holds always: one life at a
// time, no life that nobody wanted, no stop without a deadline, nothing done to
// who is not there, and nothing forgotten.
func TestAnyOrder(t *testing.T) {
	for _, policy := range []procfile.Restart{never, always, onFailure, thrice} {
		from := whole{r: reality{life: dead, timer: doDisarm}}
		seen := map[whole]bool{from: true}
		for todo := []whole{from}; len(todo) > 0; todo = todo[1:] {
			for _, e := range allEvents() {
				next, ok := todo[0].next(e)
				if !ok {
					continue
				}
				var actions []action
				next.s, actions = step(todo[0].s, e, policy)
				for _, a := range actions {
					if err := next.r.do(a); err != nil {
						t.Fatalf("%s of %s (%+v): %s: %v", inputWords[e.in], todo[0].s, todo[0].r, outcome(next.s, actions), err)
					}
				}
				if err := next.check(); err != nil {
					t.Fatalf("%s of %s (%+v): %s: %v", inputWords[e.in], todo[0].s, todo[0].r, outcome(next.s, actions), err)
				}
				// The counts and the last status go on without end.
				next.s.starts = min(next.s.starts, 1)
				if !seen[next] && next.s.fails < 4 {
					seen[next] = true
					todo = append(todo, next)
				}
			}
		}
		if len(seen) < 100 {
			t.Errorf("%v: %d states", policy, len(seen))
		}
	}
}

// next is what an event makes of reality, and whether it can come at all.
func (w whole) next(e event) (whole, bool) {
	r := &w.r
	possible := true
	switch e.in {
	case inStart, inRestart:
		r.wanted = true
	case inStop, inKill:
		r.wanted = false
	case inHold:
		possible = w.s.phase == running
		r.wanted = false
	case inHoldAnew:
		possible = w.s.phase == running
		r.wanted = true
	case inTurn:
		possible = w.s.phase == waiting
	case inGiveUp:
		possible = w.s.phase == waiting
		r.wanted = false
	case inStarted:
		possible = r.life == pending
		r.life = alive
	case inNotStarted:
		possible = r.life == pending
		r.life = dead
	case inExited:
		possible = r.life == alive
		r.life = zombie
	case inLeft:
		possible = r.life == zombie && !r.left
		r.left = true
	case inGone:
		possible = r.life == zombie
		r.life = dead
	case inDeadline:
		possible = r.timer == doDeadline
		r.timer = doDisarm
	case inBackoff:
		possible = r.timer == doBackoff
		r.timer = doDisarm
	}
	return w, possible
}

// do lets an action happen.
func (r *reality) do(a action) error {
	legal := true
	switch a {
	case doStart:
		legal = r.life == dead && r.wanted && r.timer == doDisarm
		r.life, r.left, r.killed = pending, false, false
	case doCancel:
		legal = r.life == pending
	case doSignal:
		legal = r.life == alive && !r.killed
	case doEndRest, doEndElsewhere:
		legal = r.life == zombie && r.left && !r.killed
	case doKill:
		legal = r.life != dead && !r.killed
		r.killed = true
	case doDeadline:
		legal = r.life == alive || r.life == zombie
		r.timer = a
	case doBackoff:
		legal = r.life == dead && r.wanted
		r.timer = a
	case doDisarm:
		r.timer = a
	}
	if !legal {
		return fmt.Errorf("%s, with %+v", actionWords[a], *r)
	}
	return nil
}

// check is what holds after every event.
func (w whole) check() error {
	s, r := w.s, w.r
	switch {
	case s.phase == backingOff != (r.timer == doBackoff):
		return fmt.Errorf("a restart is forgotten, or none is due: %+v", r)
	case s.phase.active() != (r.life != dead || s.phase == waiting || s.phase == backingOff):
		return fmt.Errorf("active %v: %+v", s.phase.active(), r)
	case !r.wanted && r.life == alive && s.phase != stopping && !(s.phase == running && s.want == down):
		return fmt.Errorf("not wanted, and it runs on: %+v", r)
	case !r.wanted && r.life == dead && s.phase.active():
		return fmt.Errorf("not wanted, and it will come: %+v", r)
	case s.phase == stopping && !r.killed && r.timer != doDeadline,
		r.life == zombie && r.left && !r.killed && r.timer != doDeadline:
		return fmt.Errorf("a stop without a deadline: %+v", r)
	case s.killed != (r.killed && r.life != dead) && s.phase != over && s.phase != backingOff && s.phase != waiting:
		return fmt.Errorf("killed %v: %+v", s.killed, r)
	case s.want == again && s.phase.active() && !r.wanted:
		return fmt.Errorf("again, and nobody wants it: %+v", r)
	}
	return nil
}
