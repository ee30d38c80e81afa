//go:build linux

package process

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestStatus(t *testing.T) {
	b := newBed(t)
	for _, c := range []struct {
		part string
		want Status
	}{
		{"exit 0", Status{}},
		{"exit 3", Status{Code: 3}},
	} {
		r := b.start(b.spec(c.part))
		pid := until[Started](r).PID
		if got := until[Exited](r).Status; got != c.want {
			t.Errorf("%s: status %+v, want %+v", c.part, got, c.want)
		}
		until[Gone](r)
		if err := unix.Kill(pid, 0); err != unix.ESRCH {
			t.Errorf("%s: pid %d is still there after Gone: %v", c.part, pid, err)
		}
		if err := r.p.Signal(unix.SIGTERM); err == nil {
			t.Errorf("%s: a signal after Gone went somewhere", c.part)
		}
	}
}

func TestSignalDeath(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("sleep"))
	r.ready()
	if err := r.p.SignalGroup(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	got := until[Exited](r).Status
	if got.Signal != unix.SIGTERM || got.Shell() != 143 || got.String() != "ended by SIGTERM" {
		t.Errorf("status %v, $? %d", got, got.Shell())
	}
	until[Gone](r)
}

func TestEventsInOrder(t *testing.T) {
	b := newBed(t)
	for range 50 {
		r := b.start(b.spec("exit 0"))
		for _, want := range []string{"Started", "Exited", "Gone"} {
			var got string
			switch r.event().(type) {
			case Started:
				got = "Started"
			case Exited:
				got = "Exited"
			case Gone:
				got = "Gone"
			}
			if got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	}
}

func TestCannotStart(t *testing.T) {
	b := newBed(t)
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plain := write("plain", "text", 0o644)
	for name, c := range map[string]struct {
		argv   string
		dir    string
		status int
		why    string
	}{
		"not on PATH":    {"no-such-program-here", "/", 127, "not found on PATH"},
		"no file":        {"./nothing", "/", 127, "./nothing: not found"},
		"not executable": {plain, "/", 126, "permission denied"},
		"a folder":       {"/usr", "/", 126, "it is a folder"},
		"no interpreter": {write("script", "#!/no/such/interpreter -x\n", 0o755), "/", 126, "bad interpreter: /no/such/interpreter -x"},
		"no folder":      {"/bin/sh", "/no/such/folder", 127, "folder /no/such/folder"},
	} {
		t.Run(name, func(t *testing.T) {
			s := b.spec("exit 0")
			s.Argv, s.Dir = []string{c.argv}, c.dir
			e, ok := b.start(s).event().(NotStarted)
			if !ok || e.Canceled || e.Status.Code != c.status || !strings.Contains(e.Err.Error(), c.why) {
				t.Errorf("got %+v, want status %d and %q", e, c.status, c.why)
			}
		})
	}
}

func TestScriptWithoutInterpreterLine(t *testing.T) {
	b := newBed(t)
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte("echo \"ran $0 with $1\"\nexit 4\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := b.spec("")
	s.Argv = []string{path, "an argument"}
	r := b.start(s)
	if got, want := r.line(), "ran "+path+" with an argument"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := until[Exited](r).Status.Code; got != 4 {
		t.Errorf("status %d, want 4", got)
	}
	until[Gone](r)
}

func TestPathOfTheChild(t *testing.T) {
	b := newBed(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bin", "tool"), []byte("#!/bin/sh\necho mine\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := b.spec("")
	s.Argv, s.Dir = []string{"tool"}, dir
	s.Env = []string{"PATH=bin:/bin", testVar + "=" + b.mark} // relative to the child's folder
	r := b.start(s)
	if got := r.line(); got != "mine" {
		t.Errorf("got %q", got)
	}
	until[Gone](r)
}

func TestCancel(t *testing.T) {
	b := newBed(t)
	var runs []*run
	for range 200 {
		r := b.start(b.spec("sleep"))
		r.p.Kill() // before the start, or at any moment of it
		runs = append(runs, r)
	}
	for _, r := range runs {
		switch e := r.event().(type) {
		case NotStarted:
			if !e.Canceled {
				t.Fatalf("not canceled: %v", e.Err)
			}
		case Started:
			until[Gone](r)
		}
	}
}

func TestStdin(t *testing.T) {
	b := newBed(t)
	s := b.spec("read")
	s.Stdin = StdinNull
	r := b.start(s)
	r.ready()
	if got, want := r.line(), `read "" <nil>`; got != want {
		t.Errorf("null: %q, want %q", got, want)
	}
	until[Gone](r)

	r = b.start(b.spec("read"))
	r.ready()
	for pid := until[Started](r).PID; !inRead(pid); {
		runtimeYield()
	}
	_ = r.p.SignalGroup(unix.SIGTERM)
	if got := until[Exited](r).Status.Signal; got != unix.SIGTERM {
		t.Errorf("the open stdin ended: %v", got)
	}
	until[Gone](r)
}

// inRead reports whether a thread of pid waits for its input.
func inRead(pid int) bool {
	tasks, _ := filepath.Glob("/proc/" + itoa(pid) + "/task/*/syscall")
	for _, f := range tasks {
		if text, err := os.ReadFile(f); err == nil && strings.HasPrefix(string(text), "0 0x0 ") {
			return true
		}
	}
	return false
}

func TestChildInheritsNothing(t *testing.T) {
	b := newBed(t)
	before := given()
	busy := b.start(b.spec("sleep")) // its pipe is one of ours
	busy.ready()
	s := b.spec("")
	s.Argv = []string{"/bin/sh", "-c", "echo /proc/self/fd/*"}
	r := b.start(s)
	for _, path := range strings.Fields(r.line()) {
		fd := filepath.Base(path)
		if n, _ := strconv.Atoi(fd); n > 2 && !before[fd] && !openedByShell(path) {
			t.Errorf("a child has descriptor %s of ours", fd)
		}
	}
	until[Gone](r)
	busy.p.Kill()
	until[Gone](busy)
}

// openedByShell: the pattern was expanded by reading the folder, with one
// descriptor that is gone by now.
func openedByShell(path string) bool { return filepath.Base(path) == "3" }

func TestMaskAndDispositions(t *testing.T) {
	b := newBed(t)
	b.k.CatchSignals()
	s := b.spec("")
	s.Argv = []string{"/bin/cat", "/proc/self/status"}
	r := b.start(s)
	until[Gone](r)
	r.files.Wait()
	close(r.lines)
	seen := 0
	for l := range r.lines {
		name, bits, _ := strings.Cut(l, ":")
		switch name {
		case "SigBlk", "SigIgn", "SigCgt":
			seen++
			if strings.Trim(bits, "\t 0") != "" {
				t.Errorf("a child starts with %s", l)
			}
		}
	}
	if seen != 3 {
		t.Errorf("%d of 3 lines in /proc/self/status", seen)
	}
}

func TestOwnSessionAndMark(t *testing.T) {
	b := newBed(t)
	s := b.spec("")
	s.Argv = []string{"/bin/sh", "-c", `read -r a b c d pgrp session rest < /proc/$$/stat; echo $$ $pgrp $session $` + MarkVar}
	r := b.start(s)
	f := strings.Fields(r.line())
	if len(f) != 4 || f[0] != f[1] || f[1] != f[2] || f[3] != "web.1" {
		t.Errorf("pid, group, session and mark: %v", f)
	}
	until[Gone](r)
}

func TestTerminal(t *testing.T) {
	b := newBed(t)
	s := b.spec("")
	s.TTY = true
	s.Argv = []string{"/bin/sh", "-c", `test -t 0 && test -t 1 && test -t 2 && stty size < /dev/tty; read -r line; stty size; echo "got $line"; read -r never`}
	r := b.start(s)
	if got := r.line(); got != "24 80" {
		t.Errorf("size %q, want 24 80", got)
	}
	e := until[Started](r)
	if !e.TTY || e.Stderr != nil {
		t.Errorf("%+v", e)
	}
	b.k.Resize(Size{50, 132})
	if _, err := e.Stdout.WriteString("hello\n"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for len(got) < 3 {
		got = append(got, r.line())
	}
	if want := []string{"hello", "50 132", "got hello"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	r.p.Kill()
	until[Gone](r)
}

func TestSeparateStreams(t *testing.T) {
	b := newBed(t)
	s := b.spec("")
	s.Separate = true
	s.Argv = []string{"/bin/sh", "-c", "echo out; echo err >&2"}
	r := b.start(s)
	e := until[Started](r)
	if e.Stderr == nil {
		t.Fatal("no second pipe")
	}
	defer e.Stderr.Close()
	buf := make([]byte, 100)
	n, err := e.Stderr.Read(buf)
	if err != nil || string(buf[:n]) != "err\n" {
		t.Errorf("stderr: %q %v", buf[:n], err)
	}
	if got := r.line(); got != "out" {
		t.Errorf("stdout: %q", got)
	}
	until[Gone](r)
}

func TestStopGroupOnce(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("polite"))
	r.ready()
	if err := r.p.Signal(unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if got := r.line(); got != "got SIGUSR1" {
		t.Errorf("got %q", got)
	}
	if err := r.p.SignalGroup(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := r.line(); got != "got SIGTERM" {
		t.Errorf("got %q", got)
	}
	until[Gone](r)
}

// A stopped process leaves signals pending: a stop continues it.
func TestStopOfTheStopped(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("polite"))
	r.ready()
	pid := until[Started](r).PID
	_ = unix.Kill(pid, unix.SIGSTOP)
	_ = r.p.SignalGroup(unix.SIGTERM)
	if got := until[Exited](r).Status; got != (Status{}) {
		t.Errorf("status %v", got)
	}
	until[Gone](r)
}

// Whoever is told that a process has started may signal it at that moment.
func TestSignalAtTheStart(t *testing.T) {
	b := newBed(t)
	handle, sent := make(chan *Process, 1), make(chan error, 1)
	events := make(chan Event, 10)
	handle <- b.k.Start(b.spec("sleep"), func(e Event) {
		if _, is := e.(Started); is {
			sent <- (<-handle).SignalGroup(unix.SIGTERM)
		}
		events <- e
	})
	r := &run{t: t, events: events}
	if s := until[Started](r); s.Stdout != nil {
		defer s.Stdout.Close()
	}
	if err := <-sent; err != nil {
		t.Fatalf("signal as it was told that it started: %v", err)
	}
	if got := until[Exited](r).Status.Signal; got != unix.SIGTERM {
		t.Errorf("ended by %v, want SIGTERM", got)
	}
	until[Gone](r)
}

// Two may see one end. The slower of them, who comes when all is over, does not
// make it begin anew: the pid may be another's by then.
func TestEndSeenTwice(t *testing.T) {
	b := newBed(t)
	r := b.start(b.spec("exit 3"))
	until[Gone](r)
	b.k.exited(r.p, Status{})
	if err := r.p.Signal(unix.SIGTERM); err != errGone {
		t.Errorf("signal to a pid that is free: %v, want none to be sent", err)
	}
	select {
	case e := <-r.events:
		t.Errorf("after Gone came %+v", e)
	default:
	}
}
