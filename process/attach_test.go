//go:build linux

package process

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// onTerminal is a spec with a pty that does not echo, since what is typed would
// stand among the lines.
func (b *bed) onTerminal(argv ...string) Spec {
	s := b.spec("terminal")
	s.TTY = true
	if len(argv) > 0 {
		s.Argv = argv
	}
	return s
}

// say waits for a line, whatever the terminal echoes before.
func (r *run) say(want string) {
	r.t.Helper()
	for r.line() != want {
	}
}

func attach(t *testing.T, k *Keeper, window Size) (*Session, chan Life) {
	t.Helper()
	lives := make(chan Life, 10)
	s, err := k.Attach("web.1", window, func(l Life) { lives <- l })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, lives
}

func (r *run) typed(s *Session, text string) {
	r.t.Helper()
	if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
		r.t.Fatalf("typed %d of %q: %v", n, text, err)
	}
}

func TestAttachTogether(t *testing.T) {
	b := newBed(t)
	r := b.start(b.onTerminal())
	r.say("ready 24x80")
	ada, _ := attach(t, b.k, Size{50, 60})
	r.say("size 50x60")
	bob, _ := attach(t, b.k, Size{40, 100})
	r.say("size 40x60") // the smaller of each
	unknown, _ := attach(t, b.k, Size{})
	r.typed(ada, "one\n")
	r.say(`got "one"`)
	r.typed(bob, "two\n")
	r.say(`got "two"`)
	r.typed(unknown, "three\n")
	r.say(`got "three"`)
	b.k.Resize(Size{10, 20}) // that of the run: it is not theirs
	bob.Resize(Size{45, 55})
	r.say("size 45x55")
	ada.Close()
	ada.Close()
	bob.Resize(Size{46, 101})
	r.say("size 46x101")
	if !b.k.Attached("web.1") {
		t.Error("nobody is said to be attached")
	}
	bob.Close()
	r.say("size 10x20")
	unknown.Close()
	if b.k.Attached("web.1") {
		t.Error("somebody is said to be attached")
	}
	if _, err := ada.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("write after the end: %v", err)
	}
}

// A session stays through a restart, and types on the terminal of the new life,
// which has its size from its first moment.
func TestAttachRestart(t *testing.T) {
	b := newBed(t)
	r := b.start(b.onTerminal())
	r.say("ready 24x80")
	s, lives := attach(t, b.k, Size{30, 70})
	r.say("size 30x70")
	r.p.Kill()
	until[Gone](r)
	if l := <-lives; l != (Life{}) {
		t.Errorf("at the end: %+v", l)
	}
	if _, err := s.Write([]byte("x")); !errors.Is(err, ErrNotRunning) {
		t.Errorf("write between two lives: %v", err)
	}
	s.Resize(Size{31, 71})
	r = b.start(b.onTerminal())
	r.say("ready 31x71")
	if l := <-lives; l.PID != r.p.PID() || !l.TTY {
		t.Errorf("at the restart: %+v", l)
	}
	r.typed(s, "again\n")
	r.say(`got "again"`)
	r.p.Kill()
	until[Gone](r)
	if l := <-lives; l != (Life{}) {
		t.Errorf("at the end: %+v", l)
	}
	r = b.start(b.spec("sleep")) // on pipes now
	r.ready()
	if l := <-lives; l.PID == 0 || l.TTY {
		t.Errorf("on pipes: %+v", l)
	}
	var none *NoTerminalError
	if _, err := s.Write([]byte("x")); !errors.As(err, &none) || !strings.Contains(none.Hint(), "tty=always") {
		t.Errorf("write to pipes: %v", err)
	}
}

func TestAttachNowhere(t *testing.T) {
	b := newBed(t)
	if _, err := b.k.Attach("web.1", Size{}, nil); !errors.Is(err, ErrNotRunning) {
		t.Errorf("nothing runs: %v", err)
	}
	r := b.start(b.spec("sleep"))
	r.ready()
	var none *NoTerminalError
	if _, err := b.k.Attach("web.1", Size{}, nil); !errors.As(err, &none) || none.Name != "web.1" {
		t.Errorf("on pipes: %v", err)
	}
}

// A write that the process does not read ends with its session, that of another
// goes on when it reads, and each ends with the process.
func TestAttachBlocked(t *testing.T) {
	b := newBed(t)
	spec := b.onTerminal("/bin/sh", "-c", `stty raw -echo; echo ready; read line; echo "$line" | wc -c; kill -STOP $$`)
	spec.Name = "web.1"
	r := b.start(spec)
	r.say("ready")
	type result struct {
		n   int
		err error
	}
	write := func(s *Session, text []byte) chan result {
		c := make(chan result, 1)
		go func() {
			n, err := s.Write(text)
			c <- result{n, err}
		}()
		return c
	}
	stuck, _ := attach(t, b.k, Size{})
	first := write(stuck, bytes.Repeat([]byte("x"), 1<<20))
	r.blocked(stuck)
	other, _ := attach(t, b.k, Size{})
	second := write(other, []byte("y"))
	stuck.Close()
	if got := <-first; !errors.Is(got.err, os.ErrClosed) || got.n == 0 || got.n >= 1<<20 {
		t.Errorf("the stuck one: %+v", got)
	}
	r.p.Kill()
	if got := <-second; got.err != nil && !errors.Is(got.err, ErrNotRunning) {
		t.Errorf("the other: %+v", got)
	}
	until[Gone](r)
	if got := <-write(other, []byte("z")); !errors.Is(got.err, ErrNotRunning) {
		t.Errorf("after the end: %+v", got)
	}
}

// blocked waits until the write of s is under way and its terminal is full.
func (r *run) blocked(s *Session) {
	r.t.Helper()
	for full := false; !full; runtimeYield() {
		r.p.k.mu.Lock()
		if r.p.writer == s {
			conn, err := r.p.master.SyscallConn()
			if err != nil {
				r.t.Fatal(err)
			}
			_ = conn.Control(func(fd uintptr) {
				fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
				n, _ := unix.Poll(fds, 0)
				full = n == 0
			})
		}
		r.p.k.mu.Unlock()
	}
}
