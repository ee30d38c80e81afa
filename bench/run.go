package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// runVariable marks everything that descends from a run, whatever session,
// group or parent it gives itself.
const runVariable = "BENCH_RUN"

// A run is a manager, or a floor, at work in a folder of its own.
type run struct {
	cmd     *exec.Cmd
	began   int64 // just before the start, monotonic
	mark    string
	reports *reports
	errors  string // the file that takes its stderr
	exited  chan struct{}
}

// start executes a command line in dir. Its stdout is out, or nowhere.
func (l *lab) start(argv []string, dir, mark string, out *os.File, reports *reports) (*run, error) {
	r := &run{
		mark:    mark,
		reports: reports,
		errors:  filepath.Join(dir, "stderr"),
		exited:  make(chan struct{}),
	}
	errFile, err := os.Create(r.errors)
	if err != nil {
		return nil, err
	}
	defer errFile.Close()
	r.cmd = exec.Command(argv[0], argv[1:]...)
	r.cmd.Dir = dir
	r.cmd.Env = l.environ(dir, mark)
	r.cmd.Stderr = errFile
	if out != nil {
		r.cmd.Stdout = out
	}
	// Away from our terminal, as a manager under a service would be.
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	r.began = monotonic()
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = r.cmd.Wait()
		close(r.exited)
	}()
	return r, nil
}

// environ is small and the same on every machine, and its folders are the
// run's own: no settings of the user's, and no socket that outlives the run.
// goreman takes commands on a port only, for the whole network unless it is told
// otherwise.
func (l *lab) environ(dir, mark string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + dir,
		"TMPDIR=" + dir,
		"TMUX_TMPDIR=" + dir,
		"XDG_RUNTIME_DIR=" + dir,
		"LANG=C.UTF-8",
		"TERM=xterm-256color",
		"SHELL=/bin/sh",
		"GOREMAN_RPC_ADDR=127.0.0.1",
		"GOREMAN_RPC_PORT=" + l.port,
		runVariable + "=" + mark,
	}
}

// await returns n reports of processes that run. It fails when the manager
// ends first, or the time is up.
func (r *run) await(n int, deadline time.Time) ([]report, error) {
	got := make(chan struct{})
	defer close(got)
	go func() {
		select {
		case <-got:
		case <-r.exited:
			// Not at once: what was sent before the end is still to be read.
			_ = r.reports.r.SetReadDeadline(time.Now().Add(settle))
		}
	}()
	all, err := r.reports.next(n, deadline)
	if err == nil {
		return all, nil
	}
	select {
	case <-r.exited:
		return nil, fmt.Errorf("it ended early: %s", r.lastWords())
	default:
	}
	return nil, err
}

// An arrival is what await returns.
type arrival struct {
	all []report
	err error
}

// awaiting is await while something else goes on.
func (r *run) awaiting(n int, deadline time.Time) <-chan arrival {
	arrived := make(chan arrival, 1)
	go func() {
		all, err := r.await(n, deadline)
		arrived <- arrival{all, err}
	}()
	return arrived
}

// lastWords is the last line that the manager wrote to stderr, or how it ended.
func (r *run) lastWords() string {
	text, _ := os.ReadFile(r.errors)
	text = bytes.TrimSpace(text)
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		text = text[i+1:]
	}
	if len(text) > 0 {
		return string(text)
	}
	if r.cmd.ProcessState != nil {
		return r.cmd.ProcessState.String()
	}
	return "it said nothing"
}

// members are the living processes of the run. The mark alone would miss a
// manager that writes a title over its environment, so its pid and all
// descendants count, too.
func (r *run) members() []proc {
	pid := r.cmd.Process.Pid
	select {
	case <-r.exited:
		pid = -1 // may be somebody else's by now
	default:
	}
	return withDescendants(processes(runVariable+"="+r.mark+"\x00"), func(p proc) bool {
		return p.marked || p.pid == pid
	})
}

// own are the members that the manager is made of: all but the processes that
// it was asked to run.
func (r *run) own(processes []report) []proc {
	theirs := make(map[int]bool)
	for _, p := range processes {
		theirs[p.pid] = true
	}
	var own []proc
	for _, p := range r.members() {
		if !theirs[p.pid] {
			own = append(own, p)
		}
	}
	return own
}

// kill ends every member, at once.
func (r *run) kill() { killAll(r.members) }

// end kills what is left and closes what is open.
func (r *run) end() error {
	err := killAll(r.members)
	if err == nil {
		<-r.exited
	}
	if r.reports != nil {
		r.reports.close()
	}
	return err
}

// killAll kills until nothing is left to kill: what is killed may just have
// started something else.
func killAll(members func() []proc) error {
	began := time.Now()
	for ; ; time.Sleep(2 * time.Millisecond) {
		left := members()
		if len(left) == 0 {
			return nil
		}
		var failed error
		for _, p := range left {
			if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				failed = fmt.Errorf("cannot kill %s (pid %d): %w", p.name, p.pid, err)
			}
		}
		if time.Since(began) > limit {
			return errors.Join(fmt.Errorf("cannot end what it started: %s", names(left)), failed)
		}
	}
}

// names lists what is there, with a count of each: "2 sh, tmux".
func names(all []proc) string {
	var order []string
	count := make(map[string]int)
	for _, p := range all {
		if count[p.name]++; count[p.name] == 1 {
			order = append(order, p.name)
		}
	}
	for i, name := range order {
		if count[name] > 1 {
			order[i] = fmt.Sprintf("%d %s", count[name], name)
		}
	}
	return strings.Join(order, ", ")
}
