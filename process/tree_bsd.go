//go:build darwin || freebsd

package process

import (
	"bytes"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// ourChildren are those of the process table whose parent we are.
func ourChildren() (pids []int, ok bool) {
	self := os.Getpid()
	table := descendants()
	for _, m := range table {
		if m.ppid == self {
			pids = append(pids, m.pid)
		}
	}
	return pids, len(table) > 0
}

// signalProc looks once more before it signals. Without pidfds a pid that is
// given to another process in between cannot be excluded.
func signalProc(m proc, sig syscall.Signal) {
	if now, ok := readProc(m.pid); ok && now.start == m.start {
		_ = unix.Kill(m.pid, sig)
	}
}

// variable finds name in a block of NUL-ended strings.
func variable(block []byte, name string) (string, bool) {
	for _, v := range bytes.Split(block, []byte{0}) {
		if rest, ok := bytes.CutPrefix(v, []byte(name+"=")); ok {
			return string(rest), true
		}
	}
	return "", false
}
