package supervisor

import (
	"slices"
	"time"

	"ganger/formation"
	"ganger/procfile"
)

// orderly lets a process need others, be ready in some way, and so on.
func (w *world) orderly(p *formation.Process) {
	set := &p.Settings
	earlier := map[string][]string{"p1": {"p0"}, "p2": {"p0", "p1"}, "release": {"p0"}}[p.Type]
	for _, typ := range earlier {
		if w.rng.IntN(3) == 0 {
			set.Needs, w.blocks = append(set.Needs, typ), true
		}
		if w.rng.IntN(4) == 0 && !p.Release() {
			set.RestartWith = append(set.RestartWith, typ)
		}
	}
	set.Ready = pick(w.rng, procfile.ReadyStarted, procfile.ReadyStarted, "port", procfile.ReadyExit)
	if w.rng.IntN(4) == 0 {
		set.StopCommand = "stop it"
	}
}

// probe finds a life ready when fate says.
func (w *world) probe(p formation.Process, pid int, tell func(Readiness)) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.lives[p.Name]
	if pid != 1+l.a.lives {
		w.broke("%s: looked at as pid %d", p.Name, pid)
	}
	stopped := false
	w.after(0, func() { tell(Readiness{Seen: "nothing"}) })
	w.after(l.readyAfter, func() {
		w.mu.Lock()
		is := l.phase == alive && !stopped
		l.found = l.found || is
		w.mu.Unlock()
		tell(Readiness{Ready: is})
	})
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		stopped = true
	}
}

// stopCommand runs for as long as fate says.
func (w *world) stopCommand(p formation.Process, done func()) (cancel func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note(p.Name + " RUN " + p.Settings.StopCommand)
	l := w.lives[p.Name]
	w.mayStop(l.a)
	w.inOrder(l.a)
	if l.a.command == l.a.lives {
		w.broke("%s: its stop-command is run twice", p.Name)
	}
	l.a.command, l.a.asking = l.a.lives, true
	life := l.a.lives
	w.after(l.onCommand, func() {
		w.mu.Lock()
		if l.a.lives == life {
			l.a.asking = false
			l.a.signaled(time.Now()) // also what has left something behind meanwhile
		}
		w.mu.Unlock()
		done()
	})
	return func() {}
}

// needed are the processes that have to be ready before a starts.
func (w *world) needed(a *account) []*account {
	var all []*account
	for _, x := range w.judge.of {
		if !x.leaving && (slices.Contains(a.spec.Settings.Needs, x.spec.Type) || x.spec.Release() && !w.precedes(a, x)) {
			all = append(all, x)
		}
	}
	return all
}

// precedes reports whether the release step waits for a, or is a.
func (w *world) precedes(a, release *account) bool {
	if a == release {
		return true
	}
	for _, x := range w.judge.of {
		if !x.leaving && slices.Contains(x.spec.Settings.Needs, a.spec.Type) && w.precedes(x, release) {
			return true
		}
	}
	return false
}

func (w *world) unmet(a *account) []*account { return slices.DeleteFunc(w.needed(a), w.ready) }

// ready reports whether those that need a may start.
func (w *world) ready(a *account) bool {
	is := a.ready == a.lives && a.lives > 0 && (a.running() || a.over)
	switch {
	case a.spec.Release():
		return a.ok
	case a.spec.Settings.Ready == procfile.ReadyExit:
		return is && !a.running()
	case a.running():
		// The supervisor may not have heard of its end yet.
		ended := w.quiet && w.lives[a.spec.Name].phase != alive
		return is && !ended && !a.asked && !w.judge.stopping
	}
	return is && a.over && a.wanted && w.lives[a.spec.Name].status.OK()
}

// hopeless reports whether a will not be ready unless somebody asks for it.
func (w *world) hopeless(a *account) bool { return a.over && a.wanted && !w.ready(a) }

func (w *world) becameReady(n Ready) {
	a, l := w.judge.of[n.Process.Name], w.lives[n.Process.Name]
	if !a.running() || n.Life != a.lives || !l.found || a.ready == a.lives {
		w.broke("%s: said to be ready", n.Process.Name)
	}
	a.ready = a.lives
}

// gaveUp judges that what waits for something that will never be is given up.
func (w *world) gaveUp(n Unmet) {
	j := &w.judge
	a := j.of[n.Process.Name]
	if a.running() || a.over || !slices.ContainsFunc(w.unmet(a), func(x *account) bool {
		return w.hopeless(x) && x.spec.Name == n.Needed.Process.Name
	}) {
		w.broke("%s: given up for %s", n.Process.Name, n.Needed.Process.Name)
	}
	a.down()
	a.ready = 0
	j.last = time.Now()
	if j.failure == 0 {
		j.failure = 1
	}
	switch {
	case a.spec.Release():
		if !a.ok {
			j.toStop = CauseRelease
		}
	case w.when != ExitWhenAll:
		j.toStop = CauseEnd
	}
	w.became(a)
}

// isUp reports whether the supervisor takes a life for running.
func (w *world) isUp(a *account, l *modelLife) bool {
	return a.running() && a.started && l.phase == alive
}

// isHeld reports whether a is to end and has not been told yet.
func (w *world) isHeld(a *account) bool {
	return a.asked && w.isUp(a, w.lives[a.spec.Name]) && a.deadline.IsZero() && a.command < a.lives && !a.killed
}

// endsFirst reports whether something that needs a is to end before it.
func (w *world) endsFirst(a *account) bool {
	for _, x := range w.judge.of {
		ends := x.running() && (w.judge.stopping || x.asked)
		if ends && slices.Contains(x.spec.Settings.Needs, a.spec.Type) {
			return true
		}
	}
	return false
}

// inOrder judges the moment at which the end of a begins.
func (w *world) inOrder(a *account) {
	if a.command < a.lives && a.wasUp && w.endsFirst(a) {
		w.broke("%s: stopped before those that need it", a.spec.Name)
	}
}
