package process

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// unanswered is a program that cannot be opened before let is called: the kernel
// asks whoever has a lease on a file before it opens it for another (fcntl(2)).
func unanswered(t *testing.T) (path string, let func()) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 4\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Skip("no leases here:", err)
	}
	return path, func() { f.Close() }
}

// delayed starts a program of which the file system says nothing yet.
func (b *bed) delayed(path string) *run {
	s := b.spec("")
	s.Argv = []string{path}
	r := b.start(s)
	if e, is := r.event().(Delayed); !is {
		b.t.Fatalf("first came %+v, want Delayed", e)
	}
	return r
}

// A start of which the file system says nothing holds up no other, and comes when
// there is an answer.
func TestDelayedStart(t *testing.T) {
	b := newBed(t)
	path, let := unanswered(t)
	late := b.delayed(path)
	next := b.start(b.spec("exit 3"))
	if code := until[Exited](next).Status.Code; code != 3 {
		t.Errorf("the next one ended with %d", code)
	}
	until[Gone](next)
	let()
	if code := until[Exited](late).Status.Code; code != 4 {
		t.Errorf("the late one ended with %d", code)
	}
	until[Gone](late)
}

// Those that are put off are waited for together, and who has an answer is not put
// off with them.
func TestDelayedStartsTogether(t *testing.T) {
	b := newBed(t)
	start := func(path string) *run {
		s := b.spec("")
		s.Argv = []string{path}
		return b.start(s)
	}
	var late, soon []*run
	for range 3 {
		path, _ := unanswered(t)
		late = append(late, start(path))
	}
	for range 8 {
		soon = append(soon, start("/bin/true"))
	}
	for _, r := range soon {
		if e, is := r.event().(Started); !is {
			t.Errorf("first came %+v, want Started", e)
		}
		until[Gone](r)
	}
	for _, r := range late {
		if e, is := r.event().(Delayed); !is {
			t.Errorf("first came %+v, want Delayed", e)
		}
		r.p.Cancel()
		until[NotStarted](r)
	}
}

// It is taken back at once.
func TestDelayedStartTakenBack(t *testing.T) {
	for name, take := range map[string]func(*Process){"Cancel": (*Process).Cancel, "Kill": (*Process).Kill} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t)
			path, _ := unanswered(t)
			r := b.delayed(path)
			take(r.p)
			if e, is := r.event().(NotStarted); !is || !e.Canceled {
				t.Errorf("then came %+v, want NotStarted", e)
			}
		})
	}
}
