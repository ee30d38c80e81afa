package process

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Settle gives back what only the start has needed: the pages of the program
// itself that were mapped for it, most of what a half takes. Those that are
// needed again come back from the page cache, in a microsecond each.
//
// Its system calls are raw ones: the others may make the runtime start a thread,
// and where there is none to be had that is our end.
func Settle() {
	self, err := os.Executable() // is known since the start
	if err != nil {
		return
	}
	path := []byte("/proc/self/smaps\x00")
	cwd := unix.AT_FDCWD
	fd, _, errno := unix.RawSyscall6(unix.SYS_OPENAT, uintptr(cwd), uintptr(unsafe.Pointer(&path[0])), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return
	}
	for _, m := range cleanMappings(rawFile(fd), self) {
		_, _, _ = unix.RawSyscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_DONTNEED) // else they stay
	}
	_, _, _ = unix.RawSyscall(unix.SYS_CLOSE, fd, 0, 0)
}

func onMainThread() bool { return unix.Gettid() == os.Getpid() }

// rawFile is the descriptor of a file that is read without waiting.
type rawFile uintptr

func (f rawFile) Read(p []byte) (int, error) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(f), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	switch {
	case errno != 0:
		return 0, errno
	case n == 0:
		return 0, io.EOF
	}
	return int(n), nil
}

// mapping is a part of our memory.
type mapping struct{ from, to uintptr }

// cleanMappings reads smaps for the mappings of a file that can be dropped: they
// cannot be written, and never were. What the loader of a position-independent
// program wrote before it made a mapping read-only would be lost.
func cleanMappings(smaps io.Reader, file string) []mapping {
	var clean []mapping
	var m mapping // of the file and read-only, if it is not zero
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		line := lines.Bytes()
		first, rest, _ := bytes.Cut(line, []byte(" "))
		switch from, to, is := bytes.Cut(first, []byte("-")); {
		case is && bytes.HasPrefix(rest, []byte("r-")) && bytes.HasSuffix(line, []byte(" "+file)):
			m = mapping{address(from), address(to)}
		case is:
			m = mapping{}
		case m.to > m.from && string(first) == "Anonymous:" && string(bytes.TrimSpace(rest)) == "0 kB":
			clean = append(clean, m)
		}
	}
	return clean
}

func address(hex []byte) uintptr {
	n, _ := strconv.ParseUint(string(hex), 16, 64) // 0 is no address of ours
	return uintptr(n)
}
