package supervisor

import (
	"context"
	"slices"
	"time"

	"ganger/formation"
	"ganger/process"
)

// What is what came of a command for one process, in the words of the API.
type What string

const (
	OutcomeStarted    What = "started"         // it did not run, and does now
	OutcomeRunning    What = "already running" // nothing to start
	OutcomeRestarted  What = "restarted"       // a new life runs
	OutcomeFinished   What = "finished"        // it was started, and ended with status 0 at once
	OutcomeStopped    What = "stopped"         // its whole tree has ended
	OutcomeNotRunning What = "not running"     // nothing to stop or to signal
	OutcomeSignalled  What = "signalled"       // its first process got the signal
	OutcomeRemoved    What = "removed"         // it has ended and is no longer in the formation
	OutcomeUpdated    What = "updated"         // stopped by command it stays so, and has its new spec
	OutcomeReady      What = "ready"           // those that need it may start
	OutcomeFailed     What = "failed"          // Status or Err says why
	OutcomeOvertaken  What = "overtaken"       // something else was asked of it meanwhile: Err says what
	OutcomeWaits      What = "waits"           // for what was stopped by command: For names it
	OutcomeSkipped    What = "skipped"         // left as it is: one before it in a rolling restart failed
)

// Outcome is what came of a command for one process.
type Outcome struct {
	Process string
	What    What
	PID     int            // of the first process that it speaks of, 0: none
	Status  process.Status // how that ended, if it did
	For     []string       // the types that are to be started first
	Err     error          // why it failed, nil if the status says all; that it runs and is not ready; or what was asked instead
}

// A Job is a command under way.
type Job struct {
	Processes []string           // those concerned, in the order of the formation
	Changes   []formation.Change // for Reconcile: what differed

	outcomes chan Outcome // room for all
	kill     bool         // what it restarts has no time to stop
	left     int          // Run's alone
	rolls    map[string][]rolled
}

// newJob is a job that waits for processes of these names.
func newJob(names []string) *Job {
	j := &Job{Processes: names, outcomes: make(chan Outcome, len(names)), left: len(names)}
	if j.left == 0 {
		close(j.outcomes)
	}
	return j
}

// Outcomes gives one outcome for each process, as they come, and is closed
// after the last. All have come when Run returns. Nobody needs to read them.
func (j *Job) Outcomes() <-chan Outcome { return j.outcomes }

// Wait returns all outcomes, in the order of Processes; those that came before
// ctx ended, with its error.
func (j *Job) Wait(ctx context.Context) ([]Outcome, error) {
	var all []Outcome
	var err error
	for more := true; more && err == nil; {
		var o Outcome
		select {
		case o, more = <-j.outcomes:
			if more {
				all = append(all, o)
			}
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	place := func(o Outcome) int { return slices.Index(j.Processes, o.Process) }
	slices.SortFunc(all, func(a, b Outcome) int { return place(a) - place(b) })
	return all, err
}

func (j *Job) settle(o Outcome) {
	j.outcomes <- o
	if j.left--; j.left == 0 {
		close(j.outcomes)
	}
}

// wish is what a job waits for with one process.
type wish struct {
	job  *Job
	what What // what it is to come to
	life int  // to run: the first life that counts; to end: the life that is to
}

// probation is how long a process has to run before a start has succeeded: a
// wrong flag or a missing file ends most programs sooner.
const probation = 200 * time.Millisecond

// wish lets a job wait for a process.
func (s *Supervisor) wish(e *entry, w wish) {
	e.wishes = append(e.wishes, w)
	s.look(e)
}

// settle answers the wishes that can be answered.
func (s *Supervisor) settle(e *entry) {
	wishes := e.wishes
	e.wishes = nil
	for _, w := range wishes {
		o, settled := s.verdict(e, w)
		if !settled {
			e.wishes = append(e.wishes, w)
			continue
		}
		w.job.settle(o)
		s.rollOn(e, w.job, o)
	}
}

// rolled is a process whose turn in a rolling restart is still to come. What is
// told to end meanwhile stays as that command leaves it.
type rolled struct {
	*entry
	dismissals int // at the beginning
}

// roll restarts processes one after another within each type.
func (s *Supervisor) roll(j *Job, procs []*entry) {
	j.rolls = make(map[string][]rolled)
	var first []*entry
	for _, e := range procs {
		rest, begun := j.rolls[e.spec.Type]
		if begun {
			rest = append(rest, rolled{e, e.dismissals})
		} else {
			first = append(first, e)
		}
		j.rolls[e.spec.Type] = rest
	}
	for _, e := range first {
		s.rollTo(e, j)
	}
}

// rollsOn reports whether a rolling restart may start what has ended.
func (s *Supervisor) rollsOn() bool {
	return slices.ContainsFunc(s.procs, func(e *entry) bool {
		return slices.ContainsFunc(e.wishes, func(w wish) bool { return len(w.job.rolls) > 0 })
	})
}

func (s *Supervisor) rollTo(e *entry, j *Job) {
	if j.kill {
		s.killFirst([]*entry{e})
	}
	s.notice(Commanded{Op: OpRestart, Rolling: true, Processes: []About{e.alive()}})
	s.renew(e, j)
}

// rollOn goes on with the next of the type, unless the last failed.
func (s *Supervisor) rollOn(e *entry, j *Job, last Outcome) {
	if s.suspended && !s.stop.asked {
		s.rolls = append(s.rolls, func() { s.rollOn(e, j, last) })
		return
	}
	for rest := j.rolls[e.spec.Type]; len(rest) > 0; {
		next, before := rest[0].entry, rest[0].dismissals
		rest = rest[1:]
		j.rolls[e.spec.Type] = rest
		o := Outcome{Process: next.spec.Name, What: OutcomeOvertaken, Err: errStopped}
		switch {
		case last.What == OutcomeFailed || last.What == OutcomeWaits || last.What == OutcomeRestarted && last.Err != nil:
			o.What, o.PID, o.Err = OutcomeSkipped, next.pid, nil
		case s.stop.asked:
			o.Err = ErrStopping
		case !next.leaving && next.dismissals == before:
			s.rollTo(next, j)
			return
		}
		j.settle(o)
	}
}
