package cli

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// beside the app, a command that waits.
func upSession(t *testing.T, args ...string) *session {
	t.Helper()
	dir := folder(t, "web: child serve")
	return launch(t, dir, append([]string{"run", "--up", "-p", "none"}, args...)...)
}

// ^C reaches the command once, and then everything stops.
func TestUpInterrupted(t *testing.T) {
	leakCheck(t)
	cmd := command(t, folder(t, "web: child serve"), "run", "--up", "-p", "none", "child", "serve")
	s, master := terminal(t, cmd, 80, 24)
	s.await(labelled("web.1", "ready"))
	s.await(`^ready \d+$`)
	typeKeys(t, master, ctrlC)
	s.ends(0)
	if n := s.count(`got SIGINT$`); n != 1 { // the terminal may show the key before it
		t.Errorf("the command got %d times SIGINT:\n%s", n, s.text())
	}
	if n := s.count(labelled("web.1", "got SIGTERM")); n != 1 {
		t.Errorf("web got %d times SIGTERM:\n%s", n, s.text())
	}
}

// The status of a command that a signal ends is the shell's.
func TestUpEndedBySignal(t *testing.T) {
	leakCheck(t)
	s := upSession(t, "--", "sleep", "100")
	s.await(`\| run started`)
	s.signal(syscall.SIGTERM)
	s.ends(128 + int(unix.SIGINT))
}

// Before the command begins nothing of it is to be heard.
func TestUpInterruptedEarly(t *testing.T) {
	leakCheck(t)
	dir := folder(t, "# ganger: ready=exit", "setup: child serve")
	s := launch(t, dir, "run", "--up", "-p", "none", "echo", "hello")
	s.await(`setup\.1 +\| ready`)
	s.signal(syscall.SIGINT)
	s.ends(130)
	s.none("hello")
	s.none("error:")
}

// The same goes where all is killed at once, and the app has not failed less for
// being stopped.
func TestUpKilledEarly(t *testing.T) {
	leakCheck(t)
	dir := folder(t, "# ganger: ready=exit", "setup: child serve")
	s := launch(t, dir, "run", "--up", "-p", "none", "echo", "hello")
	s.await(`setup\.1 +\| ready`)
	quit := s.beside("quit", "--kill")
	quit.await("^stopped: ")
	quit.ends(0)
	s.ends(statusUp)
	s.await(`^error: echo hello was not run: setup\.1 is not ready: the app has been stopped$`)
	s.none("^hello")
}

// Whichever half is killed, nothing is left of the app or the command.
func TestUpKilled(t *testing.T) {
	for _, half := range []string{"front", "back"} {
		t.Run(half, func(t *testing.T) {
			leakCheck(t)
			s := upSession(t, "child", "serve")
			child := s.awaitPID(`^ready (\d+)$`)
			pid := s.cmd.Process.Pid
			if half == "back" {
				pid = parent(t, child)
			}
			if err := unix.Kill(pid, unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			s.wait() // a process closes its files before it is gone
			if !until(func() bool { return gone(child) }) {
				t.Errorf("the command is left:\n%s", s.text())
			}
		})
	}
}

// A stop by command from elsewhere ends the command too.
func TestUpStopped(t *testing.T) {
	leakCheck(t)
	s := upSession(t, "child", "serve")
	s.await(`^ready \d+$`)
	reload := s.beside("reload")
	reload.await("^nothing has changed$")
	reload.ends(0)
	scale := s.beside("scale", "web=2")
	scale.await("^started: web.2$")
	scale.ends(0)
	stop := s.beside("stop")
	stop.await("^stopped: ")
	stop.ends(0)
	s.ends(0)
	if n := s.count(`^got SIGINT$`); n != 1 {
		t.Errorf("the command got %d times SIGINT:\n%s", n, s.text())
	}
}

// What the command reads and writes is ganger's own.
func TestUpTerminal(t *testing.T) {
	leakCheck(t)
	cmd := command(t, folder(t, "web: child serve"), "run", "--up", "-p", "none", "child", "tty")
	s, _ := terminal(t, cmd, 90, 20)
	s.await(`^size true 90 20 true`)
	s.signal(syscall.SIGTERM)
	s.ends(0)
}

// What is run as the command may be the only type there is.
func TestUpAlone(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child status 3"), "run", "--up", "-p", "none", "web")
	s.await(`\| run started`)
	s.ends(3)
}
