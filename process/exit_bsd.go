//go:build darwin || freebsd

package process

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// watchExit waits in a kqueue, which leaves the child a zombie.
func (k *Keeper) watchExit(p *Process) {
	pid := p.PID()
	go func() {
		k.exited(p, awaitZombie(pid))
		wake(k.look)
	}()
}

// findEnded has nothing to do: the kqueues tell.
func (k *Keeper) findEnded() {}

func awaitZombie(pid int) Status {
	kq, err := unix.Kqueue()
	if err != nil {
		return reapStatus(pid)
	}
	defer unix.Close(kq)
	var change, got [1]unix.Kevent_t
	unix.SetKevent(&change[0], pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	change[0].Fflags = noteExit
	for {
		n, err := unix.Kevent(kq, change[:], got[:], nil)
		switch {
		case err == unix.EINTR:
		case err != nil || n == 0 || got[0].Flags&unix.EV_ERROR != 0:
			return reapStatus(pid) // it ended before it could be watched
		default:
			return statusOf(syscall.WaitStatus(got[0].Data))
		}
	}
}

// reapStatus waits and reaps: the pid is not held then, but no status is lost.
func reapStatus(pid int) Status {
	var ws syscall.WaitStatus
	for {
		_, err := syscall.Wait4(pid, &ws, 0, nil)
		if err != syscall.EINTR {
			return statusOf(ws)
		}
	}
}

func statusOf(ws syscall.WaitStatus) Status {
	if ws.Signaled() {
		return Status{Signal: ws.Signal()}
	}
	return Status{Code: ws.ExitStatus()}
}
