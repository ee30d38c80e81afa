package process

import "golang.org/x/sys/unix"

func pipe2(fd *[2]int) error { return unix.Pipe2(fd[:], unix.O_CLOEXEC) }

// WidenPipe has a pipe hold that many bytes, where the default is 64 KiB. The
// system may refuse it, and a file that is no pipe does: then it stays as it is.
func WidenPipe(fd uintptr, size int) {
	if n, err := unix.FcntlInt(fd, unix.F_GETPIPE_SZ, 0); err == nil && n < size {
		_, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, size)
	}
}
