package supervisor

import (
	"context"
	"time"

	"ganger/formation"
	"ganger/process"
)

// State is how a process is, in the words of ps.
type State string

const (
	StateWaiting    State = "waiting"     // for its turn to start
	StateStarting   State = "starting"    // it has no pid yet
	StateRunning    State = "running"     //
	StateReady      State = "ready"       // and it does what ready= asks for
	StateBackingOff State = "backing off" // waiting for its restart
	StateStopping   State = "stopping"    // it, or what is left of its tree, is being ended
	StateStopped    State = "stopped"     // by command
	StateFailed     State = "failed"      // for good
	StateDone       State = "done"        // ended with status 0, and nothing follows
	StateRemoved    State = "removed"     // no longer in the formation; told by a Feed alone
	StateSuspended  State = "suspended"   // the run itself; told by a Feed alone
)

func (e *entry) state() State {
	switch e.st.phase {
	case waiting:
		return StateWaiting
	case starting:
		return StateStarting
	case running:
		switch {
		case e.st.want != byPolicy:
			return StateStopping
		case e.ready.is && e.spec.Settings.Ready.Probed():
			return StateReady
		}
		return StateRunning
	case stopping, clearing:
		return StateStopping
	case backingOff:
		return StateBackingOff
	case over:
		switch e.st.end {
		case failed:
			return StateFailed
		case succeeded:
			return StateDone
		}
	}
	return StateStopped
}

// A ProcessView is how one process is at a moment.
type ProcessView struct {
	Process  formation.Process // as it is to run from its next start on
	State    State
	Since    time.Time // when it came to be so
	PID      int       // 0: there is none
	Started  time.Time // when that pid began to run
	Life     int       // how often it was started; 0: never
	Restarts int       // how often it was started again
	Next     time.Time // when it will be, while backing off
	Ready    Readiness // what is known of that of its last life
	WaitsFor []string  // the types that it waits for, while waiting

	Ended  time.Time      // when its last life ended; zero: none has
	Status process.Status // how
	Err    error          // why it could not be started
}

// A Snapshot is how a run is at a moment.
type Snapshot struct {
	Since     time.Time // when the run began
	Suspended bool
	Stopping  bool
	Cause     Cause // of the stop
	Processes []ProcessView
}

// Snapshot tells how everything is. The error is ErrStopping once the run is
// over, or that of ctx.
func (s *Supervisor) Snapshot(ctx context.Context) (Snapshot, error) {
	return ask(ctx, s, func() (Snapshot, error) { return s.snapshot(), nil })
}

func (s *Supervisor) snapshot() Snapshot {
	shot := Snapshot{
		Since:     s.since,
		Suspended: s.suspended,
		Stopping:  s.stop.asked,
		Cause:     s.result.Cause,
		Processes: make([]ProcessView, len(s.procs)),
	}
	for i, e := range s.procs {
		shot.Processes[i] = e.view()
		if e.st.phase == waiting {
			shot.Processes[i].WaitsFor = s.waitsFor(e)
		}
	}
	return shot
}

func (e *entry) view() ProcessView {
	v := ProcessView{
		Process:  e.spec,
		State:    e.state(),
		Since:    e.seen.at,
		Life:     e.life,
		Restarts: max(e.life-1, 0),
		Ready:    e.ready.known,
		Ended:    e.last.At,
		Status:   e.last.Status,
		Err:      e.last.Err,
	}
	if e.st.phase.live() && e.pid > 0 {
		v.PID, v.Started = e.pid, e.since
	}
	if e.st.phase == backingOff {
		v.Next = e.next
	}
	return v
}
