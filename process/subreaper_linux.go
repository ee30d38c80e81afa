package process

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// becomeSubreaper makes orphans among our descendants our children
// (PR_SET_CHILD_SUBREAPER(2const)).
func becomeSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("cannot adopt orphans: %w", err)
	}
	return nil
}

// rename sets the name that ps and pkill see.
func rename(name string) {
	// The file of the whole process names its main thread; prctl(PR_SET_NAME)
	// would name whichever thread runs this.
	_ = os.WriteFile("/proc/self/comm", []byte(name), 0)
}

// maskIsEmpty reports whether this thread blocks no signal. All threads of a Go
// program begin with the mask that it was started with.
func maskIsEmpty() bool {
	var now unix.Sigset_t
	return unix.PthreadSigmask(unix.SIG_BLOCK, nil, &now) == nil && now == unix.Sigset_t{}
}

// emptyMask lets every signal through to what this thread forks, whatever was
// blocked when we were started.
func emptyMask() {
	var none unix.Sigset_t
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil)
}
