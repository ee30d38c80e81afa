package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// folder is a new one with this Procfile.
func folder(t *testing.T, lines ...string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "Procfile", strings.Join(lines, "\n")+"\n")
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// environ is the environment that tests give to ganger: little, and nothing
// that changes its defaults, as CI does.
func environ(t *testing.T, dir string) []string {
	vars := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + t.TempDir(), "XDG_RUNTIME_DIR=" + t.TempDir(), markVar + "=" + markOf(t),
		quickExit, slowStop}
	if cover := os.Getenv("GOCOVERDIR"); cover != "" {
		vars = append(vars, "GOCOVERDIR="+cover)
	}
	return vars
}

// quickExit keeps the race detector from sleeping for a second at every exit.
const quickExit = "GORACE=atexit_sleep_ms=0"

// slowStop keeps ganger from killing what a busy machine lets stop slowly.
const slowStop = "GANGER_STOP_TIMEOUT=60"

// command is ganger, to be run in dir.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("ganger", args...)
	cmd.Dir, cmd.Env = dir, environ(t, dir)
	return cmd
}

// session is a ganger that runs, and what it has said so far on stdout and
// stderr together.
type session struct {
	t        *testing.T
	cmd      *exec.Cmd
	patience time.Duration

	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed when lines grows or ends
	eof   bool
	ended chan struct{} // nobody holds the other end of the stream any more
}

// launch starts ganger in dir and reads all that it says.
func launch(t *testing.T, dir string, args ...string) *session {
	t.Helper()
	return launchCommand(t, command(t, dir, args...))
}

func launchCommand(t *testing.T, cmd *exec.Cmd) *session {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		t.Fatal(err)
	}
	return follow(t, cmd, r)
}

// follow reads the stream of a command that has been started, and ends it with
// the test.
func follow(t *testing.T, cmd *exec.Cmd, stream io.ReadCloser) *session {
	s := &session{t: t, cmd: cmd, patience: patience, more: make(chan struct{}), ended: make(chan struct{})}
	go s.read(stream)
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Signal(syscall.SIGQUIT)
			s.wait()
		}
	})
	return s
}

func (s *session) read(stream io.ReadCloser) {
	defer close(s.ended)
	defer stream.Close()
	in := bufio.NewReader(stream)
	for {
		line, err := in.ReadString('\n')
		s.mu.Lock()
		if line != "" {
			s.lines = append(s.lines, strings.TrimRight(line, "\r\n"))
		}
		s.eof = err != nil
		close(s.more)
		s.more = make(chan struct{})
		s.mu.Unlock()
		if err != nil {
			return // at the end; a terminal's is EIO
		}
	}
}

// look finds the first line that matches, and what to wait for where none does.
func (s *session) look(re *regexp.Regexp) (m []string, more <-chan struct{}, eof bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.lines {
		if m := re.FindStringSubmatch(line); m != nil {
			return m, nil, false
		}
	}
	return nil, s.more, s.eof
}

// await waits for a line that matches and returns what its groups match.
func (s *session) await(pattern string) []string {
	s.t.Helper()
	re := regexp.MustCompile(pattern)
	guard := time.NewTimer(s.patience)
	defer guard.Stop()
	for {
		m, more, eof := s.look(re)
		if m != nil {
			return m[1:]
		}
		if eof {
			s.t.Fatalf("ended without a line that matches %q:\n%s", pattern, s.text())
		}
		select {
		case <-more:
		case <-guard.C:
			s.t.Fatalf("no line matches %q within %s:\n%s", pattern, s.patience, s.text())
		}
	}
}

// awaitPID waits for a line whose one group is a pid.
func (s *session) awaitPID(pattern string) int {
	s.t.Helper()
	pid, err := strconv.Atoi(s.await(pattern)[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return pid
}

func (s *session) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// count is how many lines match.
func (s *session) count(pattern string) int {
	return len(regexp.MustCompile(`(?m)`+pattern).FindAllString(s.text(), -1))
}

// none fails the test if a line matches.
func (s *session) none(pattern string) {
	s.t.Helper()
	if s.count(pattern) > 0 {
		s.t.Errorf("a line matches %q:\n%s", pattern, s.text())
	}
}

func (s *session) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// end asks ganger to stop, which is to succeed.
func (s *session) end() {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	s.ends(0)
}

// wait waits for ganger's end, and for that of its stream.
func (s *session) wait() {
	s.t.Helper()
	guard := time.AfterFunc(s.patience, func() {
		s.t.Errorf("it does not end:\n%s", s.text())
		_ = s.cmd.Process.Kill()
	})
	defer guard.Stop()
	var ee *exec.ExitError
	if err := s.cmd.Wait(); err != nil && !errors.As(err, &ee) {
		s.t.Fatal(err)
	}
	select {
	case <-s.ended:
	case <-time.After(s.patience):
		s.t.Fatalf("somebody holds its stream open:\n%s", s.text())
	}
}

// interrupted waits for the end of one that was interrupted while it waited. To a
// shell the status is 130 too where the signal itself ended it, as it does in a
// moment in which nothing has to be ended.
func (s *session) interrupted() {
	s.t.Helper()
	s.wait()
	status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() && status.Signal() == syscall.SIGINT {
		return
	}
	if got := s.cmd.ProcessState.ExitCode(); got != 130 {
		s.t.Errorf("ended with %s, want status 130:\n%s", s.cmd.ProcessState, s.text())
	}
}

// ends waits for ganger's end and checks its status.
func (s *session) ends(status int) {
	s.t.Helper()
	s.wait()
	if got := s.cmd.ProcessState.ExitCode(); got != status {
		s.t.Errorf("ended with %s, want status %d:\n%s", s.cmd.ProcessState, status, s.text())
	}
}
