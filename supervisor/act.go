package supervisor

import (
	"syscall"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/procfile"
)

// entry is one process of the formation.
type entry struct {
	spec   formation.Process
	ran    formation.Process // what its last life was started with
	st     state
	handle Process
	life   int // counts starts, so that messages of an earlier life are known
	pid    int
	since  time.Time
	lived  time.Duration
	timer  *time.Timer      // nil: none is set
	armed  int              // counts its settings, so that one that went off as it was cleared is known
	err    error            // why it could not be started
	told   bool             // its end was told before its tree was gone
	hold   []syscall.Signal // to be forwarded once it runs
	frozen bool             // its tree is suspended

	// toGroup: its group got the stop signal. By the time that matters its
	// settings may be others.
	toGroup bool

	port   int       // of the life that is not over
	passed bool      // it has once ended with status 0
	next   time.Time // when its restart is due
	last   lastEnd
	wishes []wish
	ready  readying

	waitTold bool   // it was said what it waits for
	due      bool   // it is to stop when those that need it have
	unstop   func() // ends its stop-command and what that left running; nil: there was none
	asking   bool   // its stop-command runs, and the stop signal is still to come
	owed     bool   // its stop signal, once it is continued

	steady  int  // the last life that lasted for its probation
	leaving bool // it is no longer in the formation once it has ended
	// dismissals counts the commands to end it.
	dismissals int
	changed    bool // it is to be looked at
	seen       seen
}

// lastEnd is how a process's last life ended.
type lastEnd struct {
	At     time.Time
	Status process.Status
	Err    error
	Lives  bool // it did not end: it is not ours to end
}

// seen is what a Feed was last told of a process.
type seen struct {
	state State
	life  int
	pid   int
	at    time.Time
}

// lasting is how long a process has to live for the count of restarts, and
// with it the delay, to begin anew.
const lasting = 60 * time.Second

// feed gives an event to the policy and does what it says.
func (s *Supervisor) feed(e *entry, ev event) {
	before := e.st
	next, actions := step(e.st, ev, e.policy())
	e.st = next
	s.count(e, before.phase)
	if next != before {
		s.look(e)
	}
	ended := before.phase.live() && !next.phase.live()
	delay := time.Duration(0)
	for _, a := range actions {
		if a == doBackoff {
			delay = s.delay(e)
		}
	}
	if before.phase == running && next.phase != running {
		e.stopProbe()
	}
	if before.phase != waiting && next.phase == waiting {
		e.ready, e.waitTold = readying{}, false
	}
	if ended {
		s.tellEnd(e, before, delay)
		e.frozen = false
		delete(s.ports, e.port)
	}
	for _, a := range actions {
		s.do(e, a, ev.in, delay)
	}
	if next.phase == over && before.phase != over {
		s.onOver(e)
	}
}

// count keeps track of what is asked for at every message.
func (s *Supervisor) count(e *entry, before phase) {
	now := e.st.phase
	if before.active() {
		s.active--
	}
	if now.active() {
		s.active++
	} else if before.active() {
		s.stays = e.st.end == asked
	}
	s.turn = s.turn || before != now && !now.live()
}

// policy is the type's setting. The release step is never restarted, nor is
// another step that has been done.
func (e *entry) policy() procfile.Restart {
	set := e.spec.Settings
	switch {
	case e.spec.Release():
		return procfile.Restart{Policy: procfile.Never}
	case set.Ready == procfile.ReadyExit && set.Restart.Policy == procfile.Always:
		return procfile.Restart{Policy: procfile.OnFailure}
	}
	return set.Restart
}

func (s *Supervisor) do(e *entry, a action, on input, delay time.Duration) {
	set := e.spec.Settings
	switch a {
	case doStart:
		e.life++
		e.pid, e.told, e.err, e.hold, e.toGroup = 0, false, nil, nil, false
		e.unstop, e.asking, e.owed = nil, false, false
		e.ran = e.spec
		if e.port = e.spec.Port; e.port > 0 {
			s.ports[e.port] = true
		}
		life := e.life
		e.handle = s.opts.Start(e.spec, func(ev process.Event) {
			s.send(processEvent{e, life, ev})
		})
	case doCancel:
		e.handle.Cancel()
	case doSignal:
		s.beginStop(e)
	case doEndRest:
		e.handle.SignalRest(set.StopSignal, false)
	case doEndElsewhere:
		e.handle.SignalRest(set.StopSignal, e.toGroup)
	case doKill:
		if on == inDeadline { // who asked for a kill knows
			s.notice(Killed{About: e.about(), After: set.StopTimeout, Left: e.st.ended})
		}
		if e.unstop != nil {
			e.unstop()
		}
		e.handle.Kill()
	case doDeadline:
		if !e.asking { // else it comes with the stop signal
			s.arm(e, set.StopTimeout, inDeadline)
		}
	case doBackoff:
		e.next = time.Now().Add(delay)
		s.arm(e, delay, inBackoff)
	case doDisarm:
		e.disarm()
	}
}

// arm sets the entry's one timer.
func (s *Supervisor) arm(e *entry, d time.Duration, in input) {
	e.disarm()
	nth := e.armed
	e.timer = time.AfterFunc(d, func() { s.send(timerEvent{e, nth, in}) })
}

// prolong begins the time for a stop anew, if it is running.
func (s *Supervisor) prolong(e *entry) {
	if e.timer != nil && e.st.phase != backingOff {
		s.arm(e, e.spec.Settings.StopTimeout, inDeadline)
	}
}

func (e *entry) disarm() {
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	e.armed++
}

// delay is how long to wait before the restart that is being decided: doubled
// each time between the setting's bounds, and moved by up to a quarter so that
// many that died together do not come back together.
func (s *Supervisor) delay(e *entry) time.Duration {
	lo, hi := e.spec.Settings.RestartDelay.Min, e.spec.Settings.RestartDelay.Max
	d := lo
	for n := 1; n < e.st.starts && d < hi; n++ {
		if d == 0 {
			d = firstGrowth
		} else {
			d += min(d, hi-d)
		}
	}
	d = time.Duration(float64(min(d, hi)) * (0.75 + s.opts.Jitter()/2))
	return max(lo, min(d, hi))
}

// firstGrowth is what a delay of 0 grows to, which doubling alone would leave
// as it is.
const firstGrowth = 10 * time.Millisecond
