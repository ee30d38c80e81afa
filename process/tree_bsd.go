//go:build darwin || freebsd

package process

import (
	"bytes"
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ourChildren lists those of the process table whose parent we are.
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

func inExec(int) bool { return false }

// adopted is not told here but with all descendants.
func adopted() ([]int, error) { return nil, errors.ErrUnsupported }

// signalProc looks once more before it signals. Without pidfds a pid that is
// given to another process in between cannot be excluded.
func signalProc(m proc, sig syscall.Signal) bool {
	now, ok := readProc(m.pid)
	return ok && now.start == m.start && unix.Kill(m.pid, sig) == nil
}

// born is not known here, so nothing is claimed by it.
func born(int, time.Duration) bool { return false }

// commOf is the name that the system has for a process, "" where it has none.
func commOf(pid int) string {
	m, _ := readProc(pid)
	return m.comm
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
