package treestat

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"ganger/listen"
)

// Read looks once at the trees, which are given as pids. Of another user's
// process the ports are seen by root alone.
//
// It reads /proc itself: importing gopsutil takes a tenth of a millisecond of
// every start, ours that of all commands.
func Read(trees map[string][]int) map[string]Stat {
	r := reader{booted: bootTime(), listening: listeners(), buf: make([]byte, 4096)}
	stats := make(map[string]Stat, len(trees))
	for name, pids := range trees {
		var s Stat
		var ports []int
		for _, pid := range pids {
			r.usage(&s, pid)
			ports = r.ports(ports, pid)
		}
		s.setPorts(ports)
		stats[name] = s
	}
	return stats
}

// reader holds what is the same for all processes.
type reader struct {
	booted    time.Time
	listening map[uint64]int // ports by inode
	buf       []byte
	names     []string
}

// listeners are the ports of all listening TCP sockets by inode.
func listeners() map[uint64]int {
	all, _ := listen.Sockets()
	ports := make(map[uint64]int, len(all))
	for _, s := range all {
		ports[s.Inode] = s.Port()
	}
	return ports
}

// tick is the unit of times in /proc: USER_HZ is 100 on all architectures that
// Go knows.
const tick = 10 * time.Millisecond

// bootTime is when the clock that processes' starts are counted in was zero.
func bootTime() time.Time {
	var up unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) != nil {
		return time.Time{}
	}
	return time.Now().Add(-time.Duration(up.Nano()))
}

// usage adds what /proc/PID/stat tells (proc_pid_stat(5)).
func (r *reader) usage(s *Stat, pid int) {
	text := r.read("/proc/" + strconv.Itoa(pid) + "/stat")
	// After the name, which may hold any byte.
	f := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	// Counted from the state: the third field of the file.
	const utime, stime, cutime, cstime, start, rss = 11, 12, 13, 14, 19, 21
	if len(f) <= rss {
		return
	}
	ticks := number(f[utime]) + number(f[stime]) + number(f[cutime]) + number(f[cstime])
	s.add(number(f[rss])*uint64(os.Getpagesize()), time.Duration(ticks)*tick, r.booted.Add(time.Duration(number(f[start]))*tick))
}

// number reads a number; one that is none or negative is 0.
func number(b []byte) uint64 {
	n, _ := strconv.ParseUint(string(b), 10, 64)
	return n
}

// read reads a file of /proc that is smaller than the buffer.
func (r *reader) read(path string) []byte {
	fd, err := open(unix.AT_FDCWD, path, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	for {
		n, err := unix.Read(fd, r.buf)
		if err == unix.EINTR {
			continue
		}
		return r.buf[:max(n, 0)]
	}
}

// ports appends the ports of the listening sockets that a process has open.
func (r *reader) ports(ports []int, pid int) []int {
	if len(r.listening) == 0 {
		return ports
	}
	dir, err := open(unix.AT_FDCWD, "/proc/"+strconv.Itoa(pid)+"/fd", unix.O_DIRECTORY)
	if err != nil {
		return ports
	}
	defer unix.Close(dir)
	for {
		n, err := unix.ReadDirent(dir, r.buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return ports
		}
		_, _, r.names = unix.ParseDirent(r.buf[:n], -1, r.names[:0])
		for _, name := range r.names {
			if port, ok := r.listening[socket(dir, name)]; ok {
				ports = append(ports, port)
			}
		}
	}
}

// socket is the inode of the socket that a descriptor is; 0 if it is another
// thing.
func socket(dir int, name string) uint64 {
	var st unix.Stat_t
	if unix.Fstatat(dir, name, &st, 0) != nil || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return 0
	}
	return st.Ino
}

func open(dir int, path string, flags int) (fd int, err error) {
	for {
		fd, err = unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC|flags, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}
