package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// close ends what is left of the case, which is a failure if it had none yet.
func (b *bed) close() {
	for _, f := range slices.Backward(b.gone) {
		f()
	}
	if b.cmd != nil && b.result.err == nil && b.result.skipped == "" {
		if left := b.left(b.sup.limit); len(left) > 0 {
			b.result.err = fmt.Errorf("left behind: %s", names(left))
		}
	}
	b.killAll()
	if b.pipe != nil {
		b.pipe.Close()
	}
	os.RemoveAll(b.dir)
}

func (b *bed) front() int { return b.cmd.Process.Pid }

// back is the pid of the half that supervises.
func (b *bed) back() int {
	pid := 0
	until(patience, func() bool {
		for _, i := range children(b.front()) {
			if i.comm == "ganger-back" {
				pid = i.pid
			}
		}
		return pid != 0
	})
	if pid == 0 {
		b.fail("no back")
	}
	return pid
}

// caught waits until both halves have caught all signals that they act on. The first
// process does not wait for those that do no harm in its first moment, nor for what
// is sent to the back alone. TTIN is the last.
func (b *bed) caught() {
	for _, half := range []int{b.front(), b.back()} {
		if !until(patience, func() bool {
			mask, err := strconv.ParseUint(status(half, "SigCgt"), 16, 64)
			return err == nil && mask>>(uint(unix.SIGTTIN)-1)&1 == 1
		}) {
			b.fail("pid %d does not catch SIGTTIN", half)
		}
	}
}

func (b *bed) signal(sig unix.Signal) { kill(b.front(), sig) }

// left waits until nothing of the case lives, and gives what does.
func (b *bed) left(limit time.Duration) (left []info) {
	until(limit, func() bool { left = marked(b.dir); return len(left) == 0 })
	return left
}

// nothingLeft is the end of most cases: the app and the supervisor are gone
// within the stop timeout and two seconds.
func (b *bed) nothingLeft() {
	if left := b.left(b.sup.limit); len(left) > 0 {
		b.fail("left behind after %v: %s", b.sup.limit, names(left))
	}
	b.beatNoMore(b.beats())
}

// beats are the chains that forked and exited on and on so far, and how long
// their files are: none of their processes is in a reading of the table for sure.
func (b *bed) beats() map[string]int64 {
	chains := make(map[string]int64)
	names, err := filepath.Glob(filepath.Join(b.dir, beatsName+"*"))
	b.check(err)
	for _, name := range names {
		chains[name] = sizeOf(name)
	}
	return chains
}

// beatNoMore: these chains have come to an end.
func (b *bed) beatNoMore(chains map[string]int64) {
	if len(chains) == 0 {
		return
	}
	for name := range chains {
		chains[name] = sizeOf(name)
	}
	pause(300 * time.Millisecond)
	for name, before := range chains {
		if more := sizeOf(name) - before; more > 0 {
			kill(-atoi(strings.TrimPrefix(filepath.Base(name), beatsName)), unix.SIGKILL)
			b.fail("what forks and exits on and on has done so %d times since", more)
		}
	}
}

func sizeOf(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

// done stops the supervisor at the end of a case about something else, which
// peers need not hold.
func (b *bed) done(pid int) {
	kill(pid, unix.SIGTERM)
	if b.sup.name != "ganger" {
		b.killAll()
	}
	b.nothingLeft()
}

// killAll ends what is left of the case, in whatever way: ganger last, without
// which a process that forks and exits on and on is out of everybody's reach.
func (b *bed) killAll() {
	begun := time.Now()
	until(patience, func() bool {
		left := marked(b.dir)
		rest := slices.DeleteFunc(slices.Clone(left), func(i info) bool { return strings.HasPrefix(i.comm, "ganger") })
		if len(rest) == 0 || time.Since(begun) > patience/2 {
			rest = left
		}
		for _, i := range rest {
			kill(i.pid, unix.SIGKILL)
		}
		return len(left) == 0
	})
}

// ends waits for the supervisor and gives its exit status, 128+n for a signal.
func (b *bed) ends() int {
	select {
	case <-b.waited:
	case <-time.After(max(patience, b.sup.limit)):
		b.fail("it does not end")
	}
	ws := b.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}

func (b *bed) endsWith(status int) {
	if got := b.ends(); got != status {
		b.fail("it ended with status %d, want %d", got, status)
	}
}

// dead waits until none of these lives.
func (b *bed) dead(pids ...int) {
	if !until(b.sup.limit, func() bool { return !slices.ContainsFunc(pids, alive) }) {
		b.fail("of %v some live", pids)
	}
}

func names(left []info) string {
	parts := make([]string, len(left))
	for n, i := range left {
		text, _ := os.ReadFile("/proc/" + strconv.Itoa(i.pid) + "/cmdline")
		parts[n] = fmt.Sprintf("%d %c %s", i.pid, i.state, strings.ReplaceAll(string(text), "\x00", " "))
	}
	return strings.Join(parts, "; ")
}
