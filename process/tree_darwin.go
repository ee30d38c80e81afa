package process

import (
	"bytes"
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

// szomb is SZOMB of <sys/proc.h>.
const szomb = 5

// descendants are those below us, and the orphans, whom launchd adopts, that
// carry the mark of this run.
func descendants() []proc {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.uid", os.Getuid())
	if err != nil {
		return nil
	}
	table := make([]proc, 0, len(all))
	for i := range all {
		table = append(table, procOf(&all[i]))
	}
	out := below(os.Getpid(), table)
	for _, m := range table {
		if m.ppid == 1 && ofThisRun(m.pid) {
			out = append(out, m)
			out = append(out, below(m.pid, table)...)
		}
	}
	return out
}

func ofThisRun(pid int) bool {
	run, ok := environOf(pid, RunVar)
	return ok && run == runID()
}

func procOf(k *unix.KinfoProc) proc {
	pid := int(k.Proc.P_pid)
	session, _ := unix.Getsid(pid)
	return proc{
		pid:     pid,
		ppid:    int(k.Eproc.Ppid),
		pgrp:    int(k.Eproc.Pgid),
		session: session,
		comm:    unix.ByteSliceToString(k.Proc.P_comm[:]),
		zombie:  k.Proc.P_stat == szomb,
		start:   uint64(k.Proc.P_starttime.Sec)*1e6 + uint64(k.Proc.P_starttime.Usec),
	}
}

func readProc(pid int) (proc, bool) {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(k.Proc.P_pid) != pid {
		return proc{}, false
	}
	return procOf(k), true
}

// environOf reads KERN_PROCARGS2: the argument count, the program's path,
// padding, the arguments, the environment.
func environOf(pid int, name string) (string, bool) {
	raw, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(raw) < 4 {
		return "", false
	}
	args := int(binary.NativeEndian.Uint32(raw))
	_, rest, _ := bytes.Cut(raw[4:], []byte{0})
	rest = bytes.TrimLeft(rest, "\x00")
	for range args {
		if _, rest, _ = bytes.Cut(rest, []byte{0}); rest == nil {
			return "", false
		}
	}
	return variable(rest, name)
}
