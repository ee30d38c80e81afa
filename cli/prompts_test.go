package cli

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"ganger/control"
)

// A process that waits for input is said so once, with the way to its terminal;
// what is typed there reaches it, and its end is said there.
func TestPromptIsAnswered(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system does not tell who waits for input")
	}
	leakCheck(t)
	dir := folder(t, `web: printf 'name? '; read x; echo "is $x"; printf 'age? '; read y; echo "of $y"; exec sleep 1000`, "worker: sleep 1000")
	s, _ := terminal(t, command(t, dir, "start", "-p", "none"), 80, 24)
	s.await("web\\.1 waits for input \\(`name\\? `\\): ganger attach web$")
	c := control.Dial(socketOf(t, s))
	defer c.Close()
	procs, err := c.Processes(patient(t), control.ProcessQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if procs[0].Prompt != "name? " || !procs[0].Terminal || procs[1].Prompt != "" {
		t.Errorf("got %+v", procs)
	}
	a := attach(t, c, "web")
	a.until("name? ")
	a.send("Ada\n")
	a.until("is Ada\r\nage? ")
	// To one who is attached already nobody says how.
	a.send("36\n")
	a.until("of 36\r\n")
	do := func(do control.Command) {
		if _, err := c.Do(patient(t), do, func(control.Progress) error { return nil }); err != nil {
			t.Error(err)
		}
	}
	do(control.Command{Action: control.Restart, Names: []string{"web"}, Wait: true})
	a.until("[web.1 runs again (pid ")
	a.until("name? ")
	do(control.Command{Action: control.Stop, Names: []string{"web"}, Wait: true})
	a.until("web.1 has been stopped")
	if procs, err = c.Processes(patient(t), control.ProcessQuery{}); err != nil || procs[0].Prompt != "" {
		t.Errorf("got %+v, %v", procs, err)
	}
	s.end()
	if n := s.count("waits for input"); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, s.text())
	}
}

// visitor is a client at a terminal, of which no wait is for ever.
type visitor struct {
	t    *testing.T
	term control.Terminal
	text string // not looked at yet
	all  string
}

func attach(t *testing.T, c *control.Client, name string) *visitor {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	term, err := c.Attach(ctx, name, control.Size{Cols: 80, Rows: 24})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { term.Close() })
	return &visitor{t: t, term: term}
}

func (v *visitor) send(keys string) {
	v.t.Helper()
	defer v.limit("somebody who reads " + keys)()
	if _, err := v.term.Write([]byte(keys)); err != nil {
		v.t.Fatal(err)
	}
}

// limit ends a wait that takes too long, by leaving the terminal.
func (v *visitor) limit(what string) (done func()) {
	v.t.Helper()
	guard := time.AfterFunc(patience, func() {
		v.t.Errorf("still waiting for %q", what)
		v.term.Close()
	})
	return func() { guard.Stop() }
}

// until reads until this has come, which is then over. Notices stand in brackets,
// and so does the reason of the end.
func (v *visitor) until(want string) {
	v.t.Helper()
	defer v.limit(want)()
	for !strings.Contains(v.text, want) {
		shown, err := v.term.Next()
		text := string(shown.Data)
		if shown.Notice != "" {
			text = "[" + shown.Notice + "]"
		}
		v.text, v.all = v.text+text, v.all+text
		if errors.Is(err, io.EOF) || err != nil && !strings.Contains(err.Error(), want) {
			v.t.Fatalf("%v before %q, after %q", err, want, v.text)
		}
		if err != nil {
			return
		}
	}
	_, v.text, _ = strings.Cut(v.text, want)
}

// A stop that is held up and taken back is no new life, and neither is a
// stop-command: its lines are shown, and that is all.
func TestAttachedToOneLife(t *testing.T) {
	leakCheck(t)
	dir := folder(t, "# ganger: stop-command='echo closing'", "web: child cat", "# ganger: needs=web", "worker: child stubborn")
	s, _ := terminal(t, command(t, dir, "start", "-p", "none", "-t", "60"), 80, 24)
	worker := s.awaitPID(`worker\.1 .*ready (\d+)`)
	c := control.Dial(socketOf(t, s))
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	web := func(state control.State) {
		t.Helper()
		if !until(func() bool {
			procs, err := c.Processes(ctx, control.ProcessQuery{Names: []string{"web.1"}})
			return err != nil || procs[0].State == state
		}) {
			t.Fatalf("web is never %s", state)
		}
	}
	do := func(action control.Action, names ...string) {
		t.Helper()
		if _, err := c.Do(ctx, control.Command{Action: action, Names: names}, func(control.Progress) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	a := attach(t, c, "web")
	do(control.Stop, "web", "worker") // web when worker, which needs it, has ended
	web(control.Stopping)
	do(control.Start, "web")
	web(control.Running)
	a.send("anyone?\n")
	a.until("anyone?\r\nread anyone?\r\n")
	if err := syscall.Kill(worker, syscall.SIGUSR2); err != nil {
		t.Error(err)
	}
	do(control.Stop, "web")
	a.until("closing\n")
	a.until("web.1 has been stopped")
	if strings.Contains(a.all, "runs again") {
		t.Errorf("a life is told that is none:\n%s", a.all)
	}
	s.end()
}
