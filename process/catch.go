package process

import (
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// CatchSignals returns the signals that a supervisor acts on; one that does no
// harm otherwise is caught and dropped. What was ignored when we were started
// (HUP by nohup, INT in a script's background job) is not among them.
//
// Each signal costs a turn of the runtime's signal thread, so it is called when
// the first process is on its way.
func (k *Keeper) CatchSignals() <-chan os.Signal {
	return catchSignals(func(sig syscall.Signal) bool { return slices.Contains(k.ignored, sig) })
}

func catchSignals(ignored func(syscall.Signal) bool) <-chan os.Signal {
	heard := newSignals()
	for _, sig := range []syscall.Signal{
		unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2,
		unix.SIGTSTP, unix.SIGCONT, unix.SIGWINCH,
	} {
		if !ignored(sig) {
			heard.hear(sig)
		}
	}
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE, unix.SIGTTOU, unix.SIGTTIN)
	return heard.came
}

// Alone is what a supervisor without a front hears: the signals that come to
// itself.
type Alone struct{ ear }

// ListenAlone catches them from now on, in place of [Keeper.CatchSignals]. As PID
// 1 it comes first of all: nobody else has the signal, and the kernel gives PID 1
// none that it does not catch.
func ListenAlone(f func(LinkEvent) bool) *Alone {
	a := &Alone{}
	sigs := catchSignals(isIgnored)
	a.Listen(f)
	go func() {
		for sig := range sigs {
			a.tell(ownSignal(sig))
		}
	}()
	return a
}

// ownSignal is a signal that came to us: TSTP does alone where nobody could
// continue us.
func ownSignal(sig os.Signal) LinkEvent {
	return LinkEvent{Signal: sig.(syscall.Signal), Orphaned: sig == unix.SIGTSTP}
}

// catchIgnored catches and drops what is ignored as we start, and says what
// that is: a child starts with the default for what we catch, but would inherit
// what we ignore.
func catchIgnored() []syscall.Signal {
	var ignored []syscall.Signal
	for sig := syscall.Signal(1); sig < 32; sig++ {
		if sig != unix.SIGKILL && sig != unix.SIGSTOP && isIgnored(sig) {
			ignored = append(ignored, sig)
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	return ignored
}
