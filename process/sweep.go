package process

import (
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// Sweep ends every descendant of this process but those named in leave: TERM
// and CONT, and after timeout KILL, until the kernel says that there is no
// child left. As a subreaper this process is the parent of every orphan below
// it, so that answer is the proof. It returns those that were there at first.
//
// Nothing else may wait for children meanwhile.
func Sweep(timeout time.Duration, leave []string) []Member {
	return sweep(timeout, leave, nil, nil)
}

// sweep leaves out the guests, known by pid and start, and all below them. Once
// now is closed there is no more time.
func sweep(timeout time.Duration, leave []string, guests map[int]uint64, now <-chan struct{}) []Member {
	chld := make(chan os.Signal, 1)
	signal.Notify(chld, unix.SIGCHLD)
	defer signal.Stop(chld)
	if reapAll() {
		return nil
	}
	found := spared(descendants(), leave, guests)
	for _, m := range found {
		m.signal(unix.SIGTERM)
		m.signal(unix.SIGCONT)
	}
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	late, empty := false, 0
	for !reapAll() {
		rest := spared(descendants(), leave, guests)
		if len(rest) > 0 {
			empty = 0
		} else if empty++; empty == sweepLooks {
			break // only those that are let go
		}
		if late {
			for _, m := range rest {
				m.signal(unix.SIGKILL)
			}
		}
		// A grandchild's death is not told to us, only that of a child: look
		// again soon in any case. This lasts as long as the stop, not longer.
		again := time.NewTimer(sweepInterval)
		select {
		case <-chld:
		case <-again.C:
		case <-deadline.C:
			late = true
		case <-now:
			late, now = true, nil
		}
		again.Stop()
	}
	return membersOf(found, 0)
}

const sweepInterval = 20 * time.Millisecond

// sweepLooks is how many looks in a row have to find nobody before the children
// that there are count as let go: one that forks and exits on and on is not in
// every reading of the table.
const sweepLooks = 3

// spared leaves out the dead, those that we may not signal, and the named and the
// guests with all below them.
func spared(table []proc, leave []string, guests map[int]uint64) []proc {
	free := make(map[int]bool)
	var rest []proc
	for _, m := range table {
		start, guest := guests[m.pid]
		if free[m.ppid] || named(m.comm, leave) || guest && start == m.start {
			free[m.pid] = true
		} else if !m.zombie && !forbidden(m.pid) {
			rest = append(rest, m)
		}
	}
	return rest
}

// reapAll takes every child that has ended and reports whether none is left.
func reapAll() (none bool) {
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return true // ECHILD
		case pid == 0:
			return false
		}
	}
}
