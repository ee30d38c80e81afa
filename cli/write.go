package cli

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// statusPipe is 128 and SIGPIPE: the reader of our output went away.
const statusPipe = 141

// writeFailed gives an error of writing our output its words and its status.
// Where SIGPIPE is not ignored it has ended us before.
func writeFailed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPIPE):
		return silent{statusPipe}
	}
	return fileError(fmt.Sprintf("cannot write: %v", bare(err)), "")
}

// readerGone calls gone when nobody reads f any more: who writes seldom would
// not know for long.
func readerGone(f *os.File, gone func()) {
	fds := []unix.PollFd{{Fd: int32(f.Fd())}} // an error or a hang-up is told unasked
	for {
		n, err := unix.Poll(fds, -1)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return
		case n > 0:
			gone()
			return
		}
	}
}
