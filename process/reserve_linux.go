package process

import (
	"sync"

	"golang.org/x/sys/unix"
)

// reserveSize is what one look takes: a pidfd, and a file of /proc beside it.
const reserveSize = 2

// reserve are descriptors that are kept for looks. An app may have so many
// processes that none is left for the pipes of another; it is ended all the same.
var reserve struct {
	mu   sync.Mutex
	kept []int
}

// fillReserve is called while there are descriptors to be had.
func fillReserve() {
	for range reserveSize {
		if fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
			closeLook(fd)
		}
	}
}

// openLook opens what a look needs, if need be with a descriptor of the reserve.
// Another may take that in between: then the look has failed.
func openLook(open func() (int, error)) (int, error) {
	fd, err := open()
	for err == unix.EINTR {
		fd, err = open()
	}
	if !short(err) {
		return fd, err
	}
	reserve.mu.Lock()
	defer reserve.mu.Unlock()
	if n := len(reserve.kept); n > 0 {
		_ = unix.Close(reserve.kept[n-1])
		reserve.kept = reserve.kept[:n-1]
		for fd, err = open(); err == unix.EINTR; {
			fd, err = open()
		}
	}
	note(err)
	return fd, err
}

// closeLook gives it back. The reserve keeps it as it is if it has lost one.
func closeLook(fd int) {
	reserve.mu.Lock()
	defer reserve.mu.Unlock()
	if len(reserve.kept) < reserveSize {
		reserve.kept = append(reserve.kept, fd)
	} else {
		_ = unix.Close(fd)
	}
}

// openProc opens a file or folder of /proc.
func openProc(name string) (int, error) {
	return openLook(func() (int, error) { return unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
}

// note counts an error that says nothing about who is there.
func note(err error) {
	if short(err) {
		missed.Add(1)
	}
}

func short(err error) bool { return err == unix.EMFILE || err == unix.ENFILE || err == unix.ENOMEM }
