package process

import (
	"bufio"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// exhaust takes all descriptors that are to be had. free gives back some of them.
func exhaust(t *testing.T) (free func(n int)) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, nil, &before); err != nil {
		t.Fatal(err)
	}
	now := before
	now.Cur = 256 // enough for what is open, and soon taken
	if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, &now, nil); err != nil {
		t.Fatal(err)
	}
	var taken []int
	free = func(n int) {
		for ; n > 0 && len(taken) > 0; n-- {
			_ = unix.Close(taken[len(taken)-1])
			taken = taken[:len(taken)-1]
		}
	}
	t.Cleanup(func() {
		free(len(taken))
		_ = unix.Prlimit(0, unix.RLIMIT_NOFILE, &before, nil)
	})
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == unix.EMFILE {
			return free
		}
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, fd)
	}
}

// dropReserve lets another have the reserve, too.
func dropReserve(t *testing.T) {
	t.Helper()
	reserve.mu.Lock()
	defer reserve.mu.Unlock()
	kept := reserve.kept
	reserve.kept = nil
	t.Cleanup(func() {
		for _, fd := range kept {
			_ = unix.Close(fd)
		}
	})
}

// holding starts a process whose output stays open: its end gives no descriptor
// back.
func (b *bed) holding(part string) *run {
	r := &run{t: b.t, events: make(chan Event, 100), lines: make(chan string, 100)}
	r.p = b.k.Start(b.spec(part), func(e Event) {
		if s, ok := e.(Started); ok {
			b.t.Cleanup(func() { s.Stdout.Close() })
			go func() {
				for lines := bufio.NewScanner(s.Stdout); lines.Scan(); {
					r.lines <- lines.Text()
				}
			}()
		}
		r.events <- e
	})
	r.ready()
	return r
}

// missedMore waits until more looks have failed than those.
func missedMore(t *testing.T, than uint64) {
	t.Helper()
	for end := time.Now().Add(patience); missed.Load() <= than; runtimeYield() {
		if time.Now().After(end) {
			t.Fatal("no look failed")
		}
	}
}

// Where no descriptor is left those are still found that a first process leaves.
func TestLookWithoutDescriptors(t *testing.T) {
	b := newBed(t)
	r := b.holding("escape setsid stubborn")
	exhaust(t)
	_ = r.p.Signal(unix.SIGKILL)
	until[Exited](r)
	if left, is := r.event().(Left); !is || len(left.Members) != 1 {
		t.Errorf("after Exited came %+v, want the one that is left", left)
	}
	r.p.Kill()
	until[Gone](r)
	if left := marked(b.mark); len(left) != 0 {
		t.Errorf("alive after Gone: %v", left)
	}
}

// A look that fails says nothing: it is repeated.
func TestFailedLookIsRepeated(t *testing.T) {
	b := newBed(t)
	r := b.holding("escape setsid stubborn")
	free := exhaust(t)
	dropReserve(t)
	before := missed.Load()
	_ = r.p.Signal(unix.SIGKILL)
	until[Exited](r)
	missedMore(t, before)
	free(reserveSize + 2)
	if e, is := r.event().(Left); !is || len(e.Members) != 1 {
		t.Errorf("after Exited came %+v, want the one that is left", e)
	}
	r.p.Kill()
	until[Gone](r)
}

// sweepBlind has the Keeper end what nobody claims, while there is no descriptor
// to look for it with. It says who was swept.
func (b *bed) sweepBlind(plays string, timeout time.Duration) (swept chan []Member, free func(n int)) {
	b.t.Helper()
	r := b.holding("escape bare:" + plays + " stubborn")
	b.k.mu.Lock()
	r.p.claimed = true // what it leaves is nobody's
	b.k.mu.Unlock()
	_ = r.p.Signal(unix.SIGKILL)
	until[Gone](r)
	free = exhaust(b.t)
	dropReserve(b.t)
	before := missed.Load()
	swept = make(chan []Member, 1)
	k := b.k
	b.k = nil
	go func() {
		strays, _ := k.Close(timeout, nil, nil)
		swept <- strays
	}()
	missedMore(b.t, before+20) // it looks again and again
	return swept, free
}

// So is one of the sweep, at the end of all.
func TestFailedSweepIsRepeated(t *testing.T) {
	swept, free := newBed(t).sweepBlind("stubborn", 0)
	free(reserveSize + 2)
	if strays := <-swept; len(strays) != 1 {
		t.Errorf("swept %+v, want one", strays)
	}
}

// A signal that found nobody for want of descriptors comes when there are some.
func TestSignalIsKeptForWhoWasNotSeen(t *testing.T) {
	b := newBed(t)
	r := b.holding("escape setsid:sleep stubborn")
	free := exhaust(t)
	dropReserve(t)
	before := missed.Load()
	r.p.SignalRest(unix.SIGTERM, false)
	missedMore(t, before)
	free(reserveSize + 2)
	for end := time.Now().Add(patience); len(marked(b.mark)) > 1; runtimeYield() {
		if time.Now().After(end) {
			t.Fatal("it has not come")
		}
	}
	r.p.Kill()
	until[Gone](r)
}

// Signals that are kept come in their order: who was to stop and to go on, goes on.
func TestKeptSignalsKeepTheirOrder(t *testing.T) {
	b := newBed(t)
	r := b.holding("escape setsid:sleep stubborn")
	left := slices.DeleteFunc(marked(b.mark), func(pid int) bool { return pid == r.p.PID() })
	if len(left) != 1 {
		t.Fatalf("%v have left the group, want one", left)
	}
	free := exhaust(t)
	dropReserve(t)
	before := missed.Load()
	r.p.SignalRest(unix.SIGSTOP, false)
	r.p.SignalRest(unix.SIGCONT, false)
	missedMore(t, before)
	free(1) // now it is seen, and cannot be held to be signalled
	missedMore(t, missed.Load()+20)
	free(reserveSize + 1)
	asked := func() bool {
		b.k.mu.Lock()
		defer b.k.mu.Unlock()
		return len(r.p.rest) > 0
	}
	for end := time.Now().Add(patience); asked(); runtimeYield() {
		if time.Now().After(end) {
			t.Fatal("they have not been sent")
		}
	}
	_ = unix.Kill(left[0], unix.SIGTERM) // of which a stopped one hears nothing
	for end := time.Now().Add(patience); len(marked(b.mark)) > 1; runtimeYield() {
		if time.Now().After(end) {
			t.Fatal("it was left stopped")
		}
	}
	r.p.Kill()
	until[Gone](r)
}

// The sweep's own is kept as well, also for those that it could not signal.
func TestSweepAsksWhomItDidNotSee(t *testing.T) {
	swept, free := newBed(t).sweepBlind("sleep", time.Hour)
	free(1) // now it sees them, and cannot hold one to signal it
	missedMore(t, missed.Load()+20)
	free(reserveSize + 1)
	select {
	case <-swept:
	case <-time.After(patience):
		t.Error("what ends at TERM has not ended") // KILL is an hour away
	}
}
