package faults

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every wait for something that must come.
const patience = 20 * time.Second

// result is what came of a case.
type result struct {
	err     error
	skipped string
	notes   []string // figures
	output  string
}

// bed is one case: a folder with a Procfile, and one run of a supervisor.
type bed struct {
	sup supervisor
	dir string
	cmd *exec.Cmd

	result result
	events chan string // what the children report
	seen   []string    // of them
	pipe   *os.File
	waited chan struct{} // the supervisor has ended
	env    []string
	wrap   func(argv []string) []string // runs the supervisor inside of something
	setup  func(*exec.Cmd)

	mu   sync.Mutex
	text strings.Builder
	gone []func()
}

// try runs a case in a goroutine of its own, so that it may fail anywhere.
func try(f fault, sup supervisor) result {
	b := &bed{sup: sup, events: make(chan string, 1<<16), waited: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer b.close()
		b.open()
		f.run(b)
	}()
	<-done
	b.result.output = b.output()
	return b.result
}

// fail ends the case. The first failure counts.
func (b *bed) fail(format string, args ...any) {
	if b.result.err == nil {
		b.result.err = fmt.Errorf(format, args...)
	}
	runtime.Goexit()
}

func (b *bed) check(err error) {
	if err != nil {
		b.fail("%w", err)
	}
}

func (b *bed) skip(why string) {
	b.result.skipped = why
	runtime.Goexit()
}

func (b *bed) note(format string, args ...any) {
	b.result.notes = append(b.result.notes, fmt.Sprintf(format, args...))
}

// needs skips the case where a program is missing.
func (b *bed) needs(programs ...string) {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			b.skip(p + " is not there")
		}
	}
}

func (b *bed) open() {
	var err error
	b.dir, err = os.MkdirTemp("", "ganger-fault-")
	b.check(err)
	b.check(os.Chmod(b.dir, 0o755))
	self, err := os.Executable()
	b.check(err)
	b.check(os.Symlink(self, filepath.Join(b.dir, childName)))
	events := filepath.Join(b.dir, eventsName)
	b.check(unix.Mkfifo(events, 0o666))
	b.check(os.Chmod(events, 0o666))
	// Open for both, so that it neither waits for a writer nor sees an end.
	b.pipe, err = os.OpenFile(events, os.O_RDWR, 0)
	b.check(err)
	go func() {
		lines := bufio.NewScanner(b.pipe)
		for lines.Scan() {
			b.events <- lines.Text()
		}
	}()
}

// close ends what is left of the case, which is a failure if it had none yet.
func (b *bed) close() {
	for _, f := range slices.Backward(b.gone) {
		f()
	}
	if b.cmd != nil && b.result.err == nil && b.result.skipped == "" {
		if left := b.left(b.sup.limit); len(left) > 0 {
			b.result.err = fmt.Errorf("left behind: %s", names(left))
		}
	}
	until(patience, func() bool {
		left := marked(b.dir)
		for _, i := range left {
			kill(i.pid, unix.SIGKILL)
		}
		return len(left) == 0
	})
	if b.pipe != nil {
		b.pipe.Close()
	}
	os.RemoveAll(b.dir)
}

// child is the command line of a part.
func (b *bed) child(part string) string { return filepath.Join(b.dir, childName) + " " + part }

// types writes the Procfile: pairs of a name, with settings before it if need
// be, and a command, in which "child" stands for the test binary.
func (b *bed) types(pairs ...string) {
	var lines []string
	for i := 0; i < len(pairs); i += 2 {
		command := pairs[i+1]
		if rest, ok := strings.CutPrefix(command, childName+" "); ok {
			command = b.child(rest)
		}
		lines = append(lines, pairs[i]+": "+command)
	}
	b.check(os.WriteFile(filepath.Join(b.dir, "Procfile"), []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	if b.sup.write != nil {
		b.check(b.sup.write(b.dir, pairs, b.child))
	}
}

// command is the supervisor's, not started yet.
func (b *bed) command(args ...string) *exec.Cmd {
	argv := append([]string{b.sup.path}, b.sup.args(b.dir)...)
	if b.sup.name == "ganger" {
		argv = append(argv, args...)
	}
	if b.wrap != nil {
		argv = b.wrap(argv)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "FAULT_CASE="+b.dir, "HOME="+b.dir, "CI=")
	cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool {
		return strings.HasPrefix(v, "GANGER_") || strings.HasPrefix(v, "CI=")
	})
	cmd.Env = append(cmd.Env, b.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell starts a job
	return cmd
}

// start starts the supervisor; what it writes is kept. Ganger's stops take a
// second at most, its processes have no port.
func (b *bed) start(args ...string) {
	cmd := b.command(append([]string{"-t", "1", "-p", "none"}, args...)...)
	r, w, err := os.Pipe()
	b.check(err)
	cmd.Stdout, cmd.Stderr = w, w
	if b.setup != nil {
		b.setup(cmd)
	}
	err = cmd.Start()
	w.Close()
	b.check(err)
	b.follow(cmd, r)
}

// follow keeps what the supervisor writes and notes its end.
func (b *bed) follow(cmd *exec.Cmd, r *os.File) {
	b.cmd = cmd
	go func() {
		defer r.Close()
		buf := make([]byte, 1<<16)
		for {
			n, err := r.Read(buf)
			b.mu.Lock()
			if b.text.Len() < 1<<20 {
				b.text.Write(buf[:n])
			}
			b.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() {
		_ = cmd.Wait()
		close(b.waited)
	}()
}

// again makes the case ready for another run.
func (b *bed) again() {
	b.ends()
	b.waited = make(chan struct{})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text.Reset()
}

func (b *bed) output() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// await returns the next report that begins with these words, and leaves out
// those before it.
func (b *bed) await(words string) []string {
	line, err := b.next(words, patience)
	b.check(err)
	return line
}

var errNoReport = errors.New("no such report came")

func (b *bed) next(words string, limit time.Duration) ([]string, error) {
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		select {
		case line := <-b.events:
			b.seen = append(b.seen, line)
			if strings.HasPrefix(line, "broken ") {
				return nil, errors.New("a child: " + line)
			}
			if line == words || strings.HasPrefix(line, words+" ") {
				return strings.Fields(line), nil
			}
		case <-end.C:
			return nil, fmt.Errorf("%w: %q after %q", errNoReport, words, b.seen)
		}
	}
}

// awaitAll waits for all of these, in any order.
func (b *bed) awaitAll(words ...string) {
	missing := slices.Clone(words)
	for len(missing) > 0 {
		line := b.await("ready")
		if i := slices.Index(missing, line[0]+" "+line[1]); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
		}
	}
}

// pid awaits a part's report and gives its pid.
func (b *bed) pid(words string) int {
	line := b.await(words)
	n, err := strconv.Atoi(line[len(line)-1])
	b.check(err)
	return n
}

// collect gives all reports that have come and are still to come until the
// supervisor's processes are gone.
func (b *bed) collect() []string {
	for {
		select {
		case line := <-b.events:
			b.seen = append(b.seen, line)
		default:
			return b.seen
		}
	}
}

// says waits until the supervisor has written something.
func (b *bed) says(pattern string) string {
	re := regexp.MustCompile(pattern)
	var found string
	if !until(patience, func() bool { found = re.FindString(b.output()); return found != "" }) {
		b.fail("it does not say %q", pattern)
	}
	return found
}

func (b *bed) saysNot(pattern string) {
	if found := regexp.MustCompile(pattern).FindString(b.output()); found != "" {
		b.fail("it says %q", found)
	}
}

func (b *bed) front() int { return b.cmd.Process.Pid }

// back is the pid of the half that supervises.
func (b *bed) back() int {
	pid := 0
	until(patience, func() bool {
		for _, i := range children(b.front()) {
			if i.comm == "ganger-back" {
				pid = i.pid
			}
		}
		return pid != 0
	})
	if pid == 0 {
		b.fail("no back")
	}
	return pid
}

func (b *bed) signal(sig unix.Signal) { kill(b.front(), sig) }

// left waits until nothing of the case lives, and gives what does.
func (b *bed) left(limit time.Duration) (left []info) {
	until(limit, func() bool { left = marked(b.dir); return len(left) == 0 })
	return left
}

// nothingLeft is the end of most cases: the app and the supervisor are gone
// within the stop timeout and two seconds.
func (b *bed) nothingLeft() {
	if left := b.left(b.sup.limit); len(left) > 0 {
		b.fail("left behind after %v: %s", b.sup.limit, names(left))
	}
}

// ends waits for the supervisor and gives its exit status, 128+n for a signal.
func (b *bed) ends() int {
	select {
	case <-b.waited:
	case <-time.After(max(patience, b.sup.limit)):
		b.fail("it does not end")
	}
	ws := b.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}

func (b *bed) endsWith(status int) {
	if got := b.ends(); got != status {
		b.fail("it ended with status %d, want %d", got, status)
	}
}

// dead waits until none of these lives.
func (b *bed) dead(pids ...int) {
	if !until(b.sup.limit, func() bool { return !slices.ContainsFunc(pids, alive) }) {
		b.fail("of %v some live", pids)
	}
}

func names(left []info) string {
	parts := make([]string, len(left))
	for n, i := range left {
		text, _ := os.ReadFile("/proc/" + strconv.Itoa(i.pid) + "/cmdline")
		parts[n] = fmt.Sprintf("%d %c %s", i.pid, i.state, strings.ReplaceAll(string(text), "\x00", " "))
	}
	return strings.Join(parts, "; ")
}
