//go:build linux

package process

import (
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A storm of one signal costs no other, however late they are heard.
func TestStormOfSignals(t *testing.T) {
	s := newSignals()
	s.hear(unix.SIGUSR1)
	s.hear(unix.SIGUSR2)
	storm := func() {
		for range 200 {
			_ = unix.Kill(unix.Getpid(), unix.SIGUSR1)
			time.Sleep(100 * time.Microsecond) // else many are one
		}
	}
	storm()
	_ = unix.Kill(unix.Getpid(), unix.SIGUSR2)
	storm()
	for end := time.After(patience); ; {
		select {
		case sig := <-s.came:
			if sig == unix.SIGUSR2 {
				return
			}
		case <-end:
			t.Fatal("the other one was lost")
		}
	}
}

// Nor do those that a peer reads late, in their order.
func TestLinkIsReadLate(t *testing.T) {
	link, front := linked(t)
	say := func(sigs ...unix.Signal) {
		for _, sig := range sigs {
			front.send(wordSignal, strconv.Itoa(int(sig)))
		}
	}
	for range 2000 {
		say(unix.SIGUSR1, unix.SIGWINCH)
	}
	say(unix.SIGTERM, unix.SIGTSTP, unix.SIGCONT, unix.SIGTSTP)
	for range 2000 {
		say(unix.SIGUSR1)
	}
	seen := make(chan LinkEvent, 1)
	link.Listen(func(e LinkEvent) bool {
		seen <- e
		return true
	})
	term := false
	for last := unix.Signal(0); ; {
		switch e := heard(t, seen); e.Signal {
		case unix.SIGTERM:
			term = true
		case unix.SIGTSTP, unix.SIGCONT:
			last = e.Signal
		case unix.SIGUSR1:
			if term && last == unix.SIGTSTP {
				return
			}
			if last == unix.SIGTSTP {
				t.Fatal("the order is another")
			}
		}
	}
}
