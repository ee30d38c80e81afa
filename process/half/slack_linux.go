package half

import "syscall"

// Of prctl(2); the package syscall has no names for them.
const (
	setTimerSlack = 29
	getTimerSlack = 30
)

// SetTimerSlack sets the timer slack of the calling thread, with which what it
// forks begins (PR_SET_TIMERSLACK(2const)); 0 is that with which the thread began.
func SetTimerSlack(ns uintptr) {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setTimerSlack, ns, 0)
}

func timerSlack() uintptr {
	ns, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, getTimerSlack, 0, 0)
	if errno != 0 {
		return 0
	}
	return ns
}
