package process

import (
	"os"
	"os/signal"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A start whose file system does not answer is given up, and the next one takes
// place. The kernel asks whoever has a lease on a file before it opens it for
// another (fcntl(2)).
func TestKillOfAStartThatHangs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hangs")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, unix.SIGIO)
	defer signal.Stop(asked)
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Skip("no leases here:", err)
	}
	b := newBed(t)
	s := b.spec("")
	s.Argv = []string{path}
	r := b.start(s)
	select {
	case <-asked:
	case <-time.After(patience):
		t.Fatal("nobody opens it")
	}
	r.p.Kill()
	if e := until[NotStarted](r); !e.Canceled {
		t.Errorf("%+v", e)
	}
	next := b.start(b.spec("exit 3"))
	if code := until[Exited](next).Status.Code; code != 3 {
		t.Errorf("the next one ended with %d", code)
	}
	until[Gone](next)
}
