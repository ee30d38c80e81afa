package process

import (
	"os"
	"os/signal"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// sweep ends every descendant of this process: TERM and CONT, and KILL after
// timeout or once now is closed, until the kernel says that there is no child
// left. As a subreaper this process is the parent of every orphan below it, so
// that answer is the proof. Left alone are those named in leave and the guests,
// known by pid and start, with all below them.
//
// It returns those that were there at first and, where some are not to be
// killed in sweepMost, those too.
//
// Nothing else may wait for children meanwhile.
func sweep(timeout time.Duration, leave []string, guests map[int]uint64, now <-chan struct{}) (ended, left []Member) {
	chld := make(chan os.Signal, 1)
	signal.Notify(chld, unix.SIGCHLD)
	defer signal.Stop(chld)
	s := sweeper{leave: leave, guests: guests, term: request{sig: unix.SIGTERM}}
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	// A grandchild's death is not told to us, only that of a child, and a chain
	// of short lives is told too often: so it is looked at regular times. This
	// lasts as long as the stop, not longer.
	again := time.NewTicker(sweepInterval)
	defer again.Stop()
	var end <-chan time.Time
	for look := true; !reapAll(); {
		if look {
			seen := beginLook()
			rest := s.rest()
			if s.onlySpared(len(rest) == 0, seen) {
				break
			}
			s.ask(rest, seen)
			if end != nil {
				s.kill(rest)
			}
		}
		look = true
		select {
		case <-chld:
			look = false
		case <-again.C:
		case <-deadline.C:
			end = s.late(end)
		case <-now:
			end, now = s.late(end), nil
		case <-end:
			return membersOf(s.asked, 0), membersOf(s.rest(), 0)
		}
	}
	return membersOf(s.asked, 0), nil
}

const sweepInterval = 20 * time.Millisecond

// sweepMost is how long what got KILL is waited for: a device may hold it for
// ever, and who forks faster than we kill does not end.
const sweepMost = 5 * time.Second

// sweepLooks is how many looks in a row have to find nobody but the spared: where
// the system's list is no picture of one moment, one may miss somebody.
const sweepLooks = 3

// A sweeper is one sweep.
type sweeper struct {
	leave  []string
	guests map[int]uint64
	term   request
	sent   bool   // term, after a look that has shown them all
	asked  []proc // those that it was for
	empty  int    // looks in a row that found nobody
	misses misses
	dead   map[int]bool // children that had ended at the last look, and were not given to us
}

// late gives the moment of giving up, once.
func (s *sweeper) late(end <-chan time.Time) <-chan time.Time {
	if end != nil {
		return end
	}
	return time.After(sweepMost)
}

// rest is who is to end. One that forks and exits on and on is in no reading of
// the table for sure, but in one of our children.
func (s *sweeper) rest() []proc {
	rest := s.spare(descendants())
	chase(func(pid int) {
		m, ok := readProc(pid)
		if !ok || slices.ContainsFunc(rest, func(r proc) bool { return r.pid == pid }) {
			return
		}
		rest = append(rest, s.spare([]proc{m})...)
	})
	return rest
}

// ask sends TERM to the first that are found.
func (s *sweeper) ask(rest []proc, seen look) {
	if s.sent || len(rest) == 0 {
		return
	}
	for _, m := range rest {
		s.note(m)
	}
	s.term.send(rest)
	s.sent = !seen.failed()
}

// note takes m for one of the first.
func (s *sweeper) note(m proc) {
	if !slices.ContainsFunc(s.asked, func(a proc) bool { return a.pid == m.pid && a.start == m.start }) {
		s.asked = append(s.asked, m)
	}
}

// kill ends them, and our children at once when they are seen.
func (s *sweeper) kill(rest []proc) {
	for _, m := range rest {
		m.signal(unix.SIGKILL)
	}
	chase(func(pid int) {
		// It is our child and not reaped meanwhile, so its pid is its own.
		if m, ok := readProc(pid); ok && len(s.spare([]proc{m})) > 0 {
			if !s.sent { // no look has shown it
				s.note(m)
			}
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	})
}

// onlySpared reports whether those children that there are are let go. A chain of
// short lives is at every moment one of them, alive or dead; but a dead one that
// is not given to us for long is a debugger's.
func (s *sweeper) onlySpared(nobody bool, seen look) bool {
	pids, _ := ourChildren()
	dead := make(map[int]bool)
	for _, pid := range pids {
		m, ok := readProc(pid)
		switch {
		case !ok:
			nobody = false
		case m.zombie:
			dead[pid] = true
			nobody = nobody && s.dead[pid]
		case len(s.spare([]proc{m})) > 0:
			nobody = false
		}
	}
	s.dead = dead
	if again := s.misses.again(seen.failed()); again || !nobody {
		s.empty = 0
		return false
	}
	s.empty++
	return s.empty == sweepLooks
}

// spare leaves out the dead, those that we may not signal, and the named and the
// guests with all below them.
func (s *sweeper) spare(table []proc) []proc {
	free := make(map[int]bool)
	var rest []proc
	for _, m := range table {
		start, guest := s.guests[m.pid]
		if free[m.ppid] || named(m.comm, s.leave) || guest && start == m.start {
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
