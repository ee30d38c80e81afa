package faults

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// until asks again and again whether something holds: every few milliseconds
// for a second, since times are measured by it, then more rarely, since to ask
// often means to read all of /proc.
func until(limit time.Duration, holds func() bool) bool {
	begun := time.Now()
	for {
		asked := time.Now()
		if holds() {
			return true
		}
		since := time.Since(begun)
		if since >= limit {
			return false
		}
		pause := 10 * time.Millisecond
		if since > time.Second {
			pause = 100 * time.Millisecond
		}
		<-time.After(min(max(pause, 2*time.Since(asked)), max(limit-since, time.Millisecond)))
	}
}

// info is what /proc says of a process.
type info struct {
	pid, ppid, pgrp, session int
	state                    byte
	comm                     string
	threads                  int
}

// lives: a zombie with threads has lost no more than its first one.
func (i info) lives() bool { return i.state != 'Z' && i.state != 'X' || i.threads > 1 }

// look reads /proc/PID/stat (proc_pid_stat(5)); not ok when it has gone.
func look(pid int) (info, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	end := bytes.LastIndexByte(text, ')')
	if err != nil || end < 0 {
		return info{}, false
	}
	open := bytes.IndexByte(text, '(')
	f := strings.Fields(string(text[end+1:]))
	n := func(i int) int { v, _ := strconv.Atoi(f[i]); return v }
	return info{
		pid: pid, comm: string(text[open+1 : end]), state: f[0][0],
		ppid: n(1), pgrp: n(2), session: n(3), threads: n(17),
	}, true
}

func alive(pid int) bool {
	i, ok := look(pid)
	return ok && i.lives()
}

// pids are all processes.
func pids() []int {
	folder, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(-1)
	var out []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			out = append(out, pid)
		}
	}
	return out
}

// marked are the living processes whose arguments or environment name the
// case's folder: those that cleared their environment have it in argv.
func marked(dir string) []info {
	var found []info
	for _, pid := range pids() {
		if pid == os.Getpid() || !mentions(pid, dir) {
			continue
		}
		if i, ok := look(pid); ok && i.lives() {
			found = append(found, i)
		}
	}
	return found
}

// mentions reports whether a process has what in its arguments or environment.
// Those of a process whose main thread has ended are its other threads'.
func mentions(pid int, what string) bool {
	folder := "/proc/" + strconv.Itoa(pid) + "/"
	args, _ := os.ReadFile(folder + "cmdline")
	if bytes.Contains(args, []byte(what)) {
		return true
	}
	env, err := os.ReadFile(folder + "environ")
	if err == nil && len(env) > 0 {
		return bytes.Contains(env, []byte(what))
	}
	if i, ok := look(pid); !ok || i.threads < 2 {
		return false
	}
	threads, _ := filepath.Glob(folder + "task/*/environ")
	for _, name := range threads {
		if env, err := os.ReadFile(name); err == nil && bytes.Contains(env, []byte(what)) {
			return true
		}
	}
	return false
}

func children(pid int) []info {
	var found []info
	for _, p := range pids() {
		if i, ok := look(p); ok && i.ppid == pid {
			found = append(found, i)
		}
	}
	return found
}

// status is a line of /proc/PID/status.
func status(pid int, key string) string {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// kib is a size of /proc/PID/FILE in KiB, 0 if it is not there.
func kib(pid int, file, key string) int {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/" + file)
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, key+":"); ok {
			n, _ := strconv.Atoi(strings.Fields(v)[0])
			return n
		}
	}
	return 0
}

func descriptors(pid int) int {
	names, _ := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd")
	return len(names)
}

// kill sends a signal to one process or, negative, to its group. A pid that was
// not found, being 0, would be our own group.
func kill(pid int, sig unix.Signal) {
	if pid > 1 || pid < -1 {
		_ = unix.Kill(pid, sig) // it may have gone: then that shows
	}
}
