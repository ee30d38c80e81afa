package supervisor

import (
	"errors"
	"math/rand/v2"
	"syscall"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/procfile"

	"golang.org/x/sys/unix"
)

// modelLife is one life of a process, as fate has it.
type modelLife struct {
	w      *world
	a      *account
	name   string
	port   int
	notify func(process.Event)

	// Fate; forever is never.
	startsAfter time.Duration
	fails       bool // it cannot be started
	lives       time.Duration
	status      process.Status
	onStop      time.Duration
	rest        bool // it leaves a process behind
	escaped     bool // which left the group
	onRestStop  time.Duration
	onKill      time.Duration
	readyAfter  time.Duration
	onCommand   time.Duration // how long its stop-command takes

	// So far.
	phase    lifePhase
	found    bool // its probe found it ready
	started  time.Time
	lived    time.Duration
	canceled bool
	killed   bool
	frozen   bool
	told     bool // the group got the stop signal
	overdue  []func()
}

type lifePhase int

const (
	pending lifePhase = iota
	alive
	zombie
	dead
)

func (w *world) start(p formation.Process, notify func(process.Event)) Process {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.judge.of[p.Name]
	w.note(p.Name + " START")
	w.mayStart(a, p)
	a.lives++
	// A life's fate depends on nothing but the seed and its number.
	rng := rand.New(rand.NewPCG(w.seed, uint64(p.Name[1])<<40|uint64(p.Name[3])<<32|uint64(a.lives)))
	l := &modelLife{
		w:           w,
		a:           a,
		name:        p.Name,
		port:        p.Port,
		notify:      notify,
		startsAfter: pick(rng, 0, 0, 0, 1*ms, 100*ms),
		fails:       rng.IntN(8) == 0,
		lives:       pick(rng, 0, 1*ms, 50*ms, 300*ms, time.Second, 5*time.Second, lasting-1, lasting, forever, forever),
		status:      pick(rng, process.Status{}, process.Status{Code: 3}, process.Status{Signal: unix.SIGSEGV}),
		onStop:      pick(rng, 0, 0, 10*ms, 100*ms, time.Second, forever),
		rest:        rng.IntN(4) == 0,
		escaped:     rng.IntN(2) == 0,
		onRestStop:  pick(rng, 0, 10*ms, 100*ms, time.Second, forever),
		onKill:      pick(rng, 0, 0, 1*ms),
		readyAfter:  pick(rng, 0, 1*ms, 50*ms, time.Second, 2*time.Minute, forever),
		onCommand:   pick(rng, 0, 0, 10*ms, time.Minute),
	}
	w.lives[p.Name] = l
	w.after(l.startsAfter, l.begin)
	return l
}

// begin starts the program, or does not.
func (l *modelLife) begin() {
	l.w.mu.Lock()
	var ev process.Event
	switch {
	case l.canceled:
		l.phase = dead
		l.status = process.Status{}
		ev = process.NotStarted{Err: errors.New("canceled"), Canceled: true}
	case l.fails:
		l.phase = dead
		l.status = process.Status{Code: 127}
		ev = process.NotStarted{Err: errNotFound, Status: l.status}
	default:
		l.phase, l.started = alive, time.Now()
		ev = process.Started{PID: 1 + l.a.lives, At: time.Now()}
		l.w.after(l.lives, l.exit)
	}
	l.w.mu.Unlock()
	l.notify(ev)
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	if l.killed && l.phase == alive {
		l.w.after(l.onKill, l.exit)
	}
}

// exit ends the first process.
func (l *modelLife) exit() {
	l.w.mu.Lock()
	if l.phase != alive || l.isFrozen(l.exit) {
		l.w.mu.Unlock()
		return
	}
	l.phase, l.lived = zombie, time.Since(l.started)
	status, rest := l.status, l.rest
	l.w.mu.Unlock()
	l.notify(process.Exited{Status: status})
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	switch {
	case !rest || l.killed:
		l.w.after(0, l.gone)
	default:
		l.w.after(0, l.left)
		if l.told && !l.escaped {
			l.w.after(l.onRestStop, l.gone)
		}
	}
}

// left tells of what was left behind, if it still lives.
func (l *modelLife) left() {
	l.w.mu.Lock()
	lives := l.phase == zombie
	l.w.mu.Unlock()
	if lives {
		l.notify(process.Left{Members: []process.Member{{PID: 9, Command: "rest", Escaped: l.escaped}}})
	}
}

// gone ends what is left of the tree.
func (l *modelLife) gone() {
	l.w.mu.Lock()
	if l.phase != zombie || l.rest && l.isFrozen(l.gone) {
		l.w.mu.Unlock()
		return
	}
	l.phase = dead
	l.w.mu.Unlock()
	l.notify(process.Gone{})
}

// isFrozen puts f off until the process is continued.
func (l *modelLife) isFrozen(f func()) bool {
	if l.frozen && !l.killed {
		l.overdue = append(l.overdue, f)
		return true
	}
	return false
}

func (l *modelLife) thaw() {
	l.frozen = false
	for _, f := range l.overdue {
		l.w.after(0, f)
	}
	l.overdue = nil
}

func (l *modelLife) Cancel() {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.w.note(l.name + " CANCEL")
	l.w.mayStop(l.a)
	l.canceled = true
}

func (l *modelLife) Kill() {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.w.note(l.name + " KILL")
	l.w.mayBeKilled(l.a)
	l.killed, l.canceled = true, true
	switch l.phase {
	case alive:
		l.w.after(l.onKill, l.exit)
	case zombie:
		l.w.after(l.onKill, l.gone)
	}
}

func (l *modelLife) Signal(sig syscall.Signal) error {
	return l.signal(sig, true)
}

func (l *modelLife) SignalGroup(sig syscall.Signal) error {
	return l.signal(sig, false)
}

func (l *modelLife) signal(sig syscall.Signal, alone bool) error {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.w.note(l.name + " " + name(sig))
	a := l.a
	if l.phase != alive && l.phase != zombie {
		if sig == unix.SIGTERM {
			a.signaled(time.Now())
		}
		return errors.New("no such process")
	}
	switch sig {
	case unix.SIGSTOP:
		l.frozen, a.frozen = true, true
		return nil
	case unix.SIGCONT:
	case unix.SIGTERM:
		l.w.mayStop(a)
		l.w.inOrder(a)
		if a.frozen {
			l.w.broke("%s: the stop signal continues it", l.name)
		}
		if main := a.spec.Settings.StopTo == procfile.StopMain; alone != main {
			l.w.broke("%s: the stop signal does not go where the settings say", l.name)
		}
		if a.stopSignals++; a.stopSignals > 1 {
			l.w.broke("%s: got its stop signal twice", l.name)
		}
		a.signaled(time.Now())
		l.told = l.told || !alone
		l.w.after(l.onStop, l.exit)
	case unix.SIGUSR1, unix.SIGUSR2:
		if l.w.judge.suspended {
			l.w.broke("%s: a forwarded signal continues it", l.name)
		}
	}
	l.thaw()
	return nil
}

func (l *modelLife) SignalRest(sig syscall.Signal, elsewhere bool) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	if sig != unix.SIGTERM {
		return // goes with SignalGroup
	}
	l.w.note(l.name + " TERM to the rest")
	a := l.a
	a.signaled(time.Now())
	if a.restSignals++; a.restSignals > 1 {
		l.w.broke("%s: its rest got the stop signal twice", l.name)
	}
	if elsewhere && !l.told {
		l.w.broke("%s: its group never got the stop signal", l.name)
	}
	if l.phase == zombie && (!elsewhere || l.escaped) {
		l.w.after(l.onRestStop, l.gone)
	}
}
