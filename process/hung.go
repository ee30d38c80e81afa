package process

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Together is how long after a stop signal another one belongs to it: npm, npx
// and yarn send INT two or three times for one ^C. A later one says that all is to
// be killed at once.
const Together = 300 * time.Millisecond

// hungAfter is how long the back has from then on. Its own limits, for what KILL
// does not end, for strays, for readers that do not read, come to less; but for one
// process that the system cannot end it would wait for ever. Only tests change it.
var hungAfter = 30 * time.Second

// urgency knows when all is to be killed at once. The front's main loop alone
// calls it.
type urgency struct {
	first   time.Time        // that a stop was asked for
	overdue <-chan time.Time // since it is urgent; nil: it is not
	now     chan struct{}    // closed when the front itself is to kill
	kill    func()           // closes it
}

func newUrgency() urgency {
	u := urgency{now: make(chan struct{})}
	u.kill = sync.OnceFunc(func() { close(u.now) })
	return u
}

// hear takes a signal that the front got, and reports whether it says that all is
// to be killed.
func (u *urgency) hear(sig syscall.Signal) bool {
	switch sig {
	case unix.SIGINT, unix.SIGTERM:
		if u.first.IsZero() {
			u.first = time.Now()
			return false
		}
		if time.Since(u.first) < Together {
			return false
		}
	case unix.SIGQUIT:
	default:
		return false
	}
	if u.overdue == nil {
		u.overdue = time.After(hungAfter)
	}
	return true
}

// hearOn goes on when nobody is left to relay to.
func (u *urgency) hearOn(sigs <-chan os.Signal) {
	urgent := u.overdue != nil
	for !urgent {
		urgent = u.hear((<-sigs).(syscall.Signal))
	}
	u.kill()
}

// killHung kills a back that does not end although it was told to kill all: the
// system may hold it up, or a mistake of ours. It is not reaped before the end.
func (f *front) killHung() {
	if f.bye.Load() != nil {
		return // it has ended all, and is about to end
	}
	fmt.Fprintf(f.errs, "ganger: the supervisor (pid %d) has not ended %v after all was to be killed: killing it\n", f.pid, hungAfter)
	_ = unix.Kill(f.pid, unix.SIGKILL)
	f.expectEnd()
}
