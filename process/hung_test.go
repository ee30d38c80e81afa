//go:build linux

package process

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// What a second signal says, the front alone judges: the back gets QUIT for it,
// however late it hears the first.
func TestFrontJudgesTheSecondSignal(t *testing.T) {
	const apart = Together + time.Millisecond
	for _, test := range []struct {
		what string
		came []unix.Signal
		pace time.Duration
		want []unix.Signal
	}{
		{"npm's double", []unix.Signal{unix.SIGINT, unix.SIGINT}, time.Millisecond, []unix.Signal{unix.SIGINT, unix.SIGINT}},
		{"a second ^C", []unix.Signal{unix.SIGINT, unix.SIGINT}, apart, []unix.Signal{unix.SIGINT, unix.SIGQUIT}},
		{"another one", []unix.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGTERM}, apart, []unix.Signal{unix.SIGTERM, unix.SIGQUIT, unix.SIGQUIT}},
		{"HUP is none", []unix.Signal{unix.SIGHUP, unix.SIGHUP, unix.SIGINT, unix.SIGHUP}, apart,
			[]unix.Signal{unix.SIGHUP, unix.SIGHUP, unix.SIGINT, unix.SIGHUP}},
		{"nor is what does not stop", []unix.Signal{unix.SIGINT, unix.SIGUSR1, unix.SIGCONT}, apart,
			[]unix.Signal{unix.SIGINT, unix.SIGUSR1, unix.SIGCONT}},
	} {
		t.Run(test.what, func(t *testing.T) {
			link, end := linked(t)
			synctest.Test(t, func(t *testing.T) {
				f := &front{back: end, pid: os.Getpid(), urgency: newUrgency()}
				for _, sig := range test.came {
					f.relay(sig)
					time.Sleep(test.pace)
				}
			})
			end.sock.Close()
			var got []unix.Signal
			link.c.each(func(word, rest string) {
				n, err := strconv.Atoi(strings.TrimSpace(rest))
				if word != wordSignal || err != nil {
					t.Errorf("got %q %q", word, rest)
				}
				got = append(got, unix.Signal(n))
			})
			if !slices.Equal(got, test.want) {
				t.Errorf("the back got %v, want %v", got, test.want)
			}
		})
	}
}
