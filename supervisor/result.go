package supervisor

import "syscall"

// CauseKind is why a run ends.
type CauseKind uint8

const (
	CauseDone      CauseKind = iota // nothing was left to run
	CauseSignal                     // a signal asked for it
	CauseFrontGone                  // the front half died
	CauseEnd                        // a process ended, and ExitWhen says that this ends the run
	CauseRelease                    // the release step failed
	CauseReader                     // the reader of the output went away
	CauseOutput                     // the output cannot be written
	CauseCommand                    // a command asked for it
)

// Cause is why a run ends, with what belongs to it.
type Cause struct {
	Kind   CauseKind
	Signal syscall.Signal
	Ended  *Ended
	Err    error
}

// Result is what came of a run.
type Result struct {
	Cause   Cause
	Failure *Ended // the first process that failed for good, nil for none
}

func (r *Result) fail(e Ended) {
	if r.Failure == nil {
		r.Failure = &e
	}
}

// StatusReaderGone is that of a program which SIGPIPE ended.
const StatusReaderGone = 141

// Status is the exit status of ganger: 0 when it was asked to stop, else that
// of the first process that failed for good.
func (r Result) Status() int {
	switch r.Cause.Kind {
	case CauseSignal, CauseFrontGone, CauseCommand:
		return 0
	case CauseReader:
		return StatusReaderGone
	case CauseOutput:
		return 1
	}
	if r.Failure != nil {
		return r.Failure.Status.Shell()
	}
	return 0
}
