package portalloc

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ganger/listen"
)

// Holders looks once for who listens on each of the ports. A port on which
// nobody listens is not in the result. The processes of other users are found
// by root alone.
//
// It reads the descriptors of every process, some milliseconds on a busy
// machine, so it is for ports that are known to be taken.
func Holders(ports []int) map[int]Holder {
	sockets := listeners(ports)
	if len(sockets) == 0 {
		return nil
	}
	holders := make(map[int]Holder, len(ports))
	for _, s := range sockets {
		holders[s.Port()] = Holder{UID: s.UID}
	}
	for port, pids := range pidsByPort(sockets) {
		h := holders[port]
		describe(&h, master(pids))
		holders[port] = h
	}
	return holders
}

// listeners returns the listening sockets of these ports by inode.
func listeners(ports []int) map[uint64]listen.Socket {
	all, _ := listen.Sockets()
	found := make(map[uint64]listen.Socket)
	for _, s := range all {
		if slices.Contains(ports, s.Port()) {
			found[s.Inode] = s
		}
	}
	return found
}

// pidsByPort returns, by port, the processes that have one of the sockets open.
func pidsByPort(sockets map[uint64]listen.Socket) map[int][]int {
	found := make(map[int][]int)
	for _, pid := range numbers("/proc") {
		dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
		for _, fd := range numbers(dir) {
			link, _ := os.Readlink(filepath.Join(dir, strconv.Itoa(fd)))
			number, isSocket := strings.CutPrefix(link, "socket:[")
			if !isSocket {
				continue
			}
			inode, _ := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64)
			s, ok := sockets[inode]
			if pids := found[s.Port()]; ok && (len(pids) == 0 || pids[len(pids)-1] != pid) {
				found[s.Port()] = append(pids, pid)
			}
		}
	}
	return found
}

// numbers returns the entries of a folder that are numbers; none where it
// cannot be read.
func numbers(dir string) []int {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	list := make([]int, 0, len(names))
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// master picks, of the processes that share a socket, one whose parent is not
// among them: the server that forked the others.
func master(pids []int) int {
	sharing := make(map[int]bool, len(pids))
	for _, pid := range pids {
		sharing[pid] = true
	}
	best := 0
	for _, pid := range pids {
		if !sharing[parent(pid)] && (best == 0 || pid < best) {
			best = pid
		}
	}
	return best
}

// describe fills in what /proc tells of the process and the run it belongs to.
func describe(h *Holder, pid int) {
	h.PID = pid
	h.Program = program(pid)
	// Up to the ganger itself and not beyond: its own environment may carry
	// the mark of another ganger around it. The two halves' names both begin
	// with ours.
	for p := pid; p > 0; p = parent(p) {
		name := comm(p)
		if name == "ganger" {
			h.GangerPID = p
			return
		}
		if h.Process == "" && !strings.HasPrefix(name, "ganger") {
			h.Process, h.Ganger = mark(p)
		}
	}
}

// mark reads the name of the process and the app root that ganger puts into the
// environment of whatever it starts.
func mark(pid int) (process, root string) {
	data, _ := os.ReadFile(proc(pid, "environ"))
	for entry := range bytes.SplitSeq(data, []byte{0}) {
		name, value, _ := strings.Cut(string(entry), "=")
		switch name {
		case "GANGER_PROCESS":
			// A ganger within a ganger appends: web.1/worker.2.
			process = value[strings.LastIndexByte(value, '/')+1:]
		case "GANGER_ROOT":
			root = value
		}
	}
	if process == "" {
		return "", ""
	}
	return process, root
}

// program is the name that ps shows, mended where that is cut to 15 bytes or is
// the name of a thread: node calls its own MainThread or node-MainThread.
func program(pid int) string {
	name := comm(pid)
	exe, err := os.Readlink(proc(pid, "exe"))
	if err != nil {
		return name
	}
	const longest = 15
	file := strings.TrimSuffix(filepath.Base(exe), " (deleted)")
	if len(name) == longest && strings.HasPrefix(file, name) || strings.HasSuffix(name, "MainThread") {
		return file
	}
	return name
}

func comm(pid int) string {
	data, _ := os.ReadFile(proc(pid, "comm"))
	return string(bytes.TrimSuffix(data, []byte("\n")))
}

// parent is the pid of the parent, 0 where there is none to be seen.
func parent(pid int) int {
	data, _ := os.ReadFile(proc(pid, "stat"))
	// The name, in parentheses, may hold spaces and parentheses itself.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 2 {
		return 0
	}
	ppid, _ := strconv.Atoi(fields[1])
	return ppid
}

func proc(pid int, file string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), file)
}
