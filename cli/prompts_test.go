package cli

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
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
	text string
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

// until reads until text has come, which is then over. Notices stand in brackets,
// and so does the reason of the end.
func (v *visitor) until(text string) {
	v.t.Helper()
	defer v.limit(text)()
	for !strings.Contains(v.text, text) {
		shown, err := v.term.Next()
		v.text += string(shown.Data)
		if shown.Notice != "" {
			v.text += "[" + shown.Notice + "]"
		}
		if errors.Is(err, io.EOF) || err != nil && !strings.Contains(err.Error(), text) {
			v.t.Fatalf("%v before %q, after %q", err, text, v.text)
		}
		if err != nil {
			return
		}
	}
	_, v.text, _ = strings.Cut(v.text, text)
}
