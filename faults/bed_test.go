package faults

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
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
	b.check(os.Mkdir(filepath.Join(b.dir, "run"), 0o700)) // for its socket
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
	cmd.Dir, cmd.Env = b.dir, b.environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell starts a job
	return cmd
}

func (b *bed) environ() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GANGER_") || strings.HasPrefix(v, "CI=")
	})
	env = append(env, "GORACE=atexit_sleep_ms=0", "FAULT_CASE="+b.dir, "HOME="+b.dir, "XDG_RUNTIME_DIR="+filepath.Join(b.dir, "run"))
	return append(env, b.env...)
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
