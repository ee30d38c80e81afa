package process

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// descendants reads the process table below this process, parents before
// their children. Without /proc it is empty: then groups are all we know.
func descendants() []proc {
	return below(os.Getpid(), processTable())
}

// processTable is every process that /proc shows.
func processTable() []proc {
	names := readNames("/proc")
	table := make([]proc, 0, len(names))
	buf := make([]byte, 1024)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if m, ok := readStat(pid, buf); ok {
			table = append(table, m)
		}
	}
	return table
}

// readNames reads a folder of /proc.
func readNames(folder string) (names []string) {
	fd, err := openProc(folder)
	if err != nil {
		return nil
	}
	defer closeLook(fd)
	buf := make([]byte, 8192)
	for {
		n, err := unix.ReadDirent(fd, buf)
		switch {
		case err == unix.EINTR:
		case err != nil || n == 0:
			note(err)
			return names
		default:
			_, _, names = unix.ParseDirent(buf[:n], -1, names)
		}
	}
}

// readStat reads /proc/PID/stat (proc_pid_stat(5)).
func readStat(pid int, buf []byte) (proc, bool) {
	fd, err := openProc("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return proc{}, false
	}
	n, err := unix.Read(fd, buf)
	closeLook(fd)
	if err != nil {
		note(err)
		return proc{}, false
	}
	return parseStat(pid, buf[:n])
}

func readProc(pid int) (proc, bool) { return readStat(pid, make([]byte, 1024)) }

// parseStat splits at the last parenthesis: a name may hold any byte, blanks
// and parentheses too. A process is called a zombie as soon as its main thread
// has ended; what has threads lives.
func parseStat(pid int, line []byte) (proc, bool) {
	open, end := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return proc{}, false
	}
	f := bytes.Fields(line[end+1:])
	if len(f) < 20 {
		return proc{}, false
	}
	ended, threads := f[0][0] == 'Z' || f[0][0] == 'X', atoi(f[17])
	m := proc{
		pid:     pid,
		comm:    string(line[open+1 : end]),
		zombie:  ended && threads <= 1,
		undead:  ended && threads > 1,
		ppid:    atoi(f[1]),
		pgrp:    atoi(f[2]),
		session: atoi(f[3]),
	}
	m.start, _ = strconv.ParseUint(string(f[19]), 10, 64)
	return m, true
}

// born reports whether a process is younger than that.
func born(pid int, ago time.Duration) bool {
	m, ok := readStat(pid, make([]byte, 1024))
	var now unix.Timespec
	if !ok || unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return false
	}
	const tick = 10 * time.Millisecond // of /proc: USER_HZ is 100 everywhere
	return time.Duration(now.Nano())-time.Duration(m.start)*tick < ago
}

// commOf is the name that the system has for a process, "" where it has none.
func commOf(pid int) string {
	m, _ := readStat(pid, make([]byte, 1024))
	return m.comm
}

func atoi(b []byte) int {
	n, _ := strconv.Atoi(string(b))
	return n
}

// environOf reads one variable of a process's environment as it was at its
// last exec. Another user's cannot be read.
func environOf(pid int, name string) (string, bool) {
	folder := "/proc/" + strconv.Itoa(pid)
	text, err := readRaw(folder+"/environ", make([]byte, 8192))
	if err != nil || len(text) == 0 {
		text = environOfThread(folder) // the main thread may have ended
	}
	for _, v := range bytes.Split(text, []byte{0}) {
		if rest, ok := bytes.CutPrefix(v, []byte(name+"=")); ok {
			return string(rest), true
		}
	}
	return "", false
}

// inExec reports whether a process has no arguments yet.
func inExec(pid int) bool {
	text, err := readRaw("/proc/"+strconv.Itoa(pid)+"/cmdline", make([]byte, 256))
	return err == nil && len(text) == 0
}

// environOfThread reads it from the first thread that has one.
func environOfThread(folder string) []byte {
	for _, t := range readNames(folder + "/task") {
		if text, err := readRaw(folder+"/task/"+t+"/environ", make([]byte, 8192)); err == nil && len(text) > 0 {
			return text
		}
	}
	return nil
}

// signalProc holds the process by a pidfd while it looks whether it is still
// the one of the table: its pid may have been given to another since.
func signalProc(m proc, sig syscall.Signal) bool {
	fd, err := openLook(func() (int, error) { return unix.PidfdOpen(m.pid, 0) })
	if err != nil {
		// Before Linux 5.3 the look alone has to do.
		return err == unix.ENOSYS && sameProc(m) && unix.Kill(m.pid, sig) == nil
	}
	defer closeLook(fd)
	return sameProc(m) && unix.PidfdSendSignal(fd, sig, nil, 0) == nil
}

func sameProc(m proc) bool {
	now, ok := readStat(m.pid, make([]byte, 1024))
	return ok && now.start == m.start
}

// ourChildren lists those children that the kernel gave us, and may list some
// that we started; not ok where there is no /proc at all.
func ourChildren() (pids []int, ok bool) {
	pids, err := adopted()
	if err == nil {
		return pids, true
	}
	self := os.Getpid()
	table := processTable()
	for _, m := range table {
		if m.ppid == self {
			pids = append(pids, m.pid)
		}
	}
	return pids, len(table) > 0
}

// adopted lists the orphans that the kernel gave us, and some children that we
// started (proc_pid_task_tid_children(5)). A child belongs to the thread that forked it, but an orphan to the first
// thread that lives of whoever adopts it (find_new_reaper in kernel/exit.c): with
// Go, whose main thread never ends, to the main one. It is read at every end of
// a child, so it does without os.File, which would triple its cost.
//
// The kernel puts an orphan at the end of the list in the same moment in which
// its parent dies, which stays in it until we reap it: so none is missed that
// comes while the list is read.
func adopted() (pids []int, err error) {
	main := "/proc/self/task/" + strconv.Itoa(os.Getpid())
	text, err := readRaw(main+"/children", make([]byte, 1024))
	if err != nil {
		return nil, err
	}
	for _, f := range bytes.Fields(text) {
		pids = append(pids, atoi(f))
	}
	return pids, nil
}

// readRaw reads a small file of /proc, into buf if it fits.
func readRaw(name string, buf []byte) ([]byte, error) {
	fd, err := openProc(name)
	if err != nil {
		return nil, err
	}
	defer closeLook(fd)
	got := 0
	for {
		n, err := unix.Read(fd, buf[got:])
		switch {
		case err == unix.EINTR:
		case err != nil:
			note(err)
			return nil, err
		case n == 0:
			return buf[:got], nil
		default:
			if got += n; got == len(buf) {
				buf = append(buf, make([]byte, len(buf))...)
			}
		}
	}
}
