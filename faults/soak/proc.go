package soak

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// process is what /proc says of one.
type process struct {
	pid, ppid int
	comm      string
	state     byte
	start     int64  // in ticks since boot
	mark      string // the name that ganger gave it
	number    string // in its arguments: which edition of its type it runs
}

// processes are all that live.
func processes() []process {
	names, _ := filepath.Glob("/proc/[0-9]*")
	var all []process
	for _, name := range names {
		pid, _ := strconv.Atoi(filepath.Base(name))
		if p, ok := find(pid); ok {
			all = append(all, p)
		}
	}
	return all
}

func find(pid int) (process, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if err != nil || open < 0 || end < open {
		return process{}, false
	}
	f := strings.Fields(string(text[end+1:]))
	p := process{pid: pid, comm: string(text[open+1 : end]), state: f[0][0]}
	p.ppid, _ = strconv.Atoi(f[1])
	p.start, _ = strconv.ParseInt(f[19], 10, 64)
	return p, p.state != 'Z' && p.state != 'X'
}

// still reports whether it lives on.
func (p process) still() bool {
	now, ok := find(p.pid)
	return ok && now.start == p.start
}

// ours are those of this run: by its folder in their environment, or by its
// number in their arguments.
func (r *run) ours(all []process) []process {
	var found []process
	for _, p := range all {
		folder := "/proc/" + strconv.Itoa(p.pid)
		vars, _ := os.ReadFile(folder + "/environ")
		args, _ := os.ReadFile(folder + "/cmdline")
		for arg := range strings.SplitSeq(string(args), "\x00") {
			if strings.HasPrefix(arg, r.number()+".") {
				p.number = arg
			}
		}
		env := strings.Split(string(vars), "\x00")
		if p.number == "" && !slices.Contains(env, "SOAK="+r.dir) {
			continue
		}
		for _, v := range env {
			if mark, ok := strings.CutPrefix(v, "GANGER_PROCESS="); ok {
				p.mark = mark
			}
		}
		found = append(found, p)
	}
	return found
}

func (p process) kib(key string) int {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(p.pid) + "/status")
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, key+":"); ok {
			n, _ := strconv.Atoi(strings.Fields(v)[0])
			return n
		}
	}
	return 0
}

func (p process) descriptors() int {
	names, _ := os.ReadDir("/proc/" + strconv.Itoa(p.pid) + "/fd")
	return len(names)
}
