//go:build darwin || freebsd

package process

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// stopSelf stops this process as SIGTSTP's default action would, and returns
// true when it was continued, or soon after. A CONT of that very moment may be
// missed.
func stopSelf(goesOn func() bool) bool {
	if goesOn() {
		return false
	}
	signal.Reset(unix.SIGTSTP)
	_ = unix.Kill(os.Getpid(), unix.SIGTSTP)
	// Another thread may take the signal: give it the time to.
	time.Sleep(10 * time.Millisecond)
	return true
}

// orphanedGroup looks at our parent alone: in another session it is no shell
// of ours.
func orphanedGroup() bool {
	ours, err := unix.Getsid(0)
	if err != nil {
		return true
	}
	theirs, err := unix.Getsid(os.Getppid())
	return err != nil || ours != theirs
}

// isIgnored is what the runtime knows: of HUP and INT alone.
func isIgnored(sig syscall.Signal) bool { return signal.Ignored(sig) }
