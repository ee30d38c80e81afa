package soak

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// strike sends signals to some part of the run.
func (r *run) strike() {
	table := r.ours(processes())
	app := slices.DeleteFunc(slices.Clone(table), func(p process) bool {
		// What has not executed its program yet is still the back; to stop it
		// there would stop the back as well.
		return r.itself(p) || p.ppid == r.front() || p.comm == "exe"
	})
	victim := func() int {
		if len(app) == 0 {
			return 0
		}
		return app[r.rand.IntN(len(app))].pid
	}
	fatal := []unix.Signal{unix.SIGKILL, unix.SIGTERM, unix.SIGSEGV, unix.SIGINT, unix.SIGHUP}
	switch n := r.rand.IntN(100); {
	case n < 40:
		r.send("kill of a process", victim(), fatal[r.rand.IntN(len(fatal))])
	case n < 50:
		for range 5 {
			r.send("kill of a process", victim(), unix.SIGKILL)
		}
	case n < 60:
		r.send("stop of a process", victim(), unix.SIGSTOP)
	case n < 70:
		for _, p := range app {
			r.send("continuing a process", p.pid, unix.SIGCONT)
		}
	case n < 80:
		for range 1 + r.rand.IntN(50) {
			r.send("signal to the front", r.front(), []unix.Signal{unix.SIGWINCH, unix.SIGPIPE, unix.SIGTTIN, unix.SIGTTOU}[r.rand.IntN(4)])
		}
	case n < 85:
		if back := r.back(table); back != 0 {
			r.send("signal to the back", back, []unix.Signal{unix.SIGWINCH, unix.SIGPIPE, unix.SIGCHLD, unix.SIGALRM}[r.rand.IntN(4)])
		}
	default:
		r.turn()
	}
}

// turn suspends what runs and continues what is suspended, as a shell does: it
// waits for the stop, and nobody types ^Z at the moment of fg.
func (r *run) turn() {
	if r.suspended {
		if r.send("fg", r.front(), unix.SIGCONT) {
			r.turns(false)
		}
		return
	}
	if time.Since(r.turned) < 100*time.Millisecond || !r.send("^Z", r.front(), unix.SIGTSTP) {
		return
	}
	r.turns(true)
	for limit := time.After(startLimit); !r.stopped(); {
		select {
		case <-r.ended:
			return
		case <-limit:
			return // check says it
		case <-time.After(time.Millisecond):
		}
	}
}

func (r *run) turns(suspended bool) {
	r.suspended, r.turned = suspended, time.Now()
	clear(r.since)
}

// stopped reports whether the front has stopped itself.
func (r *run) stopped() bool {
	p, ok := find(r.front())
	return ok && p.state == 'T'
}

// send reports whether the signal was sent.
func (r *run) send(what string, pid int, sig unix.Signal) bool {
	// The front has its handlers when it lets the back start something, and those of
	// what does no harm in that moment soon after.
	if pid == 0 || pid == r.front() && !(r.begun() && catchesAll(pid)) {
		return false
	}
	if unix.Kill(pid, sig) != nil {
		return false
	}
	r.did[what]++
	r.note("%s: %s to %d", what, unix.SignalName(sig), pid)
	return true
}

// catchesAll reports whether a half catches TTIN, which is the last.
func catchesAll(pid int) bool {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, mask, _ := strings.Cut(string(text), "SigCgt:")
	mask, _, _ = strings.Cut(strings.TrimSpace(mask), "\n")
	caught, err := strconv.ParseUint(mask, 16, 64)
	return err == nil && caught>>(uint(unix.SIGTTIN)-1)&1 == 1
}
