//go:build darwin || freebsd

package process

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// pipe2 holds the fork lock: between pipe and close-on-exec a fork would leak
// the descriptors into another child.
func pipe2(fd *[2]int) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := unix.Pipe(fd[:]); err != nil {
		return err
	}
	unix.CloseOnExec(fd[0])
	unix.CloseOnExec(fd[1])
	return nil
}

// WidenPipe does nothing: here the system widens a pipe that is used much.
func WidenPipe(uintptr, int) {}
