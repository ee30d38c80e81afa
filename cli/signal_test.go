package cli

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"ganger/control"

	"golang.org/x/sys/unix"
)

func TestSignalsThatStop(t *testing.T) {
	for _, sig := range []unix.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP} {
		t.Run(unix.SignalName(sig), func(t *testing.T) {
			leakCheck(t)
			s := launch(t, folder(t, "web: child serve", "worker: child serve"), "start", "-p", "none")
			s.await(`web\.1 +\| ready`)
			s.await(`worker\.1 +\| ready`)
			s.signal(sig)
			s.ends(0)
			s.await(`system +\| stopping.*: SIGTERM to 2 processes, 1 min 0 s to go`)
			s.await(`web\.1 +\| got SIGTERM`)
			s.await(`worker\.1 +\| got SIGTERM`)
			s.await(`web\.1 exited with status 0`)
			s.none("failed")
		})
	}
}

// npm, npx and yarn send INT two or three times for one ^C, and some shells
// TERM behind it.
func TestOneStopForManySignals(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child stubborn"), "start", "-p", "none", "-t", "60")
	pid := s.awaitPID(`ready (\d+)`)
	// While it is stopped, so that they come at once, however busy the machine is.
	s.signal(unix.SIGSTOP)
	for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGINT, unix.SIGTERM, unix.SIGINT} {
		s.signal(sig)
	}
	s.signal(unix.SIGCONT)
	s.await("got SIGTERM")
	// What was sent before the first of these is handled when the second is:
	// the runtime hands signals out in the order of their numbers.
	s.signal(unix.SIGUSR1)
	s.await("SIGUSR1 passed on")
	s.signal(unix.SIGUSR2)
	s.await("SIGUSR2 passed on")
	if err := unix.Kill(pid, unix.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	s.ends(0)
	s.none("killing")
	if n := s.count(`\| got SIG(TERM|INT)`); n != 1 {
		t.Errorf("the child got %d stop signals, want 1:\n%s", n, s.text())
	}
}

func TestSecondInterruptKills(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child stubborn"), "start", "-p", "none", "-t", "60")
	s.await("ready")
	s.signal(unix.SIGINT)
	s.await("got SIGTERM")
	// One that comes too soon belongs to the first: so they come until it is
	// understood.
	for range int(patience / (50 * time.Millisecond)) {
		if s.count("killing at once") > 0 {
			break
		}
		s.signal(unix.SIGINT)
		select {
		case <-time.After(50 * time.Millisecond):
		case <-s.ended:
		}
	}
	s.await(`system +\| killing at once: web\.1 \(pid \d+: child stubborn\)`)
	s.ends(0)
	s.await(`web\.1 ended by SIGKILL`)
}

func TestQuitKillsAtOnce(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child stubborn"), "start", "-p", "none", "-t", "60")
	s.await("ready")
	s.signal(unix.SIGQUIT)
	s.ends(0)
	s.await(`killing at once: web\.1`)
	s.none("goroutine")
}

func TestUserSignalsReachTheApp(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child serve"), "start", "-p", "none", "web=2")
	s.await(`web\.1 +\| ready`)
	s.await(`web\.2 +\| ready`)
	s.await(`started web\.1 .*web\.2 `) // which its own lines may come before
	s.signal(unix.SIGUSR1)
	s.await(`web\.1 +\| got SIGUSR1`)
	s.await(`web\.2 +\| got SIGUSR1`)
	s.await("SIGUSR1 passed on to 2 processes")
	s.end()
}

// The stop signal, and who gets it, are settings.
func TestStopSettings(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "# ganger: stop-signal=INT", "web: child serve", "worker: child serve"),
		"start", "-p", "none", "--stop-to", "main")
	s.await(`web\.1 +\| ready`)
	s.await(`worker\.1 +\| ready`)
	s.end()
	s.await(`web\.1 +\| got SIGINT`)
	s.await(`worker\.1 +\| got SIGTERM`)
	s.await(`stopping: SIG(INT or SIGTERM|TERM or SIGINT) to 2 processes`)
}

// What was ignored when ganger was started stays ignored.
func TestNohup(t *testing.T) {
	leakCheck(t)
	dir := folder(t, "web: child serve")
	cmd := command(t, dir)
	cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", "trap '' HUP; exec ganger start -p none"}
	s := launchCommand(t, cmd)
	s.await("ready")
	s.await("web.1 started")
	s.signal(unix.SIGHUP)
	s.signal(unix.SIGUSR1)
	s.await("got SIGUSR1") // and HUP, with its lower number, would have come before it
	s.none("stopping")
	s.end()
}

func TestKilledAfterTheTimeout(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child serve", "worker: child stubborn"), "start", "-p", "none", "-t", "web=60,worker=100ms")
	s.await(`web\.1 +\| ready`)
	s.await(`worker\.1 +\| ready`)
	s.end()
	s.await(`worker\.1 \(pid \d+: .*child stubborn\) killed after 0\.1 s`)
	s.none(`web\.1 .*killed`)
}

// When a first process ends, the rest of its tree is ended and named.
func TestLeftoversAreEnded(t *testing.T) {
	for what, line := range map[string]string{
		"in its group":   "web: child orphan",
		"in another one": "web: child orphan away",
	} {
		t.Run(what, func(t *testing.T) {
			leakCheck(t)
			s := launch(t, folder(t, line), "start", "-p", "none")
			pid := s.awaitPID(`left behind: ready (\d+)`)
			s.ends(0)
			s.await(`web\.1 exited with status 0 .*; ending what it left running: child \(pid \d+\)|ended with the run: child \(pid \d+\)`)
			if !gone(pid) {
				t.Errorf("%d is still there:\n%s", pid, s.text())
			}
		})
	}
}

func TestReaderGone(t *testing.T) {
	leakCheck(t)
	cmd := command(t, folder(t, "web: child flood", "worker: child serve"), "start", "-p", "none")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer limit(t, cmd, patience).Stop()
	if _, err := io.ReadFull(out, make([]byte, 100)); err != nil {
		t.Error(err)
	}
	out.Close()
	_ = cmd.Wait() // the status is looked at
	if got := cmd.ProcessState.ExitCode(); got != 141 {
		t.Errorf("ended with %s, want status 141", cmd.ProcessState)
	}
}

// A reader that does not read slows the app, and not the stop.
func TestStopWhileNobodyReads(t *testing.T) {
	leakCheck(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := command(t, folder(t, "web: child flood"), "start", "-p", "none")
	cmd.Stdout = w
	defer w.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !until(func() bool { return full(t, w) }) {
		t.Error("the pipe does not fill up")
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	defer limit(t, cmd, patience).Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v, want status 0", err)
	}
}

// unread starts an app that writes, and restarts, into a pipe that nobody reads.
func unread(t *testing.T) (s *session, r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	cmd := command(t, folder(t, "web: child flood", "# ganger: restart=always restart-delay=0s", "loop: echo again"), "start", "-p", "none")
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &session{t: t, cmd: cmd}, r, w
}

// What ends and is started again while nobody reads waits for the reader, as one
// that writes does: each life would keep its pipe.
func TestRestartsWhileNobodyReads(t *testing.T) {
	leakCheck(t)
	s, r, w := unread(t)
	cmd := s.cmd
	if !until(func() bool { return full(t, w) }) {
		t.Error("the pipe does not fill up")
	}
	c := control.Dial(socketOf(t, s))
	defer c.Close()
	restarts := func() int {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		procs, err := c.Processes(ctx, control.ProcessQuery{Names: []string{"loop.1"}})
		if err != nil {
			t.Fatal(err)
		}
		return procs[0].Restarts
	}
	const many = 100
	same, last := 0, -1
	if !until(func() bool {
		n := restarts()
		if same++; n != last {
			same, last = 0, n
		}
		return n >= many || same == 1000
	}) || last >= many {
		t.Errorf("it was started again %d times, and nobody has read its output", last)
	}
	// The reader comes back, and all goes on.
	read := make(chan struct{})
	go func() { defer close(read); _, _ = io.Copy(io.Discard, r) }()
	if !until(func() bool { return restarts() > last+2*livesUnread }) {
		t.Error("it is not started again though the output is read")
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	defer limit(t, cmd, patience).Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v, want status 0", err)
	}
	w.Close()
	<-read
}

// One that waits like that is taken back by a stop.
func TestStopOfHeldRestart(t *testing.T) {
	leakCheck(t)
	s, _, _ := unread(t)
	cmd := s.cmd
	c := control.Dial(socketOf(t, s))
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	waits, last := 0, -1
	if !until(func() bool {
		procs, err := c.Processes(ctx, control.ProcessQuery{Names: []string{"loop.1"}})
		if err != nil {
			t.Fatal(err)
		}
		if waits++; procs[0].Restarts != last || procs[0].State != control.Starting {
			waits, last = 0, procs[0].Restarts
		}
		return waits == 1000
	}) {
		t.Error("it does not wait for the reader")
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	defer limit(t, cmd, patience).Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v, want status 0", err)
	}
}

// full reports whether a write to the pipe would wait.
func full(t *testing.T, w *os.File) bool {
	t.Helper()
	raw, err := w.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if cerr := raw.Control(func(fd uintptr) {
		n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 0)
	}); cerr != nil || err != nil && err != unix.EINTR {
		t.Fatal(cerr, err)
	}
	return n == 0
}

func TestFullDisk(t *testing.T) {
	leakCheck(t)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	var stderr strings.Builder
	cmd := command(t, folder(t, "web: child serve"), "start", "-p", "none")
	cmd.Stdout, cmd.Stderr = full, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer limit(t, cmd, patience).Stop()
	_ = cmd.Wait() // the status is looked at
	if got := cmd.ProcessState.ExitCode(); got != 1 {
		t.Errorf("ended with %s, want status 1", cmd.ProcessState)
	}
	if got := stderr.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "no space left on device") {
		t.Errorf("said %q, want one line that tells why", got)
	}
}

// Either half may be killed: the other ends the app.
func TestFrontKilled(t *testing.T) {
	mark := leakCheck(t)
	s := launch(t, folder(t, "web: child serve"), "start", "-p", "none")
	s.await("ready")
	s.signal(unix.SIGKILL)
	s.await("stopping, since the front half is gone: SIGTERM to 1 process")
	s.await("got SIGTERM")
	s.ends(-1)
	if !until(func() bool { return len(marked(mark)) == 0 }) {
		t.Errorf("left: %v", marked(mark))
	}
}

func TestBackKilled(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child serve"), "start", "-p", "none")
	child := s.awaitPID(`ready (\d+)`)
	back := parent(t, child)
	if back == s.cmd.Process.Pid {
		t.Fatal("there is no back between the front and the child")
	}
	if err := unix.Kill(back, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.await(`ganger: the supervisor \(pid \d+\) died, ended by SIGKILL: ending what it ran`)
	s.ends(1)
	if !gone(child) {
		t.Error("the child is still there")
	}
}

// Restarts go on until ganger is asked to stop, also while one waits.
func TestStopWhileARestartWaits(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child status 3"), "start", "-p", "none", "--restart-delay", "1h")
	s.await(`web\.1 exited with status 3 after .*, restarting in 1 h 0 min \(1st time\)`)
	s.end()
}

func TestOneOffGetsSignalsItself(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child serve"), "run", "web")
	pid := s.awaitPID(`^ready (\d+)`)
	if pid != s.cmd.Process.Pid {
		t.Errorf("the command has the pid %d, ganger had %d: it was not replaced", pid, s.cmd.Process.Pid)
	}
	s.signal(unix.SIGINT)
	s.ends(0)
	s.await("^got SIGINT")
}

// --stdin gives ganger's input to one type, also where it is not the terminal.
func TestStdin(t *testing.T) {
	leakCheck(t)
	cmd := command(t, folder(t, "web: child cat", "worker: child serve"), "start", "-p", "none", "--stdin", "web", "--exit-when", "any")
	cmd.Stdin = strings.NewReader("one\ntwo\n")
	s := launchCommand(t, cmd)
	s.await(`web\.1 +\| read one`)
	s.await(`web\.1 +\| read two`)
	s.await(`web\.1 +\| end of input`)
	s.ends(0)
}
