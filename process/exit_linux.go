package process

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Exits are found by asking for each first process when SIGCHLD comes: a
// quarter of a microsecond each. A goroutine in wait4 would cost a thread a
// child, a pidfd in the poller a descriptor and a goroutine, and every
// descriptor of ours is copied and closed again by every fork.

// watchExit looks whether p has ended already: its SIGCHLD may have come before
// p was known.
func (k *Keeper) watchExit(p *Process) {
	if status, ended := zombie(p.PID(), unix.WNOHANG); ended {
		k.exited(p, status)
		wake(k.look)
	}
}

// findEnded tells of each first process that has ended since the last look;
// whoever calls it looks at the trees next.
func (k *Keeper) findEnded() {
	for _, p := range k.inPhase(running) {
		if status, ended := zombie(p.pid, unix.WNOHANG); ended {
			k.exited(p, status)
		} else if k.killedBefore(p) && withheld(p.pid) {
			k.exited(p, Status{Signal: unix.SIGKILL})
		}
	}
}

// withheld reports whether a child has ended that is not given to us: a
// debugger traces it and has not taken note (ptrace(2)).
func withheld(pid int) bool {
	m, ok := readStat(pid, make([]byte, 1024))
	return ok && m.zombie
}

// awaitZombie waits for a child's end and leaves it a zombie.
func awaitZombie(pid int) Status {
	status, _ := zombie(pid, 0)
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
