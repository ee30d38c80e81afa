package cli

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// background starts an app in the background and gives the pids of its halves
// and of its one child.
func background(t *testing.T, s *session) (front, back, child int) {
	t.Helper()
	front = s.awaitPID(`runs in the background, as pid (\d+):`)
	s.ends(0)
	ready := s.beside("wait", "web")
	child = ready.awaitPID(`^ready: web\.1 \(pid (\d+)\)$`)
	ready.ends(0)
	t.Cleanup(func() { forget(t, s, front) })
	return front, parent(t, child), child
}

// forget removes what a run in the background has left in the temp folder of
// all users, which is the same for every test.
func forget(t *testing.T, s *session, pid int) {
	logs, _ := filepath.Glob(filepath.Join("/tmp", "ganger-"+strconv.Itoa(os.Geteuid()), filepath.Base(s.cmd.Dir)+"-*"))
	for _, path := range logs {
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
	}
	if pid > 0 {
		_ = unix.Kill(pid, unix.SIGKILL) // where the test has not ended it
	}
}

// home is an app root with a name that no other test has.
func home(t *testing.T, lines ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "bg"+strconv.Itoa(os.Getpid())+"x")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "Procfile", strings.Join(lines, "\n")+"\n")
	return dir
}

// A run in the background has no terminal and no file of whoever started it, and
// lives on when that terminal is closed.
func TestBackgroundIsApart(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("no /proc here")
	}
	leakCheck(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := command(t, home(t, "web: child serve"), "start", "--detach", "-p", "none")
	cmd.ExtraFiles = append(cmd.ExtraFiles, w)
	s, master := terminal(t, cmd, 80, 24)
	w.Close()
	front, back, child := background(t, s)
	master.Close()
	for name, pid := range map[string]int{"front": front, "back": back, "child": child} {
		if sid, err := unix.Getsid(pid); err != nil || sid != pid {
			t.Errorf("%s %d is in session %d, %v", name, pid, sid, err)
		}
		files, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
		for _, file := range files {
			what, err := os.Readlink(file)
			if err == nil && (strings.HasPrefix(what, "/dev/pts/") || strings.HasPrefix(what, "/dev/tty")) {
				t.Errorf("%s has %s open", name, what)
			}
		}
	}
	_ = r.SetReadDeadline(time.Now().Add(patience))
	if _, err := r.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the pipe's other end is not closed: %v", err)
	}
	wait := s.beside("wait")
	wait.await(`^ready: web\.1 `)
	wait.ends(0)
	stop := s.beside("stop")
	stop.await("^stopped: ")
	stop.ends(0)
}

// Whichever half is killed, the other ends the app.
func TestBackgroundKilled(t *testing.T) {
	for _, half := range []string{"front", "back"} {
		t.Run(half, func(t *testing.T) {
			leakCheck(t)
			cmd := command(t, home(t, "web: child serve"), "start", "--detach", "-p", "none")
			s := launchCommand(t, cmd)
			front, back, child := background(t, s)
			pid := front
			if half == "back" {
				pid = back
			}
			if err := unix.Kill(pid, unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if !until(func() bool { return gone(child) && gone(back) && gone(front) }) {
				t.Error("something is left")
			}
		})
	}
}

// Of many that start at once one runs, and all succeed.
func TestBackgroundAtOnce(t *testing.T) {
	leakCheck(t)
	s := launch(t, home(t, "web: child serve"), "start", "--detach", "-p", "none")
	all := []*session{s}
	for range 4 {
		all = append(all, s.beside("start", "--detach", "-p", "none"))
	}
	begun := 0
	for _, one := range all {
		if strings.Contains(one.await(`(in the background, as|runs already)`)[0], "background") {
			begun++
		}
	}
	if begun != 1 {
		t.Errorf("%d were begun", begun)
	}
	stop := s.beside("stop")
	stop.await("^stopped: ")
	stop.ends(0)
	forget(t, s, 0)
}

// Who waits for a start that takes long may give it up.
func TestBackgroundGivenUp(t *testing.T) {
	leakCheck(t)
	s := launch(t, home(t, "web: child stubborn"), "start", "-p", "none", "-t", "100")
	s.await(`\| ready \d+$`)
	s.signal(syscall.SIGTERM)
	s.await(`\| stopping`)
	next := s.beside("start", "--detach", "-p", "none")
	next.await(`is still stopping`)
	next.signal(syscall.SIGINT)
	next.interrupted()
	s.signal(syscall.SIGQUIT)
	s.ends(0)
	forget(t, s, 0)
}
