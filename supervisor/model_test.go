package supervisor

import (
	"container/heap"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/procfile"

	"golang.org/x/sys/unix"
)

// TestModel lets random worlds happen to a supervisor: processes that start
// late, fail, hang, leave others behind or ignore signals, and signals from
// outside at any moment, often at the same one. Whatever the supervisor does is
// checked against a plain account of what it may do then (see judge).
//
// SUPERVISOR_SEQUENCES is how many worlds, SUPERVISOR_SEED the first's seed.
func TestModel(t *testing.T) {
	sequences, seed := number(t, "SUPERVISOR_SEQUENCES", 20000), number(t, "SUPERVISOR_SEED", 1)
	if testing.Short() {
		sequences = min(sequences, 2000)
	}
	const batch = 500 // worlds in one bubble
	for done := 0; done < sequences && !t.Failed(); done += batch {
		synctest.Test(t, func(t *testing.T) {
			for i := range min(batch, sequences-done) {
				if err := newWorld(uint64(seed + done + i)).run(); err != nil {
					t.Errorf("SUPERVISOR_SEED=%d: %v", seed+done+i, err)
					return
				}
			}
		})
	}
}

func number(t *testing.T, variable string, n int) int {
	if text := os.Getenv(variable); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatalf("%s: %v", variable, err)
		}
	}
	return n
}

// world is one random sequence. Its own goroutine plays the processes and the
// outside, one event after another in the order of their times.
type world struct {
	rng   *rand.Rand
	seed  uint64
	begin time.Time
	sup   *Supervisor
	procs []formation.Process
	when  ExitWhen

	mu     sync.Mutex
	queue  schedule
	wake   chan struct{}
	lives  map[string]*modelLife // the last of each
	sent   []sentSignal          // INT and TERM
	outer  map[CauseKind]bool    // causes that came from outside
	quit   bool
	judge  judge
	trace  []string
	broken error
}

type sentSignal struct{ at time.Time }

// pick returns one of some values.
func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

const (
	ms      = time.Millisecond
	forever = time.Duration(-1)
)

func newWorld(seed uint64) *world {
	rng := rand.New(rand.NewPCG(seed, 0))
	w := &world{
		rng:   rng,
		seed:  seed,
		begin: time.Now(),
		wake:  make(chan struct{}, 1),
		lives: make(map[string]*modelLife),
		outer: make(map[CauseKind]bool),
		when:  pick(rng, ExitWhenAll, ExitWhenAll, ExitWhenFailure, ExitWhenAny),
	}
	w.judge.of = make(map[string]*account)
	for i := range 1 + rng.IntN(4) {
		name := fmt.Sprintf("p%d.1", i)
		if i == 1 && rng.IntN(3) == 0 {
			name = "release.1"
		}
		p := proc(name,
			restarts(pick(rng, never, always, onFailure, thrice)),
			delays(pick(rng, 1*ms, 100*ms), pick(rng, 100*ms, 300*ms, 10*time.Second)),
			timeout(pick(rng, 0, 100*ms, time.Second, 5*time.Second)))
		p.Settings.StopTo = pick(rng, procfile.StopGroup, procfile.StopMain)
		w.procs = append(w.procs, p)
		w.judge.of[name] = &account{spec: p}
	}
	w.sup = New(Options{
		Start:    w.start,
		Notice:   w.notice,
		ExitWhen: w.when,
		Jitter:   func() float64 { return 0.5 },
	})
	return w
}

// run plays the world to its end.
func (w *world) run() error {
	w.outside()
	done := make(chan Result, 1)
	go func() { done <- w.sup.Run(w.procs) }()
	end := time.NewTimer(24 * time.Hour)
	defer end.Stop()
	for {
		next, wait := w.next()
		if next != nil {
			next()
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-w.wake:
		case result := <-done:
			timer.Stop()
			w.mu.Lock()
			defer w.mu.Unlock()
			w.verdict(result)
			return w.report()
		case <-end.C:
			w.mu.Lock()
			defer w.mu.Unlock()
			w.broke("it does not end")
			return w.report()
		}
		timer.Stop()
	}
}

func (w *world) report() error {
	if w.broken == nil {
		return nil
	}
	return fmt.Errorf("%w\n%s", w.broken, strings.Join(w.trace, "\n"))
}

// broke notes the first thing that went wrong.
func (w *world) broke(format string, args ...any) {
	if w.broken == nil {
		w.broken = fmt.Errorf(format, args...)
		w.note("!!! " + w.broken.Error())
	}
}

func (w *world) note(line string) {
	w.trace = append(w.trace, fmt.Sprintf("%v %s", time.Since(w.begin), line))
}

// due is something that is to happen.
type due struct {
	at time.Time
	n  int // order among those of one moment, by chance
	do func()
}

type schedule []due

func (q schedule) Len() int { return len(q) }
func (q schedule) Less(i, j int) bool {
	if c := q[i].at.Compare(q[j].at); c != 0 {
		return c < 0
	}
	return q[i].n < q[j].n
}
func (q schedule) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *schedule) Push(x any)   { *q = append(*q, x.(due)) }
func (q *schedule) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// after schedules f; the lock is held.
func (w *world) after(d time.Duration, f func()) {
	if d == forever {
		return
	}
	heap.Push(&w.queue, due{time.Now().Add(d), int(w.seed*31+uint64(len(w.queue))*17) % 7, f})
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// next returns what is due now, or how long nothing is.
func (w *world) next() (func(), time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return nil, time.Hour
	}
	if wait := time.Until(w.queue[0].at); wait > 0 {
		return nil, wait
	}
	return heap.Pop(&w.queue).(due).do, 0
}

// outside schedules what comes from elsewhere, and in the end what ends every
// run.
func (w *world) outside() {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := time.Duration(0)
	for range w.rng.IntN(6) {
		at += pick(w.rng, 0, 0, 1*ms, 50*ms, 100*ms, 299*ms, 300*ms, time.Second, 5*time.Second, time.Minute)
		w.after(at, w.input(w.rng.IntN(12), w.rng.IntN(2) == 0))
	}
	w.after(at+time.Hour, w.input(0, true))
	w.after(at+2*time.Hour, w.input(0, true))
}

// input is one thing that comes from outside; settled lets all that follows
// from it happen before anything else does.
func (w *world) input(kind int, settled bool) func() {
	signal := func(sig syscall.Signal) func() { return func() { w.sup.Signal(sig, false) } }
	before := func() {}
	var send func()
	switch kind {
	case 0, 1, 2:
		send = signal(pick(w.rng, unix.SIGINT, unix.SIGTERM))
		before = func() {
			w.outer[CauseSignal] = true
			w.sent = append(w.sent, sentSignal{time.Now()})
		}
	case 3:
		send, before = signal(unix.SIGHUP), func() { w.outer[CauseSignal] = true }
	case 4:
		send, before = signal(unix.SIGQUIT), func() { w.outer[CauseSignal], w.quit = true, true }
	case 5:
		send, before = w.sup.FrontGone, func() { w.outer[CauseFrontGone] = true }
	case 6:
		send, before = func() { w.sup.OutputFailed(unix.EPIPE, true) }, func() { w.outer[CauseReader] = true }
	case 7:
		send, before = func() { w.sup.OutputFailed(unix.ENOSPC, false) }, func() { w.outer[CauseOutput] = true }
	case 8, 9:
		send = signal(unix.SIGTSTP)
	case 10:
		send = signal(unix.SIGCONT)
	default:
		send = signal(unix.SIGUSR1)
	}
	return func() {
		w.mu.Lock()
		before()
		w.note(fmt.Sprintf("outside: %d", kind))
		w.mu.Unlock()
		send()
		if settled {
			synctest.Wait()
			w.mu.Lock()
			w.settled()
			w.mu.Unlock()
		}
	}
}

// mayKill reports whether the user asked for a kill.
func (w *world) mayKill() bool {
	n := len(w.sent)
	return w.quit || n > 1 && w.sent[n-1].at.Sub(w.sent[0].at) >= together
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
}

// modelLife is one life of a process, as fate has it.
type modelLife struct {
	w      *world
	name   string
	notify func(process.Event)
	main   bool

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

	// So far.
	phase    lifePhase
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
	w.mayStart(a)
	a.lives++
	// A life's fate depends on nothing but the seed and its number.
	rng := rand.New(rand.NewPCG(w.seed, uint64(p.Name[1])<<32|uint64(a.lives)))
	l := &modelLife{
		w:           w,
		name:        p.Name,
		notify:      notify,
		main:        p.Settings.StopTo == procfile.StopMain,
		startsAfter: pick(rng, 0, 0, 0, 1*ms, 100*ms),
		fails:       rng.IntN(8) == 0,
		lives:       pick(rng, 0, 1*ms, 50*ms, 300*ms, time.Second, 5*time.Second, lasting-1, lasting, forever, forever),
		status:      pick(rng, process.Status{}, process.Status{Code: 3}, process.Status{Signal: unix.SIGSEGV}),
		onStop:      pick(rng, 0, 0, 10*ms, 100*ms, time.Second, forever),
		rest:        rng.IntN(4) == 0,
		escaped:     rng.IntN(2) == 0,
		onRestStop:  pick(rng, 0, 10*ms, 100*ms, time.Second, forever),
		onKill:      pick(rng, 0, 0, 1*ms),
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
		ev = process.Started{PID: 1 + l.w.judge.of[l.name].lives, At: time.Now()}
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
	l.w.mayStop(l.w.judge.of[l.name])
	l.canceled = true
}

func (l *modelLife) Kill() {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.w.note(l.name + " KILL")
	l.w.mayBeKilled(l.w.judge.of[l.name], l)
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
	a := l.w.judge.of[l.name]
	if l.phase != alive && l.phase != zombie {
		if sig == unix.SIGTERM {
			a.signaled(time.Now())
		}
		return errors.New("no such process")
	}
	switch sig {
	case unix.SIGSTOP:
		l.frozen = true
		return nil
	case unix.SIGCONT:
	case unix.SIGTERM:
		l.w.mayStop(a)
		if alone != l.main {
			l.w.broke("%s: the stop signal does not go where the settings say", l.name)
		}
		if a.stopSignals++; a.stopSignals > 1 {
			l.w.broke("%s: got its stop signal twice", l.name)
		}
		a.signaled(time.Now())
		l.told = l.told || !alone
		l.w.after(l.onStop, l.exit)
	case unix.SIGUSR1:
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
	a := l.w.judge.of[l.name]
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

// judge is the plain account of a run.
type judge struct {
	of                           map[string]*account
	stopping, killing, suspended bool
	failure                      int // status of the first final failure
	toStop                       CauseKind
	cause                        CauseKind
	last                         time.Time // when the last thing ended
}

// account is that of one process.
type account struct {
	spec        formation.Process
	lives, ends int
	started     bool // its life was told to have begun
	over        bool // for good
	ok          bool // and with success
	fails, row  int
	restart     time.Time // when; zero: none is due
	held        bool      // a suspension may have put it off
	deadline    time.Time // when KILL is due; zero: none is
	stopSignals int
	restSignals int
	killed      bool
}

func (a *account) running() bool { return a.lives > a.ends }

// signaled sets the deadline of a life, once.
func (a *account) signaled(now time.Time) {
	if a.deadline.IsZero() {
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

func (w *world) mayStart(a *account) {
	j := &w.judge
	switch {
	case a.running():
		w.broke("%s: two lives at once", a.spec.Name)
	case j.stopping || j.toStop != CauseDone:
		w.broke("%s: started in a stop", a.spec.Name)
	case j.suspended:
		w.broke("%s: started while suspended", a.spec.Name)
	case a.over:
		w.broke("%s: started after its end for good", a.spec.Name)
	}
	if a.lives == 0 {
		release := j.of["release.1"]
		if release != nil && release != a && !release.ok {
			w.broke("%s: started before the release step succeeded", a.spec.Name)
		}
	} else if late := time.Since(a.restart); a.restart.IsZero() || late < 0 || late > 0 && !a.held {
		w.broke("%s: restarted %v late", a.spec.Name, late)
	}
	a.restart, a.deadline = time.Time{}, time.Time{}
	a.held, a.started, a.killed = false, false, false
	a.stopSignals, a.restSignals = 0, 0
}

func (w *world) mayStop(a *account) {
	if !w.judge.stopping {
		w.broke("%s: stopped, and nobody asked for it", a.spec.Name)
	}
	if !a.running() {
		w.broke("%s: stopped, and does not run", a.spec.Name)
	}
}

func (w *world) mayBeKilled(a *account, l *modelLife) {
	switch {
	case !a.running():
		w.broke("%s: killed, and does not run", a.spec.Name)
	case a.killed:
		w.broke("%s: killed twice", a.spec.Name)
	case w.judge.killing:
	case w.judge.suspended:
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
	case Ended:
		w.ended(n)
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
		j.last = time.Now()
	case KillingAll:
		if j.killing || !w.mayKill() {
			w.broke("killed, and nobody asked for it")
		}
		j.killing = true
	case Suspended, Resumed:
		_, j.suspended = n.(Suspended)
		for name, l := range w.lives {
			a := j.of[name]
			if a.running() && a.started && (l.phase == alive || l.phase == zombie) && l.frozen != j.suspended {
				w.broke("%s: frozen %v", name, l.frozen)
			}
			if j.suspended {
				continue
			}
			a.held = !a.restart.IsZero()
			if !a.deadline.IsZero() && !a.killed {
				a.deadline = time.Now().Add(a.spec.Settings.StopTimeout)
			}
		}
	}
}

// ended judges one end, by the restart policy in other words than step's.
func (w *world) ended(n Ended) {
	j := &w.judge
	a, l := j.of[n.Process.Name], w.lives[n.Process.Name]
	a.ends++
	j.last = time.Now()
	if l.phase != dead || n.Life != a.lives || a.ends != a.lives || n.Status != l.status || n.Lived != l.lived {
		w.broke("%s: an end that is none: %+v", n.Process.Name, l)
	}
	if n.Asked != j.stopping {
		w.broke("%s: asked %v", n.Process.Name, n.Asked)
	}
	if j.stopping {
		if n.Restart || n.GaveUp {
			w.broke("%s: what follows a stop", n.Process.Name)
		}
		return
	}
	set := a.spec.Settings
	if l.lived >= lasting {
		a.fails, a.row = 0, 0
	}
	if ok := l.status.OK(); ok {
		a.fails = 0
	} else {
		a.fails++
	}
	again := false
	switch {
	case a.spec.Release():
	case set.Restart == always:
		again = true
	case set.Restart == onFailure:
		again = a.fails > 0
	case set.Restart == thrice:
		again = a.fails == 1 || a.fails == 2
	}
	if n.Restart != again || n.GaveUp != (!again && a.fails == 3) {
		w.broke("%s: restart %v, gave up %v after %d failures", n.Process.Name, n.Restart, n.GaveUp, a.fails)
	}
	if again {
		a.row++
		in := min(set.RestartDelay.Min<<(a.row-1), set.RestartDelay.Max)
		if a.row > 30 {
			in = set.RestartDelay.Max
		}
		if n.In != in || n.Nth != a.row {
			w.broke("%s: restart %d in %v, want %d in %v", n.Process.Name, n.Nth, n.In, a.row, in)
		}
		a.restart, a.held = time.Now().Add(in), j.suspended
		return
	}
	a.over, a.ok = true, l.status.OK()
	if !a.ok && j.failure == 0 {
		j.failure = l.status.Shell()
	}
	switch {
	case a.spec.Release():
		if !a.ok {
			j.toStop = CauseRelease
		}
	case w.when == ExitWhenAny, w.when == ExitWhenFailure && !a.ok:
		j.toStop = CauseEnd
	}
}

// verdict judges the end of the run.
func (w *world) verdict(r Result) {
	j := &w.judge
	for name, a := range j.of {
		if a.running() {
			w.broke("%s: runs after the run", name)
		}
		if !a.over && !j.stopping {
			w.broke("%s: was still to run", name)
		}
	}
	if late := time.Since(j.last); late != 0 {
		w.broke("the run ended %v after its last process", late)
	}
	if r.Cause.Kind != j.cause {
		w.broke("cause %d, want %d", r.Cause.Kind, j.cause)
	}
	want := j.failure
	switch j.cause {
	case CauseSignal, CauseFrontGone:
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
}
