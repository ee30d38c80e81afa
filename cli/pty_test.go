package cli

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// terminal runs a command whose terminal is a pty of this size, as a shell
// would run it in its foreground.
func terminal(t *testing.T, cmd *exec.Cmd, cols, rows uint16) (*session, *os.File) {
	t.Helper()
	opened, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	master := closable(t, opened)
	keepOutput(t, slave)
	resize(t, master, cols, rows)
	cmd.Env = append(cmd.Env, "TERM=xterm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		master.Close()
		t.Fatal(err)
	}
	return follow(t, cmd, master), master
}

// keepOutput has a terminal keep what is written in the moment in which ^C or ^Z
// is typed: else the kernel drops it.
func keepOutput(t *testing.T, slave *os.File) {
	t.Helper()
	cmd := exec.CommandContext(patient(t), "stty", "noflsh")
	cmd.Stdin = slave
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("stty: %v: %s", err, out)
	}
}

// closable makes a file whose Close wakes who reads it: that of pty.Open does
// not.
func closable(t *testing.T, f *os.File) *os.File {
	t.Helper()
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "terminal")
}

func resize(t *testing.T, master *os.File, cols, rows uint16) {
	t.Helper()
	raw, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if cerr := raw.Control(func(fd uintptr) {
		err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Col: cols, Row: rows})
	}); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
}

func typeKeys(t *testing.T, master *os.File, keys string) {
	t.Helper()
	if err := master.SetWriteDeadline(time.Now().Add(patience)); err != nil { // nobody may read
		t.Fatal(err)
	}
	if _, err := master.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

const ctrlC = "\x03"

// What is on its way when ^C is typed arrives: tests look for last lines.
func TestKeepOutput(t *testing.T) {
	opened, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	keepOutput(t, slave)
	master := closable(t, opened)
	defer master.Close()
	// More than whoever reads the terminal has taken over already.
	long := strings.Repeat("x", 6000)
	if _, err := slave.WriteString(long + "last words\n"); err != nil {
		t.Fatal(err)
	}
	typeKeys(t, master, ctrlC)
	if err := master.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	want := long + "last words\r\n^C"
	got := make([]byte, len(want))
	if n, err := io.ReadFull(master, got); err != nil || string(got) != want {
		t.Errorf("got %d bytes that end with %.20q, %v", n, got[max(0, n-20):n], err)
	}
}

// labelled matches a line of a process on a terminal, whatever its colours.
func labelled(process, line string) string {
	return `\b` + regexp.QuoteMeta(process) + ` +\|[^ ]* (\x1b\[[0-9;]*m)*` + line
}

func TestInterruptTyped(t *testing.T) {
	leakCheck(t)
	s, master := terminal(t, command(t, folder(t, "web: child serve", "worker: child serve"), "start", "-p", "none"), 100, 30)
	s.await(labelled("web.1", "ready"))
	s.await(labelled("worker.1", "ready"))
	s.await(`\^C stops everything, a second \^C kills it`)
	typeKeys(t, master, ctrlC)
	s.ends(0)
	// The app is in sessions of its own: the terminal's INT does not reach it.
	s.none("got SIGINT")
	if n := s.count("got SIGTERM"); n != 2 {
		t.Errorf("the two children got %d times SIGTERM:\n%s", n, s.text())
	}
}

func TestWindow(t *testing.T) {
	leakCheck(t)
	dir := folder(t, "web: child tty", "# ganger: tty=never", "plain: child tty")
	s, master := terminal(t, command(t, dir, "start", "-p", "none"), 100, 30)
	// 15:04:05 and the longest of the names, with blanks around the bar.
	label := len("15:04:05 plain.1 | ")
	s.await(labelled("web.1", fmt.Sprintf("size true %d 30 true", 100-label)))
	s.await(labelled("plain.1", "size false 0 0 false"))
	resize(t, master, 60, 20)
	s.await(labelled("web.1", fmt.Sprintf("resized true %d 20 true", 60-label)))
	s.end()
}

func TestColours(t *testing.T) {
	for _, test := range []struct {
		name   string
		vars   []string
		args   []string
		colour bool
	}{
		{"as it is", nil, nil, true},
		{"NO_COLOR", []string{"NO_COLOR=1"}, nil, false},
		{"CLICOLOR=0", []string{"CLICOLOR=0"}, nil, false},
		{"--color never", nil, []string{"--color", "never"}, false},
		{"--no-color", nil, []string{"--no-color"}, false},
		{"the flag wins", []string{"NO_COLOR=1"}, []string{"--color", "always"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			leakCheck(t)
			cmd := command(t, folder(t, "web: child status 0"), append([]string{"start", "-p", "none"}, test.args...)...)
			cmd.Env = append(cmd.Env, test.vars...)
			s, _ := terminal(t, cmd, 80, 24)
			s.ends(0)
			if got := s.count(`\x1b\[[0-9;]+m`) > 0; got != test.colour {
				t.Errorf("colours %t, want %t:\n%q", got, test.colour, s.text())
			}
		})
	}
}

// A colour without a terminal is asked for.
func TestColourIntoAPipe(t *testing.T) {
	for args, colour := range map[string]bool{"auto": false, "always": true} {
		t.Run(args, func(t *testing.T) {
			leakCheck(t)
			s := launch(t, folder(t, "web: child status 0"), "start", "-p", "none", "--color", args)
			s.ends(0)
			if got := s.count(`\x1b\[`) > 0; got != colour {
				t.Errorf("colours %t, want %t:\n%q", got, colour, s.text())
			}
		})
	}
}

// A window that is closed hangs up: the app is stopped.
func TestWindowClosed(t *testing.T) {
	leakCheck(t)
	dir := folder(t, "web: child serve")
	s, master := terminal(t, command(t, dir, "start", "-p", "none", "--log-dir", dir), 80, 24)
	s.await(labelled("web.1", "ready"))
	master.Close()
	s.wait()
	if status := s.cmd.ProcessState; status.ExitCode() != 0 && status.ExitCode() != 141 {
		t.Errorf("ended with %s, want a stop", status)
	}
	log, err := os.ReadFile(dir + "/web.1.log")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^got SIGTERM`).Match(log) {
		t.Errorf("the child was not asked to stop: %q", log)
	}
}

// nohup at a terminal: closing its window leaves the app running.
func TestNohupAtATerminal(t *testing.T) {
	leakCheck(t)
	if _, err := exec.LookPath("nohup"); err != nil {
		t.Skip(err)
	}
	dir := folder(t, "web: child serve")
	cmd := command(t, dir)
	cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", "exec nohup ganger start -p none 3<&0 > out.log 2>&1"}
	out, err := os.Create(dir + "/out.log")
	if err != nil {
		t.Fatal(err)
	}
	out.Close()
	s, master := terminal(t, cmd, 80, 24)
	logged := func(pattern string) bool {
		text, err := os.ReadFile(dir + "/out.log")
		return err == nil && regexp.MustCompile(pattern).Match(text)
	}
	if !until(func() bool { return logged(`web\.1 +\| ready`) && logged("web.1 started") }) {
		t.Fatal("it does not start")
	}
	master.Close()
	s.signal(syscall.SIGUSR1)
	if !until(func() bool { return logged("got SIGUSR1") }) {
		t.Error("it did not outlive its window")
	}
	if logged("stopping") {
		t.Error("it was stopped with its window")
	}
	s.end()
}

// One type can have the keyboard.
func TestKeyboard(t *testing.T) {
	leakCheck(t)
	s, master := terminal(t, command(t, folder(t, "web: child cat", "worker: child serve"), "start", "-p", "none", "--stdin", "web"), 80, 24)
	s.await(labelled("worker.1", "ready"))
	typeKeys(t, master, "hello\n")
	s.await(labelled("web.1", "read hello"))
	typeKeys(t, master, ctrlC)
	s.ends(0)
}
