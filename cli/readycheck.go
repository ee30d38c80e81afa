package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ganger/control"
	"ganger/formation"
	"ganger/procfile"
	"ganger/supervisor"
)

// readyCheck judges whether processes of a run are ready.
type readyCheck struct {
	shot  supervisor.Snapshot // how the run is
	over  bool                // nothing of it will change any more
	names []string            // of those that are to be ready; none: all that were not stopped by command
	since time.Time           // when they were asked for
}

// standing is how far a process is from being ready.
type standing struct {
	result  string // as in control.Result
	why     string // it is not ready
	pending bool   // it may still get ready
	until   time.Time
	barred  []string // the types, stopped by command, that keep it from starting
}

// What is said of a process that is awaited.
const (
	isReady    = "ready"
	notReady   = "not ready"
	isLate     = "late"        // past its ready-timeout
	isBarred   = "waits"       // for what was stopped by command
	notStarted = "not started" // and will not be
	isStopped  = "stopped"
	hasFailed  = "failed"
)

// steadyAfter is how long a process has to run that has no other way to be
// ready: a wrong flag or a missing file ends most programs sooner.
const steadyAfter = 200 * time.Millisecond

// change takes over what has changed.
func (r *readyCheck) change(c supervisor.Change) {
	if c.Process.Name == "" {
		r.shot.Suspended = c.State == supervisor.StateSuspended
		r.shot.Stopping = r.shot.Stopping || c.State == supervisor.StateStopping
		return
	}
	i := slices.IndexFunc(r.shot.Processes, func(v supervisor.ProcessView) bool { return v.Process.Name == c.Process.Name })
	switch {
	case c.State == supervisor.StateRemoved && i >= 0:
		r.shot.Processes = slices.Delete(r.shot.Processes, i, i+1)
	case c.State == supervisor.StateRemoved:
	case i >= 0:
		r.shot.Processes[i] = c.ProcessView
	default:
		r.shot.Processes = append(r.shot.Processes, c.ProcessView)
	}
}

// refresh takes over what probes have seen since, which is no change that is
// told.
func (r *readyCheck) refresh(shot supervisor.Snapshot) {
	for i, v := range r.shot.Processes {
		for _, now := range shot.Processes {
			if now.Process.Name == v.Process.Name && now.Life == v.Life {
				r.shot.Processes[i].Ready = now.Ready
			}
		}
	}
}

// judge says how each awaited process is. It is settled when all are ready or
// one will not be; else it may be another at the time next, if that is not zero.
func (r *readyCheck) judge(now time.Time) (out control.Outcome, settled bool, next time.Time) {
	out = control.Outcome{OK: true, Processes: []control.Result{}}
	for _, v := range r.shot.Processes {
		if !r.means(v) {
			continue
		}
		s := r.standing(v, now)
		res := control.Result{Process: v.Process.Name, Result: s.result, PID: v.PID, Message: s.why, WaitsFor: s.barred}
		if s.result == hasFailed && v.Err == nil && !v.Ended.IsZero() {
			res.Status = statusOf(v.Status)
		}
		out.Processes = append(out.Processes, res)
		out.OK = out.OK && s.result == isReady
		settled = settled || s.result != isReady && !s.pending
		if s.pending && !s.until.IsZero() && (next.IsZero() || s.until.Before(next)) {
			next = s.until
		}
	}
	return out, settled || out.OK, next
}

func (r *readyCheck) means(v supervisor.ProcessView) bool {
	if len(r.names) == 0 {
		return v.State != supervisor.StateStopped || r.shot.Stopping
	}
	return slices.ContainsFunc(r.names, func(name string) bool { return means(name, v.Process) })
}

// standing says how one process is.
func (r *readyCheck) standing(v supervisor.ProcessView, now time.Time) standing {
	s := r.inState(v, now)
	switch {
	case s.pending && r.over:
		return standing{result: isStopped, why: "the app has ended"}
	case s.pending && r.shot.Suspended:
		return standing{result: notReady, why: "the app is suspended", pending: true}
	}
	return s
}

func (r *readyCheck) inState(v supervisor.ProcessView, now time.Time) standing {
	pending := func(why string) standing { return standing{result: notReady, why: why, pending: true} }
	switch v.State {
	case supervisor.StateReady:
		return standing{result: isReady}
	case supervisor.StateRunning:
		return r.running(v, now)
	case supervisor.StateDone:
		if v.Ready.Ready {
			return standing{result: isReady}
		}
		return standing{result: hasFailed, why: "ended without having been ready"}
	case supervisor.StateFailed:
		if v.Life == 0 {
			return standing{result: notStarted, why: endText(v)}
		}
		return standing{result: hasFailed, why: endText(v)}
	case supervisor.StateStopped:
		if r.shot.Stopping {
			return standing{result: isStopped, why: "the app has been stopped"}
		}
		return standing{result: isStopped, why: "stopped by command"}
	case supervisor.StateBackingOff:
		// What fails as soon as it is started is never late to be ready.
		until := r.since.Add(v.Process.Settings.ReadyTimeout)
		if !now.Before(until) {
			return standing{result: hasFailed, why: fmt.Sprintf("%s, the %s time", endText(v), ordinal(v.Life))}
		}
		s := pending(endText(v) + ", and is to be restarted")
		s.until = until
		return s
	case supervisor.StateWaiting:
		if types := r.barred(v.Process.Type); len(types) > 0 && !r.shot.Stopping {
			return standing{result: isBarred, why: barredText(types), barred: types}
		}
		return pending(r.waitText(v))
	}
	return pending("it is " + string(v.State))
}

// running is for one that runs and is not known to be ready.
func (r *readyCheck) running(v supervisor.ProcessView, now time.Time) standing {
	set := v.Process.Settings
	s := standing{result: notReady, pending: true}
	switch {
	case set.Ready == procfile.ReadyExit:
		s.why = "it has not ended yet"
	case set.Ready.Probed():
		s.why, s.until = v.Ready.Seen, v.Started.Add(set.ReadyTimeout)
		if !now.Before(s.until) {
			s.pending, s.result = false, isLate
			s.why = fmt.Sprintf("not ready within %s: waited for %s", seconds(set.ReadyTimeout), awaited(v.Process))
			if v.Ready.Seen != "" {
				s.why += ", and " + v.Ready.Seen
			}
		}
	default:
		s.why, s.until = "it has just been started", v.Started.Add(steadyAfter)
		if !now.Before(s.until) {
			return standing{result: isReady}
		}
	}
	return s
}

// waitText names what one waits for: the types that it needs and that are not
// ready.
func (r *readyCheck) waitText(v supervisor.ProcessView) string {
	var types []string
	for _, p := range r.unmet(v.Process.Type) {
		if typ := p.Process.Type; !slices.Contains(types, typ) {
			types = append(types, typ)
		}
	}
	if len(types) == 0 {
		return "it waits for its start"
	}
	return "it waits for " + strings.Join(types, ", ")
}

// unmet are the processes that a type needs and that are not ready.
func (r *readyCheck) unmet(typ string) []supervisor.ProcessView {
	procs := make([]formation.Process, len(r.shot.Processes))
	for i, p := range r.shot.Processes {
		procs[i] = p.Process
	}
	var views []supervisor.ProcessView
	for _, needed := range formation.Needs(procs)[typ] {
		for _, v := range r.shot.Processes {
			isReady := v.State == supervisor.StateReady || v.Ready.Ready && v.State != supervisor.StateStopped
			if v.Process.Type == needed && !isReady {
				views = append(views, v)
			}
		}
	}
	return views
}

// barred are the types, stopped by command, that keep a type from starting: its
// needs, and what those wait for.
func (r *readyCheck) barred(typ string) []string {
	var types []string
	for _, v := range r.unmet(typ) {
		var more []string
		switch v.State {
		case supervisor.StateStopped:
			more = []string{v.Process.Type}
		case supervisor.StateWaiting:
			more = r.barred(v.Process.Type)
		}
		for _, t := range more {
			if !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
	return types
}

// barredText says for what one waits, to follow its name.
func barredText(types []string) string {
	were := "was"
	if len(types) > 1 {
		were = "were"
	}
	return fmt.Sprintf("waits for %s, which %s stopped by command", strings.Join(types, " and "), were)
}

// startHint is how what was stopped by command is started again.
func (r *running) startHint(types []string) string {
	start := "starts it"
	if len(types) > 1 {
		start = "starts them"
	}
	return r.again("start "+strings.Join(types, " ")) + " " + start
}

// endText says how the last life of a process ended, or why it had none.
func endText(v supervisor.ProcessView) string {
	if v.Err != nil {
		return v.Err.Error()
	}
	return v.Status.String()
}
