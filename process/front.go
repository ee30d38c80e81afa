package process

import (
	"errors"
	"fmt"
	"ganger/process/half"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Front runs this program once more as the back, with the same arguments and
// files, and returns its exit status. It stays between the back and the shell:
// it gets the terminal's signals and relays them, and should the back die it
// ends the app. Trouble is said on errs.
func Front(args []string, errs io.Writer) (status int) {
	_ = becomeSubreaper() // the back says it where that cannot be
	f := &front{errs: errs, dead: make(chan Status, 1), silent: make(chan struct{}), ending: make(chan struct{}, 1), urgency: newUrgency()}
	f.timeout.Store(int64(5 * time.Second))
	if err := f.connect(args); err != nil {
		fmt.Fprintf(errs, "error: cannot start the supervisor: %v\n", err)
		return 1
	}
	// Catching takes as long as the back takes to begin, so it does not come
	// first. A signal that ends us before ends the back as well: its link closes.
	runtime.GOMAXPROCS(1) // it waits: one processor's threads are enough
	f.sigs = newSignals()
	catch(f.sigs, vital)
	secureThreads()
	fillReserve()
	free, err := keepRoom()
	if err != nil {
		// The back has begun nothing yet, and ends when we do.
		fmt.Fprintf(errs, "error: cannot start the supervisor: no address space is left to end it with: %v (ulimit -v)\n", err)
		return 1
	}
	if f.guests != nil {
		f.back.send(wordReady, readyGuests)
	} else {
		f.back.send(wordReady, "")
	}
	catch(f.sigs, harmless)
	f.relay(unix.SIGWINCH) // one may have come before
	go func() {
		f.back.each(f.hear)
		close(f.silent)
	}()
	died, again := f.guests.watch()
	settling := newSettling(settleAfter, settleRarest)
	var undead undead
	for {
		select {
		case <-settling.due.C:
			settling.settle() // here, where it takes no thread more
			undead.watch(f.pid)
		case <-f.ending:
			undead.expect()
		case <-undead.due:
			if undead.confirmed(f.pid) {
				free()
				return f.endUndead()
			}
		case sig := <-f.sigs.came:
			f.relay(sig.(syscall.Signal))
		case <-died:
			f.guests.look()
		case <-again:
			f.guests.look()
		case <-f.urgency.overdue:
			f.killHung()
		case status := <-f.dead:
			free()
			<-f.silent // its last words may be on the way
			return f.end(status, f.guests.list())
		}
	}
}

type front struct {
	errs    io.Writer
	back    *conn
	pid     int
	sigs    *signals
	dead    chan Status   // how the back ended; its pid is kept until end reaps it
	guests  *guests       // children that are not the app's; nil: there are none
	silent  chan struct{} // nothing more comes from the back
	urgency urgency
	woken   bool                   // it has stopped itself, and the CONT that continued it is still to be heard
	resumed time.Time              // when CONT was heard last that came to a front which was not stopped
	bye     atomic.Pointer[Status] // with which the back said that it ends by itself
	ending  chan struct{}          // holds a token when the back is about to end
	timeout atomic.Int64
	leave   atomic.Pointer[[]string]
	stopped atomic.Pointer[chan struct{}]
	shared  []shared // that of hear, until the back is silent
}

// connect takes the back over that is on its way, or starts it.
func (f *front) connect(args []string) error {
	b := half.Begun()
	if b == nil {
		started := half.Start(args)
		b = &started
	}
	if b.Err != nil {
		return fmt.Errorf("%w%s", b.Err, whyNotStarted(b.Err))
	}
	f.pid = b.PID
	var err error
	if f.back, err = fromFD(b.Link); err != nil {
		return err
	}
	go func() { f.dead <- awaitZombie(f.pid) }()
	f.guests = findGuests(f.back, f.pid)
	return nil
}

// whyNotStarted guesses at the cause where the error alone says little.
func whyNotStarted(err error) string {
	switch {
	case errors.Is(err, syscall.ENOENT):
		return " (is /proc mounted?)"
	case errors.Is(err, syscall.EAGAIN):
		return " (ulimit -u, or the pids limit of the cgroup)"
	}
	return ""
}

// vital are the signals that would end or stop the front, were they not caught
// before anything runs.
var vital = []os.Signal{
	unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGTSTP, unix.SIGCONT,
}

// harmless are those that a moment later is early enough for: to catch one takes
// two turns of threads, for which the first process would wait. PIPE, TTOU and
// TTIN are caught so that they do no harm later.
var harmless = []os.Signal{
	unix.SIGWINCH, unix.SIGPIPE, unix.SIGTTOU, unix.SIGTTIN,
}

// catch catches what the front passes on. What was ignored when we were
// started (nohup, a background job of a script) stays ignored: Notify would
// undo that.
func catch(to *signals, sigs []os.Signal) {
	for _, sig := range sigs {
		if !signal.Ignored(sig) {
			to.hear(sig)
		}
	}
}

// oneMoment is how far apart two signals may be heard that came at one moment,
// and how long one may be on its way through the Go runtime.
const oneMoment = 20 * time.Millisecond

func (f *front) relay(sig syscall.Signal) {
	if f.urgency.hear(sig) {
		sig = unix.SIGQUIT // the back may have heard the first later, and must not judge otherwise
	}
	switch sig {
	case unix.SIGPIPE, unix.SIGTTOU, unix.SIGTTIN:
	case unix.SIGTSTP:
		// Of signals that come at one moment the Go runtime gives the lower number
		// first: a CONT that was to undo this one may have been heard before it.
		if time.Since(f.resumed) < oneMoment {
			return
		}
		f.suspend()
	default:
		if sig == unix.SIGCONT {
			if !f.woken {
				f.resumed = time.Now()
			}
			f.woken = false
		}
		f.back.send(wordSignal, strconv.Itoa(int(sig)))
	}
	switch sig {
	case unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT:
		// Should somebody have stopped the back, it would not hear. A back that
		// keeps the app suspended takes it for a request to go on, as a stop is.
		_ = unix.Kill(f.pid, unix.SIGCONT)
	}
}

// hear takes what the back says.
func (f *front) hear(word, rest string) {
	switch word {
	case wordTimeout:
		if ms, err := strconv.ParseInt(rest, 10, 64); err == nil {
			f.timeout.Store(int64(time.Duration(ms) * time.Millisecond))
		}
	case wordLeave:
		names := strings.Split(rest, ",")
		f.leave.Store(&names)
	case wordShare:
		f.share(rest)
	case wordAlive:
		if n, err := strconv.Atoi(rest); err == nil {
			f.guests.answered(n)
		}
	case wordBye:
		n, _ := strconv.Atoi(rest)
		f.bye.Store(&Status{Code: n})
		f.expectEnd()
		f.guests.lastLook()
	case wordStopped:
		if acked := f.stopped.Swap(nil); acked != nil {
			close(*acked)
		}
	}
}

// end is what the front does when the back is no more: a back that ended by
// itself left nothing, which costs one system call to see.
func (f *front) end(status Status, spared map[int]uint64) int {
	var leave []string
	if names := f.leave.Load(); names != nil {
		leave = *names
	}
	timeout := time.Duration(f.timeout.Load())
	go f.urgency.hearOn(f.sigs.came)
	if f.bye.Load() != nil {
		sweep(timeout, leave, spared, f.urgency.now)
		return status.Shell()
	}
	f.backDied()
	fmt.Fprintf(f.errs, "ganger: the supervisor (pid %d) died, %s: ending what it ran\n", f.pid, status)
	ended, left := sweep(timeout, leave, spared, f.urgency.now)
	if n := len(ended) - len(left); n > 0 {
		fmt.Fprintf(f.errs, "ganger: ended %s\n", count(n, "process", "processes"))
	} else if len(left) == 0 {
		fmt.Fprintln(f.errs, "ganger: nothing of it was left")
	}
	for _, m := range left {
		fmt.Fprintf(f.errs, "ganger: cannot end %s (pid %d)\n", m.Command, m.PID)
	}
	return 1
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
