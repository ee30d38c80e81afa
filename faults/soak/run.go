package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// run is one run of ganger.
type run struct {
	rand   *rand.Rand
	ganger string
	n      int
	did    counts

	dir       string
	cmd       *exec.Cmd
	ended     chan struct{}
	names     []string             // of the processes that should run
	since     map[string]time.Time // when a name was first missing
	last      map[string]int       // the first process that it had then
	suspended bool

	mu    sync.Mutex
	first map[string]int // the first process of each name's last life
	lines []string
}

// commands are what types do. NUMBER is this run's own, by which a process that
// cleared its environment is found.
var commands = []string{
	"sleep NUMBER",
	`trap "" TERM INT HUP; sleep NUMBER & sleep NUMBER`,
	"setsid sleep NUMBER & exec sleep NUMBER",
	"(setsid sh -c 'trap \"\" TERM; sleep NUMBER & sleep NUMBER' &); sleep 0.7; exit 3",
	"while :; do echo a line of output; sleep 0.03; done",
	"sleep 0.2; exit 1",
	"(env -i setsid sleep NUMBER &); exec sleep NUMBER",
	"for i in 1 2 3 4 5 6 7 8; do (sleep 0.2; exit 4) & done; wait; sleep 0.3",
	"head -c 3000000 /dev/zero; sleep 1",
	"exec 1>&- 2>&-; sleep NUMBER",
	"kill -SEGV $$",
	"printf 'no newline'; exec sleep NUMBER",
}

const (
	stopTimeout = time.Second
	endLimit    = stopTimeout + 2*time.Second + 7*time.Second // the machine may be busy
	startLimit  = 10 * time.Second
)

func (r *run) play() error {
	r.did, r.since = counts{}, make(map[string]time.Time)
	r.first, r.last = make(map[string]int), make(map[string]int)
	r.ended = make(chan struct{})
	if err := r.start(); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	defer r.sweep()
	err := r.between()
	if err == nil {
		err = r.end()
	}
	if err != nil {
		r.dump()
	}
	return err
}

// between does what happens before the end.
func (r *run) between() error {
	for range r.rand.IntN(40) {
		r.move()
		if err := r.pause(time.Duration(r.rand.IntN(300)) * time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// start writes a Procfile of a few types and runs it.
func (r *run) start() (err error) {
	if r.dir, err = os.MkdirTemp("", "ganger-soak-"); err != nil {
		return err
	}
	var text strings.Builder
	formation := []string{}
	for i := range 1 + r.rand.IntN(5) {
		name := fmt.Sprintf("t%d", i)
		command := strings.ReplaceAll(commands[r.rand.IntN(len(commands))], "NUMBER", r.number())
		fmt.Fprintf(&text, "%s: %s\n", name, command)
		copies := 1 + r.rand.IntN(3)
		formation = append(formation, fmt.Sprintf("%s=%d", name, copies))
		for n := range copies {
			r.names = append(r.names, fmt.Sprintf("%s.%d", name, n+1))
		}
	}
	if err := os.WriteFile(filepath.Join(r.dir, "Procfile"), []byte(text.String()), 0o644); err != nil {
		return err
	}
	args := append([]string{"start", "-p", "none", "-t", "1", "--color", "never",
		"--restart", "always", "--restart-delay", "0s..0.5s"}, formation...)
	if r.rand.IntN(3) == 0 {
		args = append(args, "--tty", "always")
	}
	r.cmd = exec.Command(r.ganger, args...)
	r.cmd.Dir = r.dir
	// Its sockets go with its folder.
	r.cmd.Env = append(os.Environ(), "SOAK="+r.dir, "XDG_RUNTIME_DIR="+r.dir, "GOTRACEBACK=all", "GORACE=atexit_sleep_ms=0")
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, w, err := os.Pipe()
	if err != nil {
		return err
	}
	r.cmd.Stdout, r.cmd.Stderr = w, w
	err = r.cmd.Start()
	w.Close()
	if err != nil {
		return err
	}
	go r.read(out)
	go func() { _ = r.cmd.Wait(); close(r.ended) }()
	r.did["runs"]++
	return nil
}

func (r *run) number() string { return strconv.Itoa(100000 + os.Getpid()%1000*1000 + r.n%1000) }

// said finds the starts that ganger tells of.
var said = regexp.MustCompile(`(t\d+\.\d+) (?:started )?\(pid (\d+)\)`)

func (r *run) read(out *os.File) {
	defer out.Close()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		line := lines.Text()
		_, text, _ := strings.Cut(line, " system")
		r.mu.Lock()
		if len(line) < 500 {
			r.lines = append(r.lines, line)
		}
		r.lines = r.lines[max(0, len(r.lines)-1000):]
		if strings.Contains(text, "started ") {
			for _, found := range said.FindAllStringSubmatch(text, -1) {
				r.first[found[1]], _ = strconv.Atoi(found[2])
			}
		}
		r.mu.Unlock()
	}
}

func (r *run) tail() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines[max(0, len(r.lines)-500):], "\n")
}

func (r *run) front() int { return r.cmd.Process.Pid }

// back is the half that supervises, 0 before it is there.
func (r *run) back(table []process) int {
	for _, p := range table {
		if p.ppid == r.front() && p.comm == "ganger-back" {
			return p.pid
		}
	}
	return 0
}

// move does something to the run.
func (r *run) move() {
	table := r.ours(processes())
	app := slices.DeleteFunc(slices.Clone(table), func(p process) bool {
		// What has not executed its program yet is still the back; to stop it
		// there would stop the back as well.
		return p.pid == r.front() || p.ppid == r.front() || strings.HasPrefix(p.comm, "ganger") || p.comm == "exe"
	})
	victim := func() int {
		if len(app) == 0 {
			return 0
		}
		return app[r.rand.IntN(len(app))].pid
	}
	fatal := []unix.Signal{unix.SIGKILL, unix.SIGTERM, unix.SIGSEGV, unix.SIGINT, unix.SIGHUP}
	switch n := r.rand.IntN(100); {
	case n < 40:
		r.send("kill of a process", victim(), fatal[r.rand.IntN(len(fatal))])
	case n < 50:
		for range 5 {
			r.send("kill of a process", victim(), unix.SIGKILL)
		}
	case n < 60:
		r.send("stop of a process", victim(), unix.SIGSTOP)
	case n < 70:
		for _, p := range app {
			r.send("continuing a process", p.pid, unix.SIGCONT)
		}
	case n < 80:
		for range 1 + r.rand.IntN(50) {
			r.send("signal to the front", r.front(), []unix.Signal{unix.SIGWINCH, unix.SIGPIPE, unix.SIGTTIN, unix.SIGTTOU}[r.rand.IntN(4)])
		}
	case n < 85:
		if back := r.back(table); back != 0 {
			r.send("signal to the back", back, []unix.Signal{unix.SIGWINCH, unix.SIGPIPE, unix.SIGCHLD, unix.SIGALRM}[r.rand.IntN(4)])
		}
	case n < 95:
		sent := false
		if r.suspended {
			sent = r.send("fg", r.front(), unix.SIGCONT)
		} else {
			sent = r.send("^Z", r.front(), unix.SIGTSTP)
		}
		if sent {
			r.suspended = !r.suspended
			clear(r.since)
		}
	}
}

// send reports whether the signal was sent.
func (r *run) send(what string, pid int, sig unix.Signal) bool {
	// The front has its handlers once it has let the back start something.
	if pid == 0 || pid == r.front() && !r.begun() {
		return false
	}
	if unix.Kill(pid, sig) != nil {
		return false
	}
	r.did[what]++
	return true
}

func (r *run) begun() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.first) > 0
}

// pause waits and then checks.
func (r *run) pause(d time.Duration) error {
	select {
	case <-r.ended:
		<-time.After(time.Second) // its last words are being read
		return fmt.Errorf("it ended by itself: %v", r.cmd.ProcessState)
	case <-time.After(d):
	}
	return r.check()
}

// check holds the process table against what should be.
func (r *run) check() error {
	table := r.ours(processes())
	r.mu.Lock()
	first := make(map[string]int)
	for name, pid := range r.first {
		first[name] = pid
	}
	r.mu.Unlock()
	r.did["checks"]++
	if err := r.nothingOld(table, first); err != nil {
		return err
	}
	if !r.suspended {
		if err := r.running(table, first); err != nil {
			return err
		}
	}
	for _, p := range table {
		if !strings.HasPrefix(p.comm, "ganger") {
			continue
		}
		if rss := p.kib("VmRSS"); rss > 80*1024 {
			return fmt.Errorf("%s has %d KiB", p.comm, rss)
		}
		if n := p.descriptors(); n > 40+3*len(r.names) {
			return fmt.Errorf("%s has %d descriptors", p.comm, n)
		}
	}
	return nil
}

// nothingOld: all of a life is gone before the next begins.
func (r *run) nothingOld(table []process, first map[string]int) error {
	for _, p := range table {
		pid, ok := first[p.mark]
		if !ok || p.pid == pid {
			continue
		}
		leader, ok := find(pid)
		// The clock ticks a hundred times a second: the same tick says nothing.
		if ok && p.start < leader.start && p.still() && leader.still() {
			return fmt.Errorf("%s (pid %d, %s) lives from before pid %d", p.mark, p.pid, p.comm, pid)
		}
	}
	return nil
}

// running: nobody is away for longer than a restart takes.
func (r *run) running(table []process, first map[string]int) error {
	for _, name := range r.names {
		pid := first[name]
		// Where many start at once their pids are not said: then the mark has to do.
		runs := func(p process) bool { return p.pid == pid || pid == 0 && p.mark == name }
		if pid != r.last[name] || slices.ContainsFunc(table, runs) {
			r.last[name] = pid
			delete(r.since, name)
			continue
		}
		if r.since[name].IsZero() {
			r.since[name] = time.Now()
		}
		if away := time.Since(r.since[name]); away > startLimit {
			return fmt.Errorf("%s (last pid %d) has not run for %v", name, pid, away)
		}
	}
	return nil
}

// end ends the run in one of all ways, after which nothing may be left.
func (r *run) end() error {
	back := r.back(r.ours(processes()))
	ways := []struct {
		name string
		do   func()
	}{
		{"end by TERM", func() { _ = unix.Kill(r.front(), unix.SIGTERM) }},
		{"end by INT", func() { _ = unix.Kill(r.front(), unix.SIGINT) }},
		{"end by HUP", func() { _ = unix.Kill(r.front(), unix.SIGHUP) }},
		{"end by QUIT", func() { _ = unix.Kill(r.front(), unix.SIGQUIT) }},
		{"end by a second INT", func() {
			_ = unix.Kill(r.front(), unix.SIGINT)
			<-time.After(350 * time.Millisecond)
			_ = unix.Kill(r.front(), unix.SIGINT)
		}},
		{"end by KILL of the front", func() { _ = unix.Kill(r.front(), unix.SIGKILL) }},
		{"end by KILL of its group", func() { _ = unix.Kill(-r.front(), unix.SIGKILL) }},
		{"end by KILL of the back", func() { _ = unix.Kill(back, unix.SIGKILL) }},
		{"end by a crash of the back", func() { _ = unix.Kill(back, unix.SIGSEGV) }},
		{"end by KILL of the back while it stops", func() {
			_ = unix.Kill(r.front(), unix.SIGTERM)
			<-time.After(time.Duration(r.rand.IntN(1000)) * time.Millisecond)
			_ = unix.Kill(back, unix.SIGKILL)
		}},
		{"end by KILL of the front while it stops", func() {
			_ = unix.Kill(r.front(), unix.SIGTERM)
			<-time.After(time.Duration(r.rand.IntN(1000)) * time.Millisecond)
			_ = unix.Kill(r.front(), unix.SIGKILL)
		}},
	}
	way := ways[r.rand.IntN(len(ways))]
	if back == 0 || !r.begun() {
		way = ways[5] // it has hardly begun
	}
	r.did[way.name]++
	way.do()
	if r.suspended {
		_ = unix.Kill(r.front(), unix.SIGCONT) // as a shell does with a job that it ends
	}
	limit := time.NewTimer(endLimit)
	defer limit.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		left := r.ours(processes())
		if len(left) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-limit.C:
			var names []string
			for _, p := range left {
				names = append(names, fmt.Sprintf("%d %s %c", p.pid, p.comm, p.state))
			}
			return errors.New(way.name + " left " + strings.Join(names, ", "))
		}
	}
}

// dump makes ganger show where it is.
func (r *run) dump() {
	for _, p := range r.ours(processes()) {
		if strings.HasPrefix(p.comm, "ganger") {
			_ = unix.Kill(p.pid, unix.SIGABRT)
			<-time.After(time.Second)
		}
	}
}

// sweep ends what a failure left.
func (r *run) sweep() {
	for _, p := range r.ours(processes()) {
		_ = unix.Kill(p.pid, unix.SIGKILL)
	}
}
