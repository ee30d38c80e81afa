package process

import (
	"bytes"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"
)

// From <sys/procctl.h>.
const (
	procReapGetPids  = 5
	reaperInfoValid  = 0x1
	reaperInfoZombie = 0x8
)

// reaperPidinfo is struct procctl_reaper_pidinfo.
type reaperPidinfo struct {
	pid, subtree int32
	flags        uint32
	_            [15]uint32
}

// reaperPids is struct procctl_reaper_pids.
type reaperPids struct {
	count uint32
	_     [15]uint32
	pids  *reaperPidinfo
}

// descendants asks the kernel for everything below this reaper. A process's
// parent is not told, only the child of ours it descends from, which is as
// good for live descent.
func descendants() []proc {
	infos := make([]reaperPidinfo, 16384)
	ask := reaperPids{count: uint32(len(infos)), pids: &infos[0]}
	if procctl(procReapGetPids, unsafe.Pointer(&ask)) != nil {
		return nil
	}
	var table []proc
	self := unix.Getpid()
	for _, i := range infos {
		if i.flags&reaperInfoValid == 0 {
			break
		}
		m, ok := readProc(int(i.pid))
		if !ok {
			continue
		}
		m.ppid, m.zombie = int(i.subtree), i.flags&reaperInfoZombie != 0
		if m.ppid == m.pid {
			m.ppid = self
		}
		table = append(table, m)
	}
	return below(self, table)
}

// readProc reads what system calls tell of a pid; its start is not among it.
func readProc(pid int) (proc, bool) {
	pgrp, err := unix.Getpgid(pid)
	if err != nil {
		return proc{}, false
	}
	session, _ := unix.Getsid(pid)
	m := proc{pid: pid, pgrp: pgrp, session: session}
	if raw, err := unix.SysctlRaw("kern.proc.args", pid); err == nil {
		argv0, _, _ := bytes.Cut(raw, []byte{0})
		m.comm = filepath.Base(string(argv0))
	}
	return m, true
}

func environOf(pid int, name string) (string, bool) {
	raw, err := unix.SysctlRaw("kern.proc.env", pid)
	if err != nil {
		return "", false
	}
	return variable(raw, name)
}
