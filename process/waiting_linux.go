package process

import (
	"bytes"
	"encoding/binary"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// terminal is a pty and its foreground process group.
type terminal struct {
	group int
	index int // of /dev/pts
}

// foregroundOf asks the master of a pty.
func foregroundOf(master *os.File) (t terminal, err error) {
	conn, err := master.SyscallConn()
	if err != nil {
		return t, err
	}
	var asked error
	err = conn.Control(func(fd uintptr) {
		if t.group, asked = unix.IoctlGetInt(int(fd), unix.TIOCGPGRP); asked == nil {
			t.index, asked = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err == nil {
		err = asked
	}
	return t, err
}

// waits looks at every thread of the foreground group.
func (t terminal) waits() InputWait {
	most := NotWaiting
	for _, m := range processTable() {
		if m.pgrp != t.group || m.zombie {
			continue
		}
		folder := "/proc/" + strconv.Itoa(m.pid)
		threads, _ := os.ReadDir(folder + "/task")
		for _, thread := range threads {
			most = max(most, t.threadWaits(m.pid, folder+"/task/"+thread.Name()))
		}
	}
	return most
}

// threadWaits looks in which system call a thread is, and on which descriptors
// (proc_pid_syscall(5)).
func (t terminal) threadWaits(pid int, folder string) InputWait {
	text, err := os.ReadFile(folder + "/syscall")
	if err != nil {
		return waitsByChannel(folder)
	}
	call, args := parseSyscall(string(text))
	switch syscallKind(call) {
	case callRead:
		if t.is(pid, int(int32(args[0]))) {
			return Reading
		}
	case callPoll:
		if t.polled(pid, args[0], args[1]) {
			return Polling
		}
	case callSelect:
		if t.selected(pid, args[0], args[1]) {
			return Polling
		}
	case callEpoll:
		if t.inEpoll(pid, int(int32(args[0]))) {
			return Polling
		}
	}
	return NotWaiting
}

// waitsByChannel tells from the kernel function in which a thread sleeps. The
// one of terminals is that of some sockets as well.
func waitsByChannel(folder string) InputWait {
	channel, _ := os.ReadFile(folder + "/wchan")
	switch string(channel) {
	case "n_tty_read":
		return Reading
	case "wait_woken":
		return Polling
	}
	return NotWaiting
}

// is reports whether a descriptor of a process is the terminal.
func (t terminal) is(pid, fd int) bool {
	var st unix.Stat_t
	if unix.Stat("/proc/"+strconv.Itoa(pid)+"/fd/"+strconv.Itoa(fd), &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFCHR {
		return false
	}
	const pts, ptsLast, minors = 136, 143, 256 // Documentation/admin-guide/devices.txt
	switch major, minor := int(unix.Major(uint64(st.Rdev))), int(unix.Minor(uint64(st.Rdev))); {
	case major == 5 && minor == 0: // /dev/tty: of a process in the foreground of t it is t
		return true
	case major >= pts && major <= ptsLast:
		return (major-pts)*minors+minor%minors == t.index%((ptsLast-pts+1)*minors)
	}
	return false
}

// pollMost bounds how many descriptors of one call are looked at.
const pollMost = 1024

// polled looks into the array of a poll.
func (t terminal) polled(pid int, array, count uint64) bool {
	const size = 8          // of struct pollfd: an int and two shorts
	const readNormal = 0x40 // POLLRDNORM
	mem := memory(pid, array, min(count, pollMost)*size)
	for ; len(mem) >= size; mem = mem[size:] {
		fd := int(int32(binary.NativeEndian.Uint32(mem)))
		events := binary.NativeEndian.Uint16(mem[4:])
		if events&(unix.POLLIN|readNormal) != 0 && t.is(pid, fd) {
			return true
		}
	}
	return false
}

// selected looks into the set of descriptors to be read of a select.
func (t terminal) selected(pid int, count, set uint64) bool {
	if set == 0 {
		return false
	}
	const word = 64 // the set is an array of longs; on 32 bits it is read the same unless big-endian
	count = min(count, pollMost)
	mem := memory(pid, set, (count+word-1)/word*word/8)
	for fd := range min(int(count), 8*len(mem)) {
		bits := binary.NativeEndian.Uint64(mem[fd/word*8:])
		if bits>>(fd%word)&1 != 0 && t.is(pid, fd) {
			return true
		}
	}
	return false
}

// inEpoll reads what an epoll descriptor waits for (proc_pid_fdinfo(5)).
func (t terminal) inEpoll(pid, epoll int) bool {
	info, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/fdinfo/" + strconv.Itoa(epoll))
	for line := range bytes.Lines(info) {
		f := bytes.Fields(line)
		if len(f) < 4 || string(f[0]) != "tfd:" || string(f[2]) != "events:" {
			continue
		}
		events, err := strconv.ParseUint(string(f[3]), 16, 32)
		if err == nil && events&unix.EPOLLIN != 0 && t.is(pid, atoi(f[1])) {
			return true
		}
	}
	return false
}

// memory reads a part of a process's memory; none where we may not.
func memory(pid int, at, size uint64) []byte {
	if at == 0 || size == 0 {
		return nil
	}
	b := make([]byte, size)
	local := []unix.Iovec{{Base: (*byte)(unsafe.Pointer(&b[0]))}}
	local[0].SetLen(len(b))
	n, err := unix.ProcessVMReadv(pid, local, []unix.RemoteIovec{{Base: uintptr(at), Len: len(b)}}, 0)
	if err != nil {
		return nil
	}
	return b[:n]
}

// parseSyscall reads the number of a system call and its arguments; -1 if the
// thread is in none.
func parseSyscall(text string) (call int, args [6]uint64) {
	f := strings.Fields(text)
	if len(f) < 1+len(args) {
		return -1, args
	}
	call, err := strconv.Atoi(f[0])
	if err != nil {
		return -1, args
	}
	for i := range args {
		args[i], _ = strconv.ParseUint(strings.TrimPrefix(f[i+1], "0x"), 16, 64)
	}
	return call, args
}

type callKind uint8

const (
	callOther callKind = iota
	callRead
	callPoll
	callSelect
	callEpoll
)

// syscallKind knows the calls by which one waits for input. Newer architectures
// do not have the older ones of amd64, by which the others are known there too.
func syscallKind(call int) callKind {
	switch call {
	case unix.SYS_READ, unix.SYS_READV:
		return callRead
	case unix.SYS_PPOLL:
		return callPoll
	case unix.SYS_PSELECT6:
		return callSelect
	case unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_PWAIT2:
		return callEpoll
	}
	if runtime.GOARCH != "amd64" {
		return callOther
	}
	switch call {
	case 7:
		return callPoll
	case 23:
		return callSelect
	case 232: // epoll_wait
		return callEpoll
	}
	return callOther
}
