package supervisor

import (
	"slices"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/procfile"
)

// judge is the plain account of a run.
type judge struct {
	of                           map[string]*account
	stopping, killing, suspended bool
	stays                        bool // what became inactive last did so by command
	failure                      int  // status of the first final failure
	toStop                       CauseKind
	cause                        CauseKind
	last                         time.Time // when the last thing ended
}

// account is that of one process.
type account struct {
	spec        formation.Process
	ran         formation.Process // what its life was started with
	wanted      bool              // it was asked to run, and not asked to end since
	leaving     bool              // it is no longer in the formation once it has ended
	lives, ends int
	started     bool // its life was told to have begun
	asked       bool // its life is to end by command
	again       bool // and another to follow
	over        bool // for good, or until somebody asks for it
	ok          bool // it once ended with success
	ready       int  // the last life that was ready
	late        bool // its life was told not to be ready in time
	command     int  // the last life whose stop-command was begun
	asking      bool // that runs
	wasUp       bool // it was running when it was to end
	fails, row  int
	restart     time.Time // when it is to start; zero: never
	held        bool      // something may have put that off
	frozen      bool
	deadline    time.Time // when KILL is due; zero: none is
	killing     bool      // by command
	stopSignals int
	restSignals int
	killed      bool
}

func newAccount(p formation.Process) *account {
	return &account{spec: p, wanted: true, restart: time.Now()}
}

func (a *account) running() bool { return a.lives > a.ends }

// active reports whether something is still to come of it.
func (a *account) active() bool { return a.running() || !a.over }

// signaled sets the deadline of a life, once: the stop-command has its own time.
func (a *account) signaled(now time.Time) {
	if a.deadline.IsZero() && !a.asking {
		a.deadline = now.Add(a.spec.Settings.StopTimeout)
	}
}

// idle reports whether nothing is still to come.
func (j *judge) idle() bool {
	for _, a := range j.of {
		if a.running() || !a.over && !j.stopping {
			return false
		}
	}
	return true
}

func (w *world) mayStart(a *account, p formation.Process) {
	j := &w.judge
	switch {
	case a.running():
		w.broke("%s: two lives at once", p.Name)
	case j.stopping || j.toStop != CauseDone:
		w.broke("%s: started in a stop", p.Name)
	case j.suspended:
		w.broke("%s: started while suspended", p.Name)
	case a.over:
		w.broke("%s: started after its end for good", p.Name)
	case !a.wanted:
		w.broke("%s: started, and nobody wants it", p.Name)
	case p.Line != a.spec.Line || p.Port != a.spec.Port:
		w.broke("%s: started as it no longer is", p.Name)
	case len(w.unmet(a)) > 0:
		w.broke("%s: started before %s is ready", p.Name, w.unmet(a)[0].spec.Name)
	case w.portTaken(p):
		w.broke("%s: started on a port that another has", p.Name)
	}
	if late := time.Since(a.restart); a.restart.IsZero() || late < 0 || late > 0 && !a.held && !w.blocks {
		w.broke("%s: started %v late", p.Name, late)
	}
	a.restart, a.deadline, a.ran = time.Time{}, time.Time{}, p
	a.held, a.started, a.killed, a.frozen = false, false, false, false
	a.asked, a.again, a.killing, a.wasUp, a.late, a.asking = false, false, false, false, false, false
	a.stopSignals, a.restSignals = 0, 0
}

// portTaken reports whether a life that is not over has the port.
func (w *world) portTaken(p formation.Process) bool {
	for name, l := range w.lives {
		if name != p.Name && p.Port != 0 && l.port == p.Port && l.a.running() {
			return true
		}
	}
	return false
}

func (w *world) mayStop(a *account) {
	if !w.judge.stopping && !a.asked {
		w.broke("%s: stopped, and nobody asked for it", a.spec.Name)
	}
	if !a.running() {
		w.broke("%s: stopped, and does not run", a.spec.Name)
	}
}

func (w *world) mayBeKilled(a *account) {
	switch {
	case !a.running():
		w.broke("%s: killed, and does not run", a.spec.Name)
	case a.killed:
		w.broke("%s: killed twice", a.spec.Name)
	case w.judge.killing, a.killing:
	case a.frozen:
		w.broke("%s: killed while suspended", a.spec.Name)
	case !a.deadline.Equal(time.Now()):
		w.broke("%s: killed %v after its deadline", a.spec.Name, time.Since(a.deadline))
	}
	a.killed = true
}

// notice judges what the supervisor says.
func (w *world) notice(n Notice) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note("- " + words(n))
	j := &w.judge
	switch n := n.(type) {
	case Started:
		a := j.of[n.Process.Name]
		if a.started || !a.running() || n.Life != a.lives || n.PID != 1+a.lives {
			w.broke("%s: a start that is none", n.Process.Name)
		}
		a.started = true
		if !a.asked && !j.stopping && !a.spec.Settings.Ready.Probed() && a.spec.Settings.Ready != procfile.ReadyExit {
			a.ready = a.lives
		}
	case Ready:
		w.becameReady(n)
	case NotReady:
		a := j.of[n.Process.Name]
		if a.late = true; !a.running() || a.ready == a.lives || n.After < a.spec.Settings.ReadyTimeout {
			w.broke("%s: not ready after %v", n.Process.Name, n.After)
		}
	case Unmet:
		w.gaveUp(n)
	case RestartedWith:
		a := j.of[n.Process.Name]
		if !slices.Contains(a.spec.Settings.RestartWith, n.With.Process.Type) || !a.wanted || a.running() && a.asked && !a.again {
			w.broke("%s: restarted with %s", n.Process.Name, n.With.Process.Name)
		}
		w.commanded(OpRestart, a)
	case Ended:
		w.ended(n)
	case Commanded:
		for _, p := range n.Processes {
			w.commanded(n.Op, j.of[p.Process.Name])
		}
	case Reconciled:
		w.reconciled(n.Changes)
	case Stopping:
		if j.stopping {
			w.broke("stopped twice")
		}
		if kind := n.Cause.Kind; kind != j.toStop && !w.outer[kind] {
			w.broke("stopped without a cause")
		}
		if j.toStop != CauseDone && n.Cause.Kind != j.toStop {
			w.broke("stopped for another cause than the first")
		}
		j.stopping, j.cause = true, n.Cause.Kind
		for name, a := range j.of {
			a.wasUp = a.wasUp || w.isUp(a, w.lives[name])
		}
		j.last = time.Now()
	case KillingAll:
		if j.killing || !w.mayKill() {
			w.broke("killed, and nobody asked for it")
		}
		j.killing = true
	case Suspended, Resumed:
		_, j.suspended = n.(Suspended)
		w.suspension()
	}
}

// suspension judges that every tree was stopped that does not end by command, or
// goes on.
func (w *world) suspension() {
	j := &w.judge
	for name, a := range j.of {
		l := w.lives[name]
		still := j.suspended && (j.stopping || !a.asked || a.again)
		if a.running() && a.started && (l.phase == alive || l.phase == zombie) && l.frozen != still {
			w.broke("%s: frozen %v", name, l.frozen)
		}
		if j.suspended {
			continue
		}
		a.held = !a.restart.IsZero()
		a.thawed()
	}
}

// thawed begins the time for a stop anew: it could not end.
func (a *account) thawed() {
	if a.frozen && !a.deadline.IsZero() && !a.killed {
		a.deadline = time.Now().Add(a.spec.Settings.StopTimeout)
	}
	a.frozen = false
}

// ended judges one end.
func (w *world) ended(n Ended) {
	j := &w.judge
	a, l := j.of[n.Process.Name], w.lives[n.Process.Name]
	a.ends++
	j.last = time.Now()
	if l.phase != dead || n.Life != a.lives || a.ends != a.lives || n.Status != l.status || n.Lived != l.lived {
		w.broke("%s: an end that is none: %+v", n.Process.Name, l)
	}
	if n.Lives {
		w.broke("%s: said to live on", n.Process.Name)
	}
	if n.Asked != (j.stopping || a.asked) {
		w.broke("%s: asked %v", n.Process.Name, n.Asked)
	}
	switch {
	case j.stopping:
		if n.Restart || n.GaveUp {
			w.broke("%s: what follows a stop", n.Process.Name)
		}
		a.down()
	case a.asked:
		if n.Restart != a.again || n.Nth > 0 || n.In > 0 || n.GaveUp {
			w.broke("%s: what follows a command", n.Process.Name)
		}
		a.fails, a.row = 0, 0
		if a.restart = time.Now(); !a.again {
			a.down()
		}
	default:
		w.endedByItself(n, a, l.status, l.lived)
	}
	w.became(a)
}

// down is the end of what nobody wants any more.
func (a *account) down() { a.over, a.restart = true, time.Time{} }

// became notes what it means for the run that a process may be inactive now.
func (w *world) became(a *account) {
	if !a.active() {
		w.judge.stays = !a.wanted
		if a.leaving {
			delete(w.judge.of, a.spec.Name)
		}
	}
}

// endedByItself judges by the restart policy, in other words than step's.
func (w *world) endedByItself(n Ended, a *account, status process.Status, lived time.Duration) {
	j, set := &w.judge, a.spec.Settings
	if lived >= lasting {
		a.fails, a.row = 0, 0
	}
	if status.OK() {
		a.fails = 0
	} else {
		a.fails++
	}
	again := false
	switch {
	case a.spec.Release():
	case set.Restart == always:
		again = !status.OK() || set.Ready != procfile.ReadyExit
	case set.Restart == onFailure:
		again = a.fails > 0
	case set.Restart == thrice:
		again = a.fails == 1 || a.fails == 2
	}
	if n.Restart != again || n.GaveUp != (!again && a.fails > 1) {
		w.broke("%s: restart %v, gave up %v after %d failures", n.Process.Name, n.Restart, n.GaveUp, a.fails)
	}
	if again {
		a.row++
		in := set.RestartDelay.Max
		if a.row <= 30 {
			in = min(set.RestartDelay.Min<<(a.row-1), in)
		}
		if n.In != in || n.Nth != a.row {
			w.broke("%s: restart %d in %v, want %d in %v", n.Process.Name, n.Nth, n.In, a.row, in)
		}
		a.restart, a.held = time.Now().Add(in), j.suspended
		return
	}
	first := a.spec.Release() && !a.ok
	a.down()
	a.ok = a.ok || status.OK()
	if status.OK() && set.Ready == procfile.ReadyExit {
		a.ready = a.lives
	}
	if !status.OK() && j.failure == 0 {
		j.failure = status.Shell()
	}
	switch {
	case a.spec.Release():
		if first && !status.OK() {
			j.toStop = CauseRelease
		}
	case status.OK() && set.Ready == procfile.ReadyExit:
	case w.when == ExitWhenAny, w.when == ExitWhenFailure && !status.OK():
		j.toStop = CauseEnd
	}
}

// verdict judges the end of the run.
func (w *world) verdict(r Result) {
	j := &w.judge
	for name, a := range j.of {
		switch {
		case a.running():
			w.broke("%s: runs after the run", name)
		case j.stopping:
		case !a.over:
			w.broke("%s: was still to run", name)
		case !a.wanted:
			w.broke("%s: was stopped by command, and the run ended", name)
		}
	}
	if j.stays && !j.stopping {
		w.broke("the run ended by a command that does not end it")
	}
	if late := time.Since(j.last); late != 0 {
		w.broke("the run ended %v after its last process", late)
	}
	if r.Cause.Kind != j.cause {
		w.broke("cause %d, want %d", r.Cause.Kind, j.cause)
	}
	want := j.failure
	switch j.cause {
	case CauseSignal, CauseFrontGone, CauseCommand:
		want = 0
	case CauseReader:
		want = 141
	case CauseOutput:
		want = 1
	}
	if got := r.Status(); got != want {
		w.broke("status %d, want %d", got, want)
	}
	if slices.Contains([]CauseKind{CauseEnd, CauseRelease}, j.toStop) && !j.stopping {
		w.broke("no stop after the end that asks for one")
	}
	w.answers()
	for _, o := range w.orders {
		if !o.done {
			w.broke("%s got no answer", o.what)
		}
	}
}
