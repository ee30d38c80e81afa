package process

import (
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stopSelf stops this process as SIGTSTP's default action would, and returns
// true when it was continued. The calling goroutine keeps its thread. It is false
// where a signal has come that says to go on or to end, as goesOn tells.
//
// The disposition is set to the default below the Go runtime, and the signal
// is sent to this very thread: kill(getpid()) may be taken by another one, so
// that this one returns before the stop.
//
// A CONT may come at any moment, and is to win. One that the kernel still holds
// would be discarded by our TSTP, so it is looked for first. One that comes
// later discards the TSTP, which is blocked and pending for a moment. In that
// moment what the Go runtime already had is heard.
func stopSelf(goesOn func() bool) bool {
	var dfl, old [sigactionSize]byte // all zero: SIG_DFL, no flags, an empty mask
	var both, before unix.Sigset_t
	both.Val[0] = 1<<(unix.SIGTSTP-1) | 1<<(unix.SIGCONT-1)
	if unix.PthreadSigmask(unix.SIG_BLOCK, &both, &before) != nil {
		return false
	}
	defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) }()
	if !sigaction(unix.SIGTSTP, &dfl, &old) {
		return false
	}
	defer sigaction(unix.SIGTSTP, &old, nil)
	if isPending(unix.SIGCONT) {
		return false
	}
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGTSTP)
	time.Sleep(oneMoment)
	if goesOn() {
		var ign [sigactionSize]byte
		*(*uintptr)(unsafe.Pointer(&ign)) = sigIgn // which discards what is pending
		sigaction(unix.SIGTSTP, &ign, nil)
		return false
	}
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) // here it stops
	return true
}

// isPending reports whether the kernel holds a signal that this thread blocks and
// none has taken.
func isPending(sig unix.Signal) bool {
	const setSize = 8 // as in sigaction
	var set unix.Sigset_t
	_, _, errno := unix.RawSyscall(unix.SYS_RT_SIGPENDING, uintptr(unsafe.Pointer(&set)), setSize, 0)
	return errno == 0 && set.Val[0]>>(uint(sig)-1)&1 == 1
}

// sigIgn is SIG_IGN. The handler stands first in struct sigaction, but on MIPS.
const sigIgn = 1

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
	var now [sigactionSize]byte
	return sigaction(sig, nil, &now) && *(*uintptr)(unsafe.Pointer(&now)) == sigIgn
}
