package process

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Commands of procctl(2), from <sys/procctl.h>.
const (
	pPID            = 0
	procReapAcquire = 2
)

// becomeSubreaper makes orphans among our descendants our children.
func becomeSubreaper() error {
	if err := procctl(procReapAcquire, nil); err != nil && err != unix.EBUSY {
		return fmt.Errorf("cannot adopt orphans: %w", err)
	}
	return nil
}

func procctl(cmd uintptr, data unsafe.Pointer) error {
	_, _, errno := unix.Syscall6(unix.SYS_PROCCTL, pPID, uintptr(os.Getpid()), cmd, uintptr(data), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
