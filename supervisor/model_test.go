package supervisor

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"os"
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
	// blocks: a start may have to wait for another process.
	blocks bool
	quiet  bool // nothing is under way

	mu     sync.Mutex
	queue  schedule
	wake   chan struct{}
	lives  map[string]*modelLife // the last of each
	sent   []sentSignal          // INT and TERM
	outer  map[CauseKind]bool    // causes that came from outside
	quit   bool
	coming []formation.Process // that a reconciling asks for
	orders []*order
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
	ported := rng.IntN(2) == 0
	for i := range 1 + rng.IntN(4) {
		name := []string{"p0.1", "p0.2", "p1.1", "p2.1"}[i]
		if i == 1 && rng.IntN(3) == 0 {
			name, w.blocks = "release.1", true
		}
		p := proc(name,
			restarts(pick(rng, never, always, onFailure, thrice)),
			delays(pick(rng, 1*ms, 100*ms), pick(rng, 100*ms, 300*ms, 10*time.Second)),
			timeout(pick(rng, 0, 100*ms, time.Second, 5*time.Second)))
		p.Settings.StopTo = pick(rng, procfile.StopGroup, procfile.StopMain)
		w.orderly(&p)
		if ported {
			p.Port, w.blocks = 5000+i, true
		}
		w.procs = append(w.procs, p)
		w.judge.of[name] = newAccount(p)
	}
	w.sup = New(Options{
		Start:    w.start,
		Notice:   w.notice,
		ExitWhen: w.when,
		Jitter:   func() float64 { return 0.5 },

		Probe:       w.probe,
		StopCommand: w.stopCommand,
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
	for range w.rng.IntN(8) {
		at += pick(w.rng, 0, 0, 1*ms, 50*ms, 100*ms, probation, 299*ms, 300*ms, time.Second, 5*time.Second, time.Minute)
		settled := w.rng.IntN(2) == 0
		if w.rng.IntN(3) > 0 {
			w.after(at, w.command(settled))
		} else {
			w.after(at, w.input(w.rng.IntN(12), settled))
		}
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
			w.settle()
		}
	}
}

// mayKill reports whether the user asked for a kill.
func (w *world) mayKill() bool {
	n := len(w.sent)
	return w.quit || n > 1 && w.sent[n-1].at.Sub(w.sent[0].at) >= process.Together
}
