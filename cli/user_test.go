package cli

import (
	"os"
	"os/exec"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// beside is a command to the app that s runs, from the same environment.
func beside(s *session, args ...string) *exec.Cmd {
	cmd := exec.Command("ganger", args...)
	cmd.Dir, cmd.Env = s.cmd.Dir, s.cmd.Env
	return cmd
}

// ask runs a command to the app that s runs.
func ask(t *testing.T, s *session, args ...string) string {
	t.Helper()
	out, err := finish(t, beside(s, args...))
	if err != nil {
		t.Fatalf("ganger %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// modesOf are the modes of a terminal.
func modesOf(t *testing.T, terminal *os.File) *term.State {
	t.Helper()
	var state *term.State
	raw, err := terminal.SyscallConn()
	if err == nil {
		cerr := raw.Control(func(fd uintptr) { state, err = term.GetState(int(fd)) })
		if err == nil {
			err = cerr
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// user is somebody at a terminal of their own, who has typed a command.
type user struct {
	*session
	master, slave *os.File
	before        *term.State
}

func newUser(t *testing.T, cmd *exec.Cmd, cols, rows uint16) *user {
	t.Helper()
	opened, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	keepOutput(t, slave)
	u := &user{master: closable(t, opened), slave: slave, before: modesOf(t, slave)}
	resize(t, u.master, cols, rows)
	cmd.Env = append(cmd.Env, "TERM=xterm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	u.session = follow(t, cmd, u.master)
	t.Cleanup(func() { slave.Close() })
	return u
}

func (u *user) types(keys string) { typeKeys(u.t, u.master, keys) }

// ends waits for the command's end, and checks its status and that the terminal
// is as it was. Ours is its last user: when nobody has it open, its modes are
// those of a new one anyway.
func (u *user) ends(status int) {
	u.t.Helper()
	guard := limit(u.t, u.cmd, patience)
	defer guard.Stop()
	_ = u.cmd.Wait() // the status is looked at
	if got := u.cmd.ProcessState.ExitCode(); got != status {
		u.t.Errorf("ended with %s, want status %d:\n%s", u.cmd.ProcessState, status, u.text())
	}
	if after := modesOf(u.t, u.slave); !reflect.DeepEqual(after, u.before) {
		u.t.Errorf("the terminal's modes are %v, and were %v", after, u.before)
	}
	u.gone()
}

// gone waits until nobody has the terminal any more.
func (u *user) gone() {
	u.t.Helper()
	u.slave.Close()
	receive(u.t, u.ended, "the end of the terminal")
}
