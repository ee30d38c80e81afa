package process

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// A request is a signal for several processes. A look that failed may not have
// shown them all, and without a descriptor one that it shows cannot be signalled:
// then it is sent again, to those that it has not reached.
type request struct {
	sig     syscall.Signal
	reached map[int]uint64 // by pid, when each was started
}

// send sends it to those of ms that it has not reached, and CONT to those that it
// reaches. It gives those that it could not reach.
func (r *request) send(ms []proc) (missed []proc) {
	for _, m := range ms {
		if start, is := r.reached[m.pid]; is && start == m.start {
			continue
		}
		if !m.signal(r.sig) {
			missed = append(missed, m)
			continue
		}
		if r.reached == nil {
			r.reached = make(map[int]uint64)
		}
		r.reached[m.pid] = m.start
		if !jobControl(r.sig) {
			m.signal(unix.SIGCONT)
		}
	}
	return missed
}

// jobControl reports whether a signal is about stopping and going on itself.
// After any other one CONT is sent: to a stopped process it stays pending.
func jobControl(sig syscall.Signal) bool {
	return sig == unix.SIGCONT || sig == unix.SIGSTOP || sig == unix.SIGTSTP
}
