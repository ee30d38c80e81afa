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

// hungAfter is how long the back has from then on, more than it ever takes to
// kill the app and to give up what cannot be killed. Only tests change it.
var hungAfter = 15 * time.Second

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

// hear takes a signal that the front got.
func (u *urgency) hear(sig syscall.Signal) {
	switch sig {
	case unix.SIGINT, unix.SIGTERM:
		if u.first.IsZero() {
			u.first = time.Now()
			return
		}
		if time.Since(u.first) < Together {
			return
		}
	case unix.SIGQUIT:
	default:
		return
	}
	if u.overdue == nil {
		u.overdue = time.After(hungAfter)
	}
}

// hearOn goes on when nobody is left to relay to.
func (u *urgency) hearOn(sigs <-chan os.Signal) {
	for {
		if u.overdue != nil {
			u.kill()
		}
		u.hear((<-sigs).(syscall.Signal))
	}
}

// killHung kills a back that does not end although it was told to kill all: the
// system may hold it up, or a mistake of ours. It is not reaped before the end.
func (f *front) killHung() {
	fmt.Fprintf(f.errs, "ganger: the supervisor (pid %d) was to kill all and has not ended in %v: killing it\n", f.pid, hungAfter)
	_ = unix.Kill(f.pid, unix.SIGKILL)
}
