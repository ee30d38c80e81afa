package process

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// exitWatch is a pidfd in the runtime's poller: it costs no thread, where
// waiting in wait4 costs one a child.
type exitWatch struct{ pidfd *os.File }

// forkExec starts a program and opens its pidfd in the same step.
func forkExec(path string, argv []string, attr *syscall.ProcAttr) (int, exitWatch, error) {
	fd := -1
	attr.Sys.PidFD = &fd
	pid, _, err := syscall.StartProcess(path, argv, attr)
	if err != nil || fd < 0 {
		return pid, exitWatch{}, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return pid, exitWatch{}, nil
	}
	return pid, exitWatch{os.NewFile(uintptr(fd), "pidfd")}, nil
}

func (k *Keeper) watchExit(p *Process) {
	k.mu.Lock()
	pid, pidfd := p.pid, p.exit.pidfd
	k.mu.Unlock()
	go func() {
		status := awaitZombie(pid, pidfd)
		if pidfd != nil {
			pidfd.Close()
		}
		k.exited(p, status)
	}()
}

// awaitZombie waits until pid has ended and leaves it a zombie (WNOWAIT).
func awaitZombie(pid int, pidfd *os.File) Status {
	var status Status
	ready := func(options int) bool {
		st, ok := zombie(pid, options)
		if ok {
			status = st
		}
		return ok
	}
	if pidfd != nil {
		if raw, err := pidfd.SyscallConn(); err == nil {
			if raw.Read(func(uintptr) bool { return ready(unix.WNOHANG) }) == nil {
				return status
			}
		}
	}
	ready(0) // a kernel without pidfd: a thread waits
	return status
}

// zombie reads the status of a child that has ended, without reaping it. A
// child that is not ours any more counts as ended with status 0.
func zombie(pid, options int) (Status, bool) {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOWAIT|options, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return Status{}, true
		}
		break
	}
	child := childOf(&info)
	switch {
	case child.pid == 0:
		return Status{}, false // WNOHANG: it runs
	case info.Code == cldExited:
		return Status{Code: int(child.status)}, true
	}
	return Status{Signal: syscall.Signal(child.status)}, true
}

// cldExited is CLD_EXITED of <signal.h>; x/sys has no name for it.
const cldExited = 1

// sigchld is the part of siginfo_t that SIGCHLD fills, which x/sys keeps
// closed: it begins at the first pointer-aligned place after si_code.
type sigchld struct {
	pid    int32
	uid    uint32
	status int32
}

func childOf(info *unix.Siginfo) sigchld {
	const align = unsafe.Sizeof(uintptr(0))
	at := (unsafe.Offsetof(info.Code) + 4 + align - 1) &^ (align - 1)
	return *(*sigchld)(unsafe.Add(unsafe.Pointer(info), at))
}
