package process

import "golang.org/x/sys/unix"

func pipe2(fd *[2]int) error { return unix.Pipe2(fd[:], unix.O_CLOEXEC) }

// pipeSize is what a pipe is widened to: enough for reader and writer to sleep
// less often, little enough to stay in the cache.
const pipeSize = 256 << 10

// WidenPipe has a pipe hold more than the 64 KiB that are the default. The
// system may refuse it, and a file that is no pipe does: then it stays as it is.
func WidenPipe(fd uintptr) {
	if n, err := unix.FcntlInt(fd, unix.F_GETPIPE_SZ, 0); err == nil && n < pipeSize {
		_, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize)
	}
}
