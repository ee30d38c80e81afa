package process

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// CatchSignals returns the signals that a supervisor acts on. All others that
// can be caught are caught and dropped: a child starts with the default for
// what we catch, but would inherit what we ignore. What was ignored when we
// were started (HUP by nohup, INT in a script's background job) is dropped as
// well.
func CatchSignals() <-chan os.Signal {
	heard, dropped := make(chan os.Signal, 32), make(chan os.Signal, 1)
	for _, sig := range []os.Signal{
		unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2,
		unix.SIGTSTP, unix.SIGCONT, unix.SIGWINCH,
	} {
		if signal.Ignored(sig) {
			signal.Notify(dropped, sig)
		} else {
			signal.Notify(heard, sig)
		}
	}
	signal.Notify(dropped, unix.SIGPIPE, unix.SIGTTOU, unix.SIGTTIN, unix.SIGALRM, unix.SIGVTALRM,
		unix.SIGIO, unix.SIGXCPU, unix.SIGXFSZ, unix.SIGSYS)
	return heard
}
