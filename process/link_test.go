//go:build linux

package process

import (
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// linked is a Link and the front's end of it.
func linked(t *testing.T) (*Link, *conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]*conn
	for i, fd := range fds {
		if ends[i], err = fromFD(fd); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ends[i].sock.Close() })
	}
	return newLink(ends[0]), ends[1]
}

// heard waits for the next event.
func heard(t *testing.T, events <-chan LinkEvent) LinkEvent {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(patience):
		t.Fatal("no event came over the link")
		return LinkEvent{}
	}
}

// What one listener does not act on is the next one's, in its order.
func TestLinkKeepsWhatIsNotTaken(t *testing.T) {
	l, front := linked(t)
	seen := make(chan LinkEvent, 10)
	l.Listen(func(e LinkEvent) bool {
		seen <- e
		return e.Signal == unix.SIGHUP
	})
	for _, sig := range []unix.Signal{unix.SIGUSR1, unix.SIGHUP, unix.SIGWINCH, unix.SIGWINCH, unix.SIGTSTP} {
		front.send(wordSignal, itoa(int(sig)))
		if e := heard(t, seen); e.Signal != sig {
			t.Fatalf("heard %v, want %v", e.Signal, sig)
		}
	}
	after := make(chan LinkEvent, 10)
	l.Listen(func(e LinkEvent) bool { after <- e; return true })
	front.send(wordSignal, itoa(int(unix.SIGCONT)))
	var got []os.Signal
	for len(got) == 0 || got[len(got)-1] != unix.SIGCONT {
		got = append(got, heard(t, after).Signal)
	}
	if want := []os.Signal{unix.SIGUSR1, unix.SIGWINCH, unix.SIGTSTP, unix.SIGCONT}; !slices.Equal(got, want) {
		t.Errorf("the second heard %v, want %v", got, want)
	}
	// Another hears nothing of what was taken.
	l.Listen(func(e LinkEvent) bool { seen <- e; return true })
	front.sock.Close()
	if e := heard(t, seen); !e.Gone {
		t.Errorf("the third heard %+v first, want the end", e)
	}
}
