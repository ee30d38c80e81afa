package cli

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// beside starts ganger where s runs.
func (s *session) beside(args ...string) *session {
	s.t.Helper()
	cmd := command(s.t, s.cmd.Dir, args...)
	cmd.Env = s.cmd.Env // the same runtime folder
	return launchCommand(s.t, cmd)
}

// Whichever half is killed, the next start waits until the tree of the last is
// gone.
func TestStartWaitsForTheLastRun(t *testing.T) {
	for _, half := range []string{"front", "back"} {
		t.Run(half, func(t *testing.T) {
			leakCheck(t)
			// Nobody reads what it writes once the back is dead, so it writes nothing.
			dir := folder(t, `web: trap '' TERM; echo ready $$; while [ ! -e stop ]; do sleep 0.05; done`)
			s := launch(t, dir, "start", "-p", "none", "-t", "100")
			old := s.awaitPID(`\| ready (\d+)$`)
			if half == "front" {
				_ = unix.Kill(s.cmd.Process.Pid, unix.SIGKILL)
				s.await(`\| stopping, since the front half is gone`)
			} else {
				_ = unix.Kill(parent(t, old), unix.SIGKILL)
				s.await(`the supervisor \(pid \d+\) died`)
			}
			next := s.beside("start", "-p", "none")
			next.await(fmt.Sprintf(`^the last run \(pid %d\) is still stopping: waiting for its end$`, s.cmd.Process.Pid))
			next.none(`using Procfile`)
			write(t, dir, "stop", "")
			next.await(`\| using Procfile$`)
			if !gone(old) {
				t.Errorf("pid %d runs still:\n%s", old, next.text())
			}
			next.await(`\| web\.1 exited with status 0`)
			if n := next.count("is still stopping"); n != 1 {
				t.Errorf("it is said %d times:\n%s", n, next.text())
			}
			s.wait()
			next.ends(0)
		})
	}
}

// After both are killed nobody holds the lock; what the app left is another's to
// end.
func TestStartAfterBothHalvesAreKilled(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child serve"), "start", "-p", "none")
	child := s.awaitPID(`\| ready (\d+)$`)
	back := parent(t, child)
	_ = unix.Kill(s.cmd.Process.Pid, unix.SIGSTOP) // so that it does not see the other's end
	_ = unix.Kill(back, unix.SIGKILL)
	_ = unix.Kill(s.cmd.Process.Pid, unix.SIGKILL)
	_ = unix.Kill(child, unix.SIGKILL)
	s.wait()
	next := s.beside("start", "-p", "none")
	next.await(`\| ready \d+$`)
	last := s.beside("logs", "--last")
	last.ends(0)
	if last.count(fmt.Sprintf(`web\.1 +\| ready %d$`, child)) != 1 {
		t.Errorf("what the killed run wrote is not kept:\n%s", last.text())
	}
	next.end()
}

// Who waits may be interrupted.
func TestInterruptedWhileItWaits(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child stubborn"), "start", "-p", "none", "-t", "100")
	s.await(`\| ready \d+$`)
	s.signal(syscall.SIGTERM)
	s.await(`\| stopping`)
	next := s.beside("start", "-p", "none")
	next.await(`is still stopping`)
	next.signal(syscall.SIGINT)
	next.interrupted()
	s.signal(syscall.SIGQUIT)
	s.ends(0)
}

// Of many that start at once one runs.
func TestStartsAtOnce(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: child serve"), "start", "-p", "none")
	all := []*session{s}
	for range 5 {
		all = append(all, s.beside("start", "-p", "none"))
	}
	running := 0
	for _, one := range all {
		if one.refused() {
			one.ends(statusFailed)
			continue
		}
		running++
		defer one.end() // when all the others have looked
	}
	if running != 1 {
		t.Errorf("%d run", running)
	}
}

// refused waits until a start has said that it runs, or that another does.
func (s *session) refused() bool {
	s.t.Helper()
	return strings.Contains(s.await(`(runs already|ready \d+)`)[0], "already")
}
