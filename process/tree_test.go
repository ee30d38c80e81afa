//go:build linux

package process

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func itoa(n int) string { return strconv.Itoa(n) }

// runtimeYield lets others run between two looks at something that must come.
func runtimeYield() { runtime.Gosched() }

// What a first process leaves behind is found and ended, however it left.
func TestEscaped(t *testing.T) {
	for _, how := range []string{"setsid", "daemon"} {
		t.Run(how, func(t *testing.T) {
			b := newBed(t)
			r := b.start(b.spec("escape " + how + " exit 0"))
			left := until[Left](r)
			if len(left.Members) != 1 || !left.Members[0].Escaped {
				t.Errorf("left: %+v", left.Members)
			}
			r.p.SignalRest(unix.SIGTERM, false) // which it ignores
			r.p.Kill()
			gone := until[Gone](r)
			if len(gone.Killed) != 1 || gone.Killed[0].PID != left.Members[0].PID {
				t.Errorf("killed %+v, left %+v", gone.Killed, left.Members)
			}
		})
	}
}

func TestKillTakesTheTree(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("escape daemon stubborn"))
	r.ready()
	if n := len(marked(b.mark)); n != 2 {
		t.Fatalf("%d processes, want 2", n)
	}
	r.p.Kill()
	if got := until[Exited](r).Status.Signal; got != unix.SIGKILL {
		t.Errorf("ended by %v", got)
	}
	until[Gone](r)
	if left := marked(b.mark); len(left) != 0 {
		t.Errorf("alive after Gone: %v", left)
	}
}

// An orphan that cleared its environment is taken for that of the process that
// ended as it was born.
func TestDaemonIsClaimed(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("escape bare exit 0"))
	left := until[Left](r)
	if len(left.Members) != 1 || !left.Members[0].Escaped {
		t.Errorf("left: %+v", left.Members)
	}
	r.p.Kill()
	until[Gone](r)
	if pids := marked(b.mark); len(pids) != 0 {
		t.Errorf("alive after Gone: %v", pids)
	}
}

// So it is where its starter ends as a fork is under way, whose child may be in
// the list of ours as well.
func TestDaemonIsClaimedDuringAFork(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("escape bare exit 0"))
	until[Started](r)
	for end := time.Now().Add(patience); b.k.spawns.underWay(); runtimeYield() {
		if time.Now().After(end) {
			t.Fatal("the fork does not end")
		}
	}
	b.k.spawns.begin()
	until[Exited](r)
	for end := time.Now().Add(patience); !b.k.unsure.Load(); runtimeYield() {
		if time.Now().After(end) {
			t.Fatal("no look was unsure")
		}
	}
	b.k.spawns.end()
	b.k.letLook()
	if left, is := r.event().(Left); !is || len(left.Members) != 1 {
		t.Errorf("after Exited came %+v, want the daemon", left)
	}
	r.p.Kill()
	until[Gone](r)
}

// Where two end at one moment it belongs to nobody, and ends with the run.
func TestStrayEndsWithTheRun(t *testing.T) {
	b := newBed(t)
	r, other := b.start(b.spec("escape bare stubborn")), b.start(b.spec("stubborn"))
	r.ready()
	other.ready()
	b.k.mu.Lock() // nobody looks until both have ended
	for _, p := range []*Process{r.p, other.p} {
		_ = unix.Kill(p.pid, unix.SIGKILL)
		for m, ok := readStat(p.pid, make([]byte, 1024)); ok && !m.zombie; m, ok = readStat(p.pid, make([]byte, 1024)) {
			runtimeYield()
		}
	}
	b.k.mu.Unlock()
	until[Gone](r)
	until[Gone](other)
	if n := len(marked(b.mark)); n != 1 {
		t.Fatalf("%d processes after Gone, want the stray", n)
	}
	strays, _ := b.k.Close(0, nil, nil)
	if len(strays) != 1 {
		t.Errorf("strays: %+v", strays)
	}
	if left := marked(b.mark); len(left) != 0 {
		t.Errorf("alive after Close: %v", left)
	}
	b.k = nil
}

func TestLeave(t *testing.T) {
	b := newBed(t)
	s := b.spec("escape setsid stubborn")
	s.Leave = []string{testComm(t)}
	r := b.start(s)
	r.ready()
	r.p.Kill()
	if killed := until[Gone](r).Killed; len(killed) != 0 {
		t.Errorf("killed %+v", killed)
	}
	left := marked(b.mark)
	if len(left) != 1 {
		t.Fatalf("%d processes were let go, want 1", len(left))
	}
	_ = unix.Kill(left[0], unix.SIGKILL)
}

// testComm is the name that the kernel has for the test binary.
func testComm(t *testing.T) string {
	t.Helper()
	m, ok := readStat(unix.Getpid(), make([]byte, 1024))
	if !ok {
		t.Fatal("cannot read our own stat")
	}
	return m.comm
}

func TestForkStorm(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("storm"))
	r.ready()
	for len(marked(b.mark)) < 20 {
		runtimeYield()
	}
	r.p.Kill()
	until[Gone](r)
	if left := marked(b.mark); len(left) != 0 {
		t.Errorf("alive after Gone: %v", left)
	}
}

// Orphans of anybody are reaped, and no status of ours is stolen by it.
func TestReapsStrays(t *testing.T) {
	b := newBed(t)
	var runs []*run
	for i := range 20 {
		s := b.spec("")
		s.Name = "web." + itoa(i)
		s.Argv = []string{"/bin/sh", "-c", `i=0; while [ $i -lt 20 ]; do (/bin/true &); i=$((i+1)); done; exit 5`}
		runs = append(runs, b.start(s))
	}
	for _, r := range runs {
		if got := until[Exited](r).Status.Code; got != 5 {
			t.Errorf("status %d, want 5", got)
		}
		until[Gone](r)
	}
	for deadline := time.Now().Add(patience); zombies(t) > 0; runtimeYield() {
		if time.Now().After(deadline) {
			t.Fatalf("%d zombies are left", zombies(t))
		}
	}
}

// zombies counts the dead among our children.
func zombies(t *testing.T) (n int) {
	t.Helper()
	children, ok := ourChildren()
	if !ok {
		t.Fatal("no list of children")
	}
	for _, pid := range children {
		if m, ok := readStat(pid, make([]byte, 1024)); ok && m.zombie {
			n++
		}
	}
	return n
}

func TestAttribute(t *testing.T) {
	web := &Process{spec: Spec{Name: "web.1"}, pid: 10}
	db := &Process{spec: Spec{Name: "db.1", Leave: []string{"browser", "a-very-long-name-of-a-program"}}, pid: 20}
	first := map[int]*Process{10: web, 20: db}
	table := []proc{
		{pid: 10, ppid: 1, pgrp: 10, session: 10, zombie: true},
		{pid: 20, ppid: 1, pgrp: 20, session: 20},
		{pid: 11, ppid: 1, pgrp: 10, session: 10},                           // by group
		{pid: 12, ppid: 1, pgrp: 12, session: 10},                           // by session
		{pid: 21, ppid: 20, pgrp: 21, session: 21},                          // by descent
		{pid: 22, ppid: 21, pgrp: 21, session: 21},                          // of a descendant
		{pid: 30, ppid: 1, pgrp: 30, session: 30},                           // nobody's
		{pid: 31, ppid: 1, pgrp: 31, session: 31},                           // orphaned as web ended
		{pid: 32, ppid: 1, pgrp: 32, session: 32},                           // of one that is gone
		{pid: 23, ppid: 20, pgrp: 23, session: 23, comm: "browser"},         // let go
		{pid: 24, ppid: 23, pgrp: 23, session: 23, comm: "helper"},          // and what it started
		{pid: 25, ppid: 20, pgrp: 20, session: 20, comm: "browser"},         // in the group: not let go
		{pid: 26, ppid: 20, pgrp: 26, session: 26, comm: "a-very-long-nam"}, // let go; the kernel cuts names
		{pid: 27, ppid: 20, pgrp: 20, session: 20, zombie: true},
	}
	got := attribute(table, first, map[int]*Process{31: web, 32: {pid: 99}}, 0)
	for p, want := range map[*Process][]int{web: {11, 12, 31}, db: {21, 22, 25}} {
		var pids []int
		for _, m := range got.of[p] {
			pids = append(pids, m.pid)
		}
		if len(pids) != len(want) {
			t.Errorf("%s has %v, want %v", p.spec.Name, pids, want)
			continue
		}
		for i := range want {
			if pids[i] != want[i] {
				t.Errorf("%s has %v, want %v", p.spec.Name, pids, want)
			}
		}
	}
	if len(got.nobody) != 2 || got.nobody[0].pid != 30 || got.nobody[1].pid != 32 {
		t.Errorf("nobody has %v, want 30 and 32", got.nobody)
	}
}

func TestParseStat(t *testing.T) {
	line := "42 (a ) b (c) S 7 42 41 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2"
	got, ok := parseStat(42, []byte(line))
	want := proc{pid: 42, ppid: 7, pgrp: 42, session: 41, comm: "a ) b (c", start: 98765}
	if !ok || got != want {
		t.Errorf("got %+v %v, want %+v", got, ok, want)
	}
	for _, bad := range []string{"", "42", "42 (x", "42 )x(", "42 (x) S 1 2"} {
		if _, ok := parseStat(42, []byte(bad)); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}

// A child that had to be given up alive is reaped when it ends after all.
func TestGivenUpIsReaped(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("sleep"))
	r.ready()
	pid := r.p.PID()
	b.k.release(r.p) // as where it became another user's
	until[Gone](r)
	_ = unix.Kill(pid, unix.SIGKILL)
	for deadline := time.Now().Add(patience); unix.Kill(pid, 0) == nil; runtimeYield() {
		if time.Now().After(deadline) {
			m, _ := readProc(pid)
			t.Fatalf("it is still there, a zombie: %t", m.zombie)
		}
	}
}
