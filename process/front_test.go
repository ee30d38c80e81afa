//go:build linux

package process

import (
	"bufio"
	"fmt"
	"ganger/process/half"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// halves is a front, its back and the back's one process.
type halves struct {
	t     *testing.T
	mark  string
	front *exec.Cmd
	back  int
	lines *bufio.Scanner
	errs  strings.Builder
}

// startHalves returns when the child is ready.
func startHalves(t *testing.T, part string) *halves {
	t.Helper()
	h := newHalves(t, "front", part)
	h.ready()
	return h
}

// newHalves starts this binary in a part that is or becomes a front.
func newHalves(t *testing.T, role, part string) *halves {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h := prepareHalves(t, exe, role, part)
	h.run()
	return h
}

// prepareHalves is for those who change the command before they run it.
func prepareHalves(t *testing.T, exe, role, part string) *halves {
	t.Helper()
	h := &halves{t: t, mark: fmt.Sprintf("%s-%d", t.Name(), time.Now().UnixNano())}
	h.front = exec.Command(exe)
	h.front.Env = append(os.Environ(), childVar+"="+role, backVar+"="+part, testVar+"="+h.mark, "GORACE=atexit_sleep_ms=0")
	// A group of its own, so that what is sent to it does not reach the test.
	h.front.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return h
}

func (h *halves) run() {
	h.t.Helper()
	t := h.t
	out, err := h.front.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	h.front.Stderr = &h.errs
	// Who lives on with our stderr open is not waited for.
	h.front.WaitDelay = time.Second
	if err := h.front.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, pid := range marked(h.mark) {
			t.Errorf("left over: pid %d", pid)
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	})
	h.lines = bufio.NewScanner(out)
}

// ready waits for the child.
func (h *halves) ready() {
	h.t.Helper()
	h.expect("ready")
	for _, m := range processTable() {
		if m.ppid == h.front.Process.Pid && m.comm == half.Name {
			h.back = m.pid
		}
	}
}

func (h *halves) expect(line string) {
	h.t.Helper()
	if !h.lines.Scan() || h.lines.Text() != line {
		h.t.Fatalf("got line %q, want %q (stderr: %s)", h.lines.Text(), line, h.errs.String())
	}
}

// ended waits for the front and then for everybody else: the output is a pipe
// that all of them hold.
func (h *halves) ended() *os.ProcessState {
	h.t.Helper()
	for h.lines.Scan() {
	}
	_ = h.front.Wait() // the state says how it ended
	return h.front.ProcessState
}

// insist interrupts the front until it has ended: it may hear the first one late.
func (h *halves) insist() *os.ProcessState {
	h.t.Helper()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			_ = unix.Kill(h.front.Process.Pid, unix.SIGINT)
			select {
			case <-ended:
				return
			case <-time.After(Together):
			}
		}
	}()
	return h.ended()
}

// gone waits until nobody of the test is left.
func (h *halves) gone() {
	h.t.Helper()
	for deadline := time.Now().Add(patience); len(marked(h.mark)) > 0; runtimeYield() {
		if time.Now().After(deadline) {
			h.t.Fatalf("alive: %v", marked(h.mark))
		}
	}
}

func TestHalvesEndCleanly(t *testing.T) {
	h := startHalves(t, "polite")
	_ = unix.Kill(h.front.Process.Pid, unix.SIGTERM)
	h.expect("got SIGTERM")
	if code := h.ended().ExitCode(); code != 7 {
		t.Errorf("the front ended with %d, want the back's 7", code)
	}
	h.gone()
}

func TestSignalsAreRelayed(t *testing.T) {
	h := startHalves(t, "polite")
	for _, sig := range []syscall.Signal{unix.SIGINT, unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2, unix.SIGQUIT, unix.SIGWINCH, unix.SIGCONT} {
		_ = unix.Kill(h.front.Process.Pid, sig)
		h.expect("link " + SignalName(sig))
	}
	// These do no harm.
	for _, sig := range []syscall.Signal{unix.SIGPIPE, unix.SIGTTIN, unix.SIGTTOU} {
		_ = unix.Kill(h.front.Process.Pid, sig)
	}
	_ = unix.Kill(h.front.Process.Pid, unix.SIGUSR1)
	h.expect("link SIGUSR1")
	_ = unix.Kill(h.front.Process.Pid, unix.SIGTERM)
	h.ended()
	h.gone()
}

func TestFrontKilled(t *testing.T) {
	for _, part := range []string{"polite", "stubborn", "escape daemon stubborn", "escape bare stubborn"} {
		t.Run(part, func(t *testing.T) {
			h := startHalves(t, part)
			_ = unix.Kill(-h.front.Process.Pid, unix.SIGKILL) // its whole group
			if part == "polite" {
				h.expect("got SIGTERM") // the stop is the normal one
			}
			h.ended()
			h.gone()
		})
	}
}

func TestBackKilled(t *testing.T) {
	for _, part := range []string{"polite", "stubborn", "escape daemon stubborn", "escape bare stubborn"} {
		t.Run(part, func(t *testing.T) {
			h := startHalves(t, part)
			_ = unix.Kill(h.back, unix.SIGKILL)
			if code := h.ended().ExitCode(); code != 1 {
				t.Errorf("the front ended with %d, want 1", code)
			}
			if !strings.Contains(h.errs.String(), "died, ended by SIGKILL: ending what it ran") {
				t.Errorf("stderr: %s", h.errs.String())
			}
			if left := marked(h.mark); len(left) > 0 {
				t.Errorf("alive when the front has ended: %v", left)
			}
		})
	}
}

// A CONT that comes while the front is about to stop is not lost, but for one that
// comes just as the front stops itself, which the kernel discards.
func TestContinuedAtAnyMoment(t *testing.T) {
	h := startHalves(t, "polite")
	front := h.front.Process.Pid
	lines := make(chan string)
	next := func() {
		h.lines.Scan()
		lines <- h.lines.Text()
	}
	lost := 0
	for n := range 150 {
		time.Sleep(2 * oneMoment) // the next one is another moment
		_ = unix.Kill(front, unix.SIGTSTP)
		for range n * 40 {
			runtimeYield()
		}
		_ = unix.Kill(front, unix.SIGCONT)
		go next()
		for waits := true; waits; {
			select {
			case line := <-lines:
				if line != "link SIGCONT" { // which a stopped one does not relay
					t.Fatalf("got line %q (stderr: %s)", line, h.errs.String())
				}
				waits = false
			case <-time.After(time.Second):
				if stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", front)); strings.Contains(string(stat), ") T ") {
					lost++
					_ = unix.Kill(front, unix.SIGCONT)
				}
			}
		}
	}
	if lost > 8 {
		t.Errorf("%d of 150 were lost", lost)
	}
	_ = unix.Kill(front, unix.SIGTERM)
	h.expect("got SIGTERM")
	h.ended()
}

// A back that does not end when all is to be killed is killed itself.
func TestHungBack(t *testing.T) {
	h := newHalves(t, "impatient", "escape daemon stubborn")
	h.ready()
	if code := h.insist().ExitCode(); code != 1 { // on INT, which this back does not act on
		t.Errorf("the front ended with %d, want 1", code)
	}
	if !strings.Contains(h.errs.String(), "has not ended 300ms after all was to be killed: killing it") {
		t.Errorf("stderr: %s", h.errs.String())
	}
	h.gone()
}

// Who asks twice while the front ends what a dead back ran has it killed at once.
func TestSecondSignalWhileTheFrontEnds(t *testing.T) {
	t.Setenv(timeoutVar, "1h")
	h := startHalves(t, "stubborn")
	_ = unix.Kill(h.back, unix.SIGKILL)
	for end := time.Now().Add(patience); unix.Kill(h.back, 0) == nil; runtimeYield() {
		if time.Now().After(end) {
			t.Fatal("the front does not reap the back") // as it does when it begins to end the rest
		}
	}
	h.insist()
	h.gone()
}

// A back that the system does not let end, though it has said that it does, is not
// waited for.
func TestUndeadBack(t *testing.T) {
	t.Setenv(undeadVar, "1")
	h := startHalves(t, "polite")
	_ = unix.Kill(h.front.Process.Pid, unix.SIGTERM)
	h.expect("got SIGTERM")
	if err := h.front.Wait(); h.front.ProcessState.ExitCode() != 7 {
		t.Errorf("the front ended with %v, want the back's 7", err)
	}
	_ = unix.Kill(h.back, unix.SIGKILL)
}

// A front that gets no more address space still ends the app.
func TestBackKilledWithoutAddressSpace(t *testing.T) {
	for range 5 {
		h := startHalves(t, "escape daemon stubborn")
		pid := h.front.Process.Pid
		statm, err := os.ReadFile("/proc/" + itoa(pid) + "/statm")
		if err != nil {
			t.Fatal(err)
		}
		pages, err := strconv.ParseUint(strings.Fields(string(statm))[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		all := pages * uint64(os.Getpagesize())
		if err := unix.Prlimit(pid, unix.RLIMIT_AS, &unix.Rlimit{Cur: all, Max: all}, nil); err != nil {
			t.Fatal(err)
		}
		_ = unix.Kill(h.back, unix.SIGKILL)
		if code := h.ended().ExitCode(); code != 1 {
			t.Errorf("the front ended with %d, want 1 (stderr: %.300s)", code, h.errs.String())
		}
		if left := marked(h.mark); len(left) > 0 {
			t.Fatalf("alive when the front has ended: %v", left)
		}
	}
}

// The front stops like any other program at SIGTSTP, after the app, and goes on
// with it.
func TestSuspend(t *testing.T) {
	h := startHalves(t, "polite")
	pid := h.front.Process.Pid
	if err := unix.Kill(pid, unix.SIGTSTP); err != nil {
		t.Fatal(err)
	}
	var ws unix.WaitStatus
	if _, err := unix.Wait4(pid, &ws, unix.WUNTRACED, nil); err != nil || !ws.Stopped() || ws.StopSignal() != unix.SIGTSTP {
		t.Fatalf("wait: %v, status %v", err, ws)
	}
	_ = unix.Kill(pid, unix.SIGCONT)
	h.expect("link SIGCONT")
	_ = unix.Kill(pid, unix.SIGTERM)
	h.expect("got SIGTERM")
	h.ended()
	h.gone()
}

// A back that somebody stopped would hear of no stop.
func TestStoppedBackStops(t *testing.T) {
	h := startHalves(t, "polite")
	if err := unix.Kill(h.back, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	_ = unix.Kill(h.front.Process.Pid, unix.SIGTERM)
	h.expect("got SIGTERM")
	h.ended()
	h.gone()
}

// A script may have started something before it became the front: that is its
// child, and no business of the run.
func TestWhatWasThereBeforeIsLeftAlone(t *testing.T) {
	for _, sig := range []syscall.Signal{unix.SIGTERM, unix.SIGKILL} {
		t.Run(SignalName(sig), func(t *testing.T) {
			h := newHalves(t, "guest", "escape bare stubborn")
			if !h.lines.Scan() {
				t.Fatal(h.errs.String())
			}
			guest, err := strconv.Atoi(h.lines.Text())
			if err != nil {
				t.Fatal(err)
			}
			h.ready()
			victim := h.front.Process.Pid
			if sig == unix.SIGKILL {
				victim = h.back
			}
			_ = unix.Kill(victim, sig)
			h.ended()
			h.gone()
			m, ok := readStat(guest, make([]byte, 1024))
			if !ok || m.zombie {
				t.Error("the front ended what it had not started")
			}
			_ = unix.Kill(guest, unix.SIGKILL)
		})
	}
}

// What became another user's is not waited for: a stop that cannot end it says
// so and goes on.
func TestOutOfReach(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make a setuid program")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, file := range []string{"ganger", "setuid"} {
		if err := exec.Command("cp", exe, dir+"/"+file).Run(); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{dir + "/..": 0o755, dir: 0o755, dir + "/ganger": 0o755, dir + "/setuid": 0o755 | os.ModeSetuid} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	h := prepareHalves(t, dir+"/ganger", "front", "root")
	h.front.Env = append(h.front.Env, exeVar+"="+dir+"/setuid")
	h.front.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	h.front.Dir = "/"
	h.run()
	h.ready()
	pids := marked(h.mark)
	_ = unix.Kill(h.front.Process.Pid, unix.SIGTERM)
	_ = h.front.Wait() // the output stays open: the process that became root has it
	if code := h.front.ProcessState.ExitCode(); code != 7 {
		t.Errorf("the front ended with %d, want the back's 7 (stderr: %s)", code, h.errs.String())
	}
	left := marked(h.mark)
	if len(left) != 1 {
		t.Errorf("%d of %d processes are left, want the one of root", len(left), len(pids))
	}
	for _, pid := range left {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	h.gone()
}
