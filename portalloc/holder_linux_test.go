package portalloc

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestHoldersOfAnotherGanger(t *testing.T) {
	t.Parallel()
	cmd := named(t, child(t, "ganger"), "ganger")
	said := start(t, cmd)
	pid, port := said[0], said[1]
	want := Holder{
		PID:       pid,
		Program:   program(os.Getpid()),
		UID:       os.Getuid(),
		Ganger:    "/srv/shop",
		Process:   "web.2",
		GangerPID: cmd.Process.Pid,
	}
	if got := Holders([]int{port})[port]; got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// ps and /proc cut a program's name to 15 bytes; we do not.
func TestProgramWithLongName(t *testing.T) {
	t.Parallel()
	const name = "a-rather-long-program-name"
	exe, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	cmd := child(t, "server")
	cmd.Path = filepath.Join(t.TempDir(), name)
	// A child that another test forks meanwhile would have the file open for
	// writing, and nobody could execute it.
	syscall.ForkLock.RLock()
	err = os.WriteFile(cmd.Path, exe, 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	said := start(t, cmd)
	if got := Holders(said[1:2])[said[1]].Program; got != name {
		t.Errorf("got %q, want %q", got, name)
	}
}

// A server and the workers that it forked share one socket: the server is named.
func TestMaster(t *testing.T) {
	t.Parallel()
	us, above := os.Getpid(), os.Getppid()
	if got := master([]int{us, above}); got != above {
		t.Errorf("got %d of %d and its parent %d", got, us, above)
	}
	if got := master([]int{us}); got != us {
		t.Errorf("got %d, want %d", got, us)
	}
}

func BenchmarkHolders(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	for b.Loop() {
		if Holders([]int{port})[port].PID != os.Getpid() {
			b.Fatal("we are not the holder of our port")
		}
	}
}
