package process

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Settle gives back what only the start has needed: the pages of the program
// itself that were mapped for it, most of what a half takes. Those that are
// needed again come back from the page cache, in a microsecond each.
func Settle() {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	smaps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer smaps.Close()
	for _, m := range cleanMappings(smaps, self) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_DONTNEED) // else they stay
	}
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
