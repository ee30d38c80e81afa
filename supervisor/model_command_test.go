package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"ganger/formation"

	"golang.org/x/sys/unix"
)

// order is a command that the world gave, and what has come of it.
type order struct {
	what string
	job  *Job
	ends bool // it asks for an end, else for a life
	wait bool // or for readiness
	got  map[string]bool
	done bool
}

// command is a command that comes from outside, at random.
func (w *world) command(settled bool) func() {
	names := pick(w.rng, nil, []string{"p0"}, []string{"p0.1"}, []string{"p1", "p0.2"}, []string{"p*.1"}, []string{"*"},
		[]string{"release"}, []string{"new*"}, []string{"nobody"}, []string{"p0", "nobody"})
	var ask func(context.Context) (*Job, error)
	var next []formation.Process
	what, ends, wait := "", false, false
	switch kind := w.rng.IntN(12); kind {
	default:
		c := Command{Op: pick(w.rng, OpStart, OpStart, OpStop, OpStop, OpRestart, OpKill, OpSignal, OpWait), Names: names, Signal: unix.SIGUSR2}
		c.Rolling = c.Op == OpRestart && w.rng.IntN(2) == 0
		what, ends = fmt.Sprintf("%s %v", opWords[c.Op], names), c.Op == OpStop || c.Op == OpKill
		if c.Rolling {
			what = "rolling " + what
		}
		wait = c.Op == OpWait
		ask = func(ctx context.Context) (*Job, error) { return w.sup.Do(ctx, c) }
	case 9, 10:
		next = w.formation()
		what = "reconcile"
		ask = func(ctx context.Context) (*Job, error) { return w.sup.Reconcile(ctx, next) }
	case 11:
		kill := w.rng.IntN(2) == 0
		what = "quit"
		ask = func(ctx context.Context) (*Job, error) {
			w.mu.Lock()
			w.outer[CauseCommand], w.quit = true, w.quit || kill
			w.mu.Unlock()
			return newJob(nil), w.sup.Quit(ctx, kill)
		}
	}
	return func() {
		w.mu.Lock()
		w.coming = next
		w.note("outside: " + what)
		w.mu.Unlock()
		job, err := ask(context.Background())
		w.mu.Lock()
		w.answered(&order{what: what, job: job, ends: ends, wait: wait, got: make(map[string]bool)}, err)
		w.mu.Unlock()
		if settled {
			w.settle()
		}
	}
}

// answered judges whether a command was refused rightly.
func (w *world) answered(o *order, err error) {
	over := false
	select {
	case <-w.sup.Done():
		over = true
	default:
	}
	var unknown *formation.Error
	switch {
	case err == nil:
		if len(o.job.Changes) == 0 {
			w.adopted() // nothing was said of it
		}
		w.orders = append(w.orders, o)
	case errors.Is(err, ErrStopping):
		if !over && !w.judge.stopping {
			w.broke("%s: %v", o.what, err)
		}
	case errors.Is(err, ErrSuspended):
		if !w.judge.suspended || o.ends || o.wait {
			w.broke("%s: %v", o.what, err)
		}
	case !errors.As(err, &unknown):
		w.broke("%s: %v", o.what, err)
	}
}

// formation is a formation to come: some of the first one, in any order, some
// of them changed, and perhaps a new type.
func (w *world) formation() []formation.Process {
	var procs []formation.Process
	for _, p := range w.procs {
		if w.rng.IntN(4) == 0 {
			continue
		}
		switch w.rng.IntN(5) {
		case 0:
			p.Line = pick(w.rng, "", "other")
		case 1:
			p.Settings.StopTimeout = pick(w.rng, 100*ms, time.Second)
		case 2:
			p.Settings.StopTo = 1 - p.Settings.StopTo
		}
		procs = append(procs, p)
	}
	if w.rng.IntN(3) == 0 {
		procs = append(procs, proc("new.1", restarts(onFailure)))
	}
	if w.rng.IntN(2) == 0 {
		w.rng.Shuffle(len(procs), func(i, j int) { procs[i], procs[j] = procs[j], procs[i] })
		for i := range procs {
			if w.blocks {
				procs[i].Port = 5000 + i
			}
		}
	}
	return procs
}

// commanded takes into account what a command asks of a process.
func (w *world) commanded(op Op, a *account) {
	switch op {
	case OpStop, OpKill:
		a.wanted = false
		a.thawed()
		if a.running() {
			a.wasUp = !a.asked && w.isUp(a, w.lives[a.spec.Name]) || a.wasUp
			a.asked, a.again = true, false
			a.killing = a.killing || op == OpKill
			return
		}
		active := a.active()
		a.down()
		if active {
			w.became(a)
		}
	case OpStart, OpRestart:
		a.wanted = true
		switch {
		case !a.running():
			a.fails, a.row, a.over = 0, 0, false
			if a.restart.IsZero() || a.restart.After(time.Now()) {
				a.restart = time.Now()
			}
		case op == OpStart && w.isHeld(a) && !a.again && len(formation.Diff([]formation.Process{a.ran}, []formation.Process{a.spec})) == 0:
			a.asked, a.wasUp = false, false
		case op == OpRestart, a.asked, w.lives[a.spec.Name].phase == zombie:
			a.wasUp = !a.asked && w.isUp(a, w.lives[a.spec.Name]) || a.wasUp
			a.asked, a.again = true, true
		}
	}
}

// adopted takes over the specs of the formation that is to be, and returns them.
func (w *world) adopted() map[string]formation.Process {
	next := make(map[string]formation.Process)
	for _, p := range w.coming {
		next[p.Name] = p
		if a := w.judge.of[p.Name]; a != nil {
			a.spec = p
		}
	}
	return next
}

// reconciled takes another formation into account.
func (w *world) reconciled(changes []formation.Change) {
	j := &w.judge
	next := w.adopted()
	for _, c := range changes {
		a := j.of[c.Process]
		switch {
		case c.Kind == formation.Removed:
			a.leaving = true
			j.stays = true
			w.commanded(OpStop, a)
			if !a.active() {
				delete(j.of, c.Process)
			}
		case c.Kind == formation.Changed && a.wanted:
			w.commanded(OpRestart, a)
		case c.Kind == formation.Changed:
		case a == nil:
			j.of[c.Process] = newAccount(next[c.Process])
		default:
			if !a.leaving {
				w.broke("%s: added, and it is there", c.Process)
			}
			a.leaving = false
			w.commanded(OpStart, a)
		}
	}
}

// answers collects what has come of the orders.
func (w *world) answers() {
	for _, o := range w.orders {
		for more := true; more && !o.done; {
			select {
			case out, open := <-o.job.Outcomes():
				if more = open; !open {
					o.done = true
					if len(o.got) != len(o.job.Processes) {
						w.broke("%s: %d answers for %v", o.what, len(o.got), o.job.Processes)
					}
					break
				}
				w.note(fmt.Sprintf("%s: %s %s", o.what, out.Process, out.What))
				if o.got[out.Process] || !slices.Contains(o.job.Processes, out.Process) {
					w.broke("%s: an answer too many for %s", o.what, out.Process)
				}
				o.got[out.Process] = true
			default:
				more = false
			}
		}
	}
}

// settle lets everything happen that follows, and judges what then holds.
func (w *world) settle() {
	synctest.Wait()
	shot, err := w.sup.Snapshot(context.Background())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet = true
	defer func() { w.quiet = false }()
	if err == nil {
		w.looks(shot)
	}
	w.settled()
	w.answers()
	w.orders = slices.DeleteFunc(w.orders, func(o *order) bool { return o.done })
	for _, o := range w.orders {
		if !slices.ContainsFunc(o.job.Processes, func(name string) bool { return !o.got[name] && w.waits(name, o) }) {
			w.broke("%s: what it waits for has come", o.what)
		}
	}
}

// waits reports whether what a command wants of a process is still to come.
func (w *world) waits(name string, o *order) bool {
	a, l := w.judge.of[name], w.lives[name]
	switch {
	case strings.HasPrefix(o.what, "rolling") && w.judge.suspended:
		return true // for its turn, also where it is no longer there
	case a == nil:
		return false
	case o.wait && !w.judge.stopping:
		return !w.ready(a) && !a.over && !(a.late && w.isUp(a, l) && !a.asked)
	case o.ends, w.judge.stopping:
		return a.running()
	case !a.running():
		return a.wanted && !a.over
	}
	if a.spec.Settings.Ready.Probed() {
		return a.asked || l.phase != alive || a.ready < a.lives && !a.late
	}
	return a.asked || l.phase != alive || time.Since(l.started) < probation
}

// settled is what holds whenever nothing is under way.
func (w *world) settled() {
	j := &w.judge
	if w.mayKill() && !j.killing && !j.idle() {
		w.broke("a kill was asked for and does not happen")
	}
	if len(w.outer) > 0 && !j.stopping && !j.idle() {
		w.broke("a stop was asked for and does not happen")
	}
	down := j.stays
	for name, a := range j.of {
		due := !a.running() && !a.over && !a.restart.IsZero() && !a.restart.After(time.Now())
		if due && !j.stopping && !j.suspended {
			unmet := w.unmet(a)
			if len(unmet) == 0 && !w.portTaken(a.spec) {
				w.broke("%s: was to start, and does not", name)
			}
			if slices.ContainsFunc(unmet, w.hopeless) {
				w.broke("%s: was to be given up, and is not", name)
			}
		}
		heldUp := j.suspended && (j.stopping || a.again) // with the end of the run, or with a restart
		if w.isHeld(a) && !w.endsFirst(a) && !heldUp {
			w.broke("%s: was to stop, and runs on", name)
		}
		down = down || !a.wanted
	}
	if j.idle() && !down {
		select {
		case <-w.sup.Done():
		default:
			w.broke("nothing is left to run, and the run goes on")
		}
	}
}

// looks compares what a snapshot shows with the account.
func (w *world) looks(shot Snapshot) {
	j := &w.judge
	if shot.Suspended != j.suspended || shot.Stopping != j.stopping || len(shot.Processes) != len(j.of) {
		w.broke("%d processes are shown, not %d; suspended %v, stopping %v", len(shot.Processes), len(j.of), shot.Suspended, shot.Stopping)
		return
	}
	for _, v := range shot.Processes {
		a := j.of[v.Process.Name]
		if a == nil || v.Life != a.lives || v.Process.Line != a.spec.Line {
			w.broke("%s: shown in life %d", v.Process.Name, v.Life)
			return
		}
		pid := 0
		if a.running() && a.started {
			pid = 1 + a.lives
		}
		if v.PID != pid {
			w.broke("%s: shown with pid %d, not %d", v.Process.Name, v.PID, pid)
		}
		if v.State == StateReady && a.ready < a.lives {
			w.broke("%s: shown as ready", v.Process.Name)
		}
		running := v.State == StateStarting || v.State == StateRunning || v.State == StateReady || v.State == StateStopping
		due := v.State == StateWaiting || v.State == StateBackingOff
		if running != a.running() || !j.stopping && (due != (!a.running() && !a.over) || (v.State == StateStopped) != (!a.running() && !a.wanted)) {
			w.broke("%s: shown as %s", v.Process.Name, v.State)
		}
	}
}
