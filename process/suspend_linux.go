package process

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stopSelf stops this process as SIGTSTP's default action would, and returns
// when it was continued. The calling goroutine keeps its thread.
//
// The disposition is set to the default below the Go runtime, and the signal
// is sent to this very thread: kill(getpid()) may be taken by another one, so
// that this one returns before the stop.
func stopSelf() {
	var dfl, old [sigactionSize]byte // all zero: SIG_DFL, no flags, an empty mask
	if !sigaction(unix.SIGTSTP, &dfl, &old) {
		return
	}
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGTSTP)
	sigaction(unix.SIGTSTP, &old, nil)
}

// sigactionSize holds the kernel's struct sigaction of any architecture, which
// is passed here as bytes that only the kernel reads.
const sigactionSize = 64

func sigaction(sig unix.Signal, set, old *[sigactionSize]byte) bool {
	const setSize = 8 // of sigset_t; 16 on MIPS, where the call fails and nothing stops
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), setSize, 0, 0)
	return errno == 0
}

// orphanedGroup reports whether our process group is orphaned: no member has a
// parent in another group of the same session, so that no shell watches it and
// the kernel discards SIGTSTP.
func orphanedGroup() bool {
	group := unix.Getpgrp()
	session, err := unix.Getsid(0)
	if err != nil {
		return true
	}
	buf := make([]byte, 1024)
	for pid := os.Getppid(); pid > 0; {
		parent, ok := readStat(pid, buf)
		if !ok || parent.session != session {
			return true
		}
		if parent.pgrp != group {
			return false
		}
		pid = parent.ppid // of our group itself: its parent may be the shell
	}
	return true
}

// isIgnored asks the kernel: the runtime knows it of HUP and INT alone.
func isIgnored(sig syscall.Signal) bool {
	const sigIgn = 1
	var now [sigactionSize]byte
	// The handler stands first in the structure, but on MIPS.
	return sigaction(sig, nil, &now) && *(*uintptr)(unsafe.Pointer(&now)) == sigIgn
}
