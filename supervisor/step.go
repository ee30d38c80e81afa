package supervisor

import (
	"ganger/process"
	"ganger/procfile"
)

// phase is where one process is in its life.
type phase uint8

const (
	idle       phase = iota // never started, or stopped
	waiting                 // for its turn
	starting                // the start is asked for
	running                 //
	stopping                // the stop signal was sent
	clearing                // its first process ended by itself; the rest of its tree is being ended
	backingOff              // waiting for the restart
	over                    // ended for good
)

// active reports whether something is still to come of the process.
func (p phase) active() bool { return p != idle && p != over }

// live reports whether there is a life of the process that is not over.
func (p phase) live() bool {
	return p == starting || p == running || p == stopping || p == clearing
}

// want is what is to follow once the process has ended.
type want uint8

const (
	byPolicy want = iota // as the restart policy says
	down                 // nothing
	again                // a new start
)

// end is how a process ended for good.
type end uint8

const (
	notOver   end = iota
	succeeded     // with status 0
	failed        // with another, and no restart follows
	asked         // by command
)

// state is all that the policy knows of one process.
type state struct {
	phase   phase
	want    want
	ended   bool           // the first process has ended, its tree perhaps not
	left    bool           // its tree has been told to end as well
	status  process.Status // how, once ended
	fails   int            // failures in a row
	starts  int            // restarts in a row, for the delay and the message
	killed  bool           // the deadline passed or a kill was asked
	end     end            // once over
	lasting bool           // the last life was long: the count of restarts began anew
}

// input is what happens to a process.
type input uint8

const (
	inStart      input = iota // asked to run, when its turn comes
	inTurn                    // its turn has come
	inGiveUp                  // its turn will never come: status
	inHold                    // asked to stop, once those that need it have
	inHoldAnew                // asked to stop and start again, once those that need it have stopped
	inStop                    // asked to stop
	inRestart                 // asked to stop and start again
	inKill                    // asked to end at once
	inStarted                 // the program runs
	inNotStarted              // it could not be started: status says how
	inExited                  // its first process ended: status, lasting
	inLeft                    // the first process ended and some of its tree did not
	inGone                    // its whole tree has ended
	inDeadline                // the time to stop is up
	inBackoff                 // the time to wait for a restart is up
)

// event is an input with what belongs to it.
type event struct {
	in      input
	status  process.Status
	lasting bool // it lived long enough for the count of restarts to begin anew
}

// action is what the loop is to do, in the order given.
type action uint8

const (
	doStart        action = iota // start it
	doCancel                     // take the start back if it has not happened
	doSignal                     // send the stop signal
	doEndRest                    // the stop signal to all that is left of the tree
	doEndElsewhere               // the same, but not again to the group if that got it
	doKill                       // KILL to the tree
	doDeadline                   // set the deadline
	doBackoff                    // set the timer for the restart
	doDisarm                     // clear the timer
)

// step is the whole policy for one process: what it does next, whatever comes
// at whatever moment. It knows no clock and no process. An event that has no
// meaning in a phase, being late or repeated, changes nothing.
func step(s state, e event, policy procfile.Restart) (state, []action) {
	switch e.in {
	case inStart, inRestart:
		return s.start(e.in == inRestart)
	case inTurn:
		if s.phase == waiting {
			return s.begin()
		}
	case inGiveUp:
		if s.phase == waiting {
			s.phase, s.end, s.status = over, failed, e.status
		}
	case inHold:
		if s.phase == running {
			s.want = down
		}
	case inHoldAnew:
		if s.phase == running {
			s.want = again
		}
	case inStop:
		return s.stop()
	case inKill:
		return s.kill()
	case inStarted:
		return s.started()
	case inNotStarted:
		if s.phase == starting {
			s.status, s.ended = e.status, true
			return s.finish(policy)
		}
	case inExited:
		if (s.phase == running || s.phase == stopping) && !s.ended {
			return s.exited(e)
		}
	case inLeft:
		if s.ended && !s.left {
			return s.endRest()
		}
	case inGone:
		if s.phase == stopping || s.phase == clearing {
			next, actions := s.finish(policy)
			return next, append([]action{doDisarm}, actions...)
		}
	case inDeadline:
		if (s.phase == stopping || s.phase == clearing) && !s.killed {
			s.killed = true
			return s, []action{doKill}
		}
	case inBackoff:
		if s.phase == backingOff {
			return s.wait(), nil
		}
	}
	return s, nil
}

// start is what a request to run or to run anew does.
func (s state) start(anew bool) (state, []action) {
	switch s.phase {
	case idle, over:
		return state{phase: waiting}, nil
	case waiting:
		s.starts, s.fails = 0, 0
	case backingOff:
		s.starts, s.fails = 0, 0
		return s.wait(), []action{doDisarm}
	case starting:
		switch {
		case s.want == down:
			s.want = again // the start may have been taken back
		case anew && s.want == byPolicy: // what is being started is no longer what is wanted
			s.want = again
			return s, []action{doCancel}
		}
	case running:
		if anew {
			return s.signal(again)
		}
		if s.want == down { // and not again: that is under way
			s.want = byPolicy
		}
	case stopping, clearing:
		s.want = again
	}
	return s, nil
}

// wait makes it wait for its turn: every start comes from there, so that what a
// start depends on is looked at in one place.
func (s state) wait() state {
	s.phase, s.want, s.end = waiting, byPolicy, notOver
	s.ended, s.left, s.killed = false, false, false
	return s
}

func (s state) begin() (state, []action) {
	s.phase = starting
	return s, []action{doStart}
}

func (s state) stop() (state, []action) {
	switch s.phase {
	case waiting:
		return state{phase: over, end: asked}, nil
	case starting:
		canceled := s.want != byPolicy
		s.want = down
		if !canceled {
			return s, []action{doCancel}
		}
	case running:
		return s.signal(down)
	case stopping, clearing:
		s.want = down
	case backingOff:
		s.phase, s.end = over, asked
		return s, []action{doDisarm}
	case idle, over:
		s.end = asked
	}
	return s, nil
}

func (s state) kill() (state, []action) {
	switch s.phase {
	case starting, running, stopping, clearing:
		if s.killed {
			s.want = down
			return s, nil
		}
		s.want, s.killed = down, true
		if s.phase == starting {
			return s, []action{doCancel, doKill}
		}
		s.phase = stopping
		return s, []action{doDisarm, doKill}
	}
	return s.stop()
}

// signal begins a stop.
func (s state) signal(w want) (state, []action) {
	s.phase, s.want = stopping, w
	return s, []action{doSignal, doDeadline}
}

func (s state) started() (state, []action) {
	if s.phase != starting {
		return s, nil
	}
	switch {
	case s.killed: // that holds for what has started since
		s.phase = stopping
	case s.want != byPolicy: // a stop came while it was being started
		return s.signal(s.want)
	default:
		s.phase = running
	}
	return s, nil
}

func (s state) exited(e event) (state, []action) {
	s.ended, s.status, s.lasting = true, e.status, e.lasting
	if s.phase == running {
		s.phase = clearing // inLeft or inGone is next
	}
	return s, nil
}

// endRest ends what outlived the first process: it has the time that a stop
// has.
func (s state) endRest() (state, []action) {
	switch {
	case s.killed: // with its whole tree
	case s.phase == clearing:
		s.left = true
		return s, []action{doEndRest, doDeadline}
	case s.phase == stopping:
		s.left = true
		return s, []action{doEndElsewhere}
	}
	return s, nil
}

// finish decides what follows an end.
func (s state) finish(policy procfile.Restart) (state, []action) {
	if s.lasting {
		s.starts, s.fails, s.lasting = 0, 0, false
	}
	switch {
	case s.want == down:
		s.phase, s.end = over, asked
		return s, nil
	case s.want == again:
		s.starts, s.fails = 0, 0
		return s.wait(), nil
	}
	if s.status.OK() {
		s.fails = 0
	} else {
		s.fails++
	}
	if s.restarts(policy) {
		s.starts++
		s.phase = backingOff
		return s, []action{doBackoff}
	}
	s.phase, s.end = over, succeeded
	if !s.status.OK() {
		s.end = failed
	}
	return s, nil
}

func (s state) restarts(policy procfile.Restart) bool {
	switch policy.Policy {
	case procfile.Always:
		return true
	case procfile.OnFailure:
		return !s.status.OK() && (policy.Max == 0 || s.fails < policy.Max)
	}
	return false
}
