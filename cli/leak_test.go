package cli

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// markVar is in the environment of every process that a test starts, with the
// test's own value: so what outlives it is found.
const markVar = "GANGER_CLI_TEST"

// patience bounds every wait for something that has to happen. No test takes
// this long unless it fails.
const patience = time.Minute

// until asks again and again until done says yes or nobody believes it any more.
// What takes its time to ask is not asked all the time.
func until(done func() bool) bool {
	for begun := time.Now(); ; {
		asked := time.Now()
		if done() {
			return true
		}
		if time.Since(begun) > patience {
			return false
		}
		time.Sleep(max(time.Millisecond, time.Since(asked)/4))
	}
}

// patient is a context for what has to come to its end.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// receive waits for what is told.
func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	guard := time.NewTimer(patience)
	defer guard.Stop()
	select {
	case v := <-from:
		return v
	case <-guard.C:
		t.Fatalf("%s: nothing within %s", what, patience)
		panic("unreachable")
	}
}

// limit ends a command that does not end by itself, and fails the test then.
// Whoever waits for it stops the timer afterwards.
func limit(t *testing.T, cmd *exec.Cmd, after time.Duration) *time.Timer {
	cmd.WaitDelay = after // for who holds its output open
	return time.AfterFunc(after, func() {
		t.Errorf("%s does not end within %s", strings.Join(cmd.Args, " "), after)
		_ = cmd.Process.Kill()
	})
}

// finish runs a command to its end and gives what it says.
func finish(t *testing.T, cmd *exec.Cmd) (string, error) {
	t.Helper()
	return finishWithin(t, cmd, patience)
}

func finishWithin(t *testing.T, cmd *exec.Cmd, after time.Duration) (string, error) {
	t.Helper()
	var said bytes.Buffer
	cmd.Stdout = &said
	if cmd.Stderr == nil {
		cmd.Stderr = &said
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	defer limit(t, cmd, after).Stop()
	err := cmd.Wait()
	return said.String(), err
}

// leakCheck fails the test when a goroutine, a descriptor or a process outlives
// it. It is called first, so that what the test itself cleans up is gone.
func leakCheck(t *testing.T) (mark string) {
	t.Helper()
	mark = markOf(t)
	goroutines, files := runtime.NumGoroutine(), descriptors()
	t.Cleanup(func() {
		if left := endMarked(mark); left != "" {
			t.Errorf("processes outlive the test: %s", left)
		}
		if !until(func() bool { return runtime.NumGoroutine() <= goroutines }) {
			stacks := make([]byte, 1<<20)
			t.Errorf("goroutines outlive the test:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
		var extra []string
		for fd, what := range descriptors() {
			if files[fd] != what {
				extra = append(extra, fd+" "+what)
			}
		}
		if len(extra) > 0 {
			t.Errorf("descriptors outlive the test: %s", strings.Join(extra, ", "))
		}
	})
	return mark
}

// descriptors are those of this process, by number, with what they lead to.
// Those of the runtime itself are its own business.
func descriptors() map[string]string {
	files := make(map[string]string)
	names, _ := filepath.Glob("/proc/self/fd/*")
	for _, name := range names {
		what, err := os.Readlink(name)
		if err == nil && !strings.Contains(what, "[event") && !strings.HasPrefix(what, "/proc/") {
			files[filepath.Base(name)] = what
		}
	}
	return files
}

// markOf is the mark of a test's processes.
func markOf(t *testing.T) string { return t.Name() + "-" + strconv.Itoa(os.Getpid()) }

// marked finds the processes whose environment has the mark. One that is a
// zombie has ended, and has no environment any more.
func marked(mark string) []int {
	var pids []int
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		vars, err := os.ReadFile(file)
		if err != nil || !slices.ContainsFunc(bytes.Split(vars, []byte{0}), func(v []byte) bool {
			return string(v) == markVar+"="+mark
		}) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		pids = append(pids, pid)
	}
	return pids
}

// endMarked ends the processes that have the mark and names them. Those that are
// about to end, as the one that said so last, have the time to.
func endMarked(mark string) string {
	var names []string
	for end := time.Now().Add(patience / 3); len(marked(mark)) > 0 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	for _, pid := range marked(mark) {
		line, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		names = append(names, strconv.Itoa(pid)+" "+string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	return strings.Join(names, "; ")
}

// parent is the pid of a process's parent.
func parent(t *testing.T, pid int) int {
	t.Helper()
	out, err := exec.CommandContext(patient(t), "ps", "-o", "ppid=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Skipf("ps: %v", err)
	}
	parent, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return parent
}

// gone reports whether the process has ended, whoever reaps it.
func gone(pid int) bool {
	if unix.Kill(pid, 0) == unix.ESRCH {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && bytes.Contains(stat, []byte(") Z "))
}

func TestMarkedFindsWhatIsLeft(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("no /proc here")
	}
	mark := leakCheck(t)
	s := launch(t, folder(t, "web: child serve"), "start", "-p", "none")
	s.await("ready")
	left := marked(mark)
	if len(left) != 3 {
		t.Errorf("found %v, want the front, the back and the child", left)
	}
	s.end()
}
