package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"ganger/control"
	"ganger/formation"
	"ganger/output"
	"ganger/process"
	"ganger/supervisor"
)

// stage is an attached terminal of web.1 whose lives the test plays.
type stage struct {
	t       *testing.T
	out     *output.Mux
	stream  *output.Stream
	term    *attached
	feed    *script
	last    *output.Copy
	written *os.File
}

func newStage(t *testing.T, pid int, history string) *stage {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	g := &stage{t: t, feed: &script{news: make(chan struct{}, 1)}}
	if g.out, err = output.New(output.Options{Out: null}); err != nil {
		t.Fatal(err)
	}
	g.stream = g.out.Stream("web.1", "web", false)
	g.begins(pid, true)
	g.writes(history)
	g.drained()
	g.term = newAttached("web.1", g.feed)
	g.term.pid = pid
	g.term.drained = func() <-chan struct{} { return g.out.Drained("web.1") }
	g.term.output = g.out.Follow(output.FollowOptions{Names: []string{"web.1"}, Lines: 9, Raw: true, Lives: true})
	go g.term.listen()
	t.Cleanup(func() {
		g.term.output.Close()
		close(g.term.closed)
		if err := g.out.Close(patience); err != nil {
			t.Error(err)
		}
		null.Close()
	})
	return g
}

// begins begins a life, or something beside it.
func (g *stage) begins(pid int, life bool) *output.Copy {
	g.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { w.Close() })
	c := g.stream.Copy(output.Input{PID: pid, Stdout: r, Life: life})
	if life {
		g.last = c
	}
	g.written = w
	return c
}

// drained waits until what the life wrote has been read.
func (g *stage) drained() {
	g.t.Helper()
	select {
	case <-g.last.Drained():
	case <-time.After(patience):
		g.t.Fatal("what was written is not read")
	}
}

func (g *stage) writes(text string) {
	g.t.Helper()
	if _, err := io.WriteString(g.written, text); err != nil {
		g.t.Fatal(err)
	}
}

// script is a feed of what the test says.
type script struct {
	mu      sync.Mutex
	changes []supervisor.Change
	news    chan struct{}
}

func (f *script) Next(ctx context.Context) ([]supervisor.Change, int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.changes
	f.changes = nil
	if len(c) > 0 {
		return c, 0, nil
	}
	return nil, 0, ctx.Err()
}

func (f *script) News() <-chan struct{} { return f.news }

func (f *script) Close() {}

func (f *script) put(c supervisor.Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, c)
	select {
	case f.news <- struct{}{}:
	default:
	}
}

func (g *stage) becomes(state supervisor.State, pid int) {
	c := supervisor.Change{}
	c.Process, c.State, c.PID = formation.Process{Name: "web.1"}, state, pid
	c.Status = process.Status{Code: 3}
	g.feed.put(c)
}

// shows is what the terminal shows until that has an end in it.
func (g *stage) shows(end string) string {
	g.t.Helper()
	guard := time.AfterFunc(patience, func() {
		g.t.Errorf("still waiting for %q", end)
		g.term.output.Close()
	})
	defer guard.Stop()
	var b strings.Builder
	for !strings.Contains(b.String(), end) {
		shown, err := g.term.Next()
		b.Write(shown.Data)
		if shown.Notice != "" {
			fmt.Fprintf(&b, "[%s]", shown.Notice)
		}
		if err != nil {
			fmt.Fprintf(&b, "<%v>", err)
			break
		}
	}
	return b.String()
}

// However near to each other they are, a life's last bytes come before its end
// and that before the next life's first byte.
func TestTerminalOrder(t *testing.T) {
	for range 200 {
		g := newStage(t, 1, "one\n")
		g.writes("last")
		g.last.Drain()
		g.last.Close()
		g.becomes(supervisor.StateBackingOff, 0)
		g.begins(2, true)
		g.writes("first\n")
		g.becomes(supervisor.StateRunning, 2)
		if got, want := g.shows("first\n"), "one\nlast\n[web.1 exited with status 3 and is started again][web.1 runs again (pid 2)]first\n"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		g.writes("the end")
		g.last.Drain()
		g.last.Close()
		g.becomes(supervisor.StateFailed, 0)
		if got, want := g.shows("status 3"), "the end\n<web.1 exited with status 3>"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// What the life has not done is not told: it was there when we came, a stop of it
// was taken back, and what stops it is another program.
func TestTerminalSameLife(t *testing.T) {
	g := newStage(t, 1, "")
	g.term.pid = 2 // the output of the life that we came to is not read yet
	g.last.Close()
	g.begins(2, true)
	g.writes("a")
	if got := g.shows("a"); got != "a" {
		t.Errorf("got %q", got)
	}
	g.becomes(supervisor.StateStopping, 2)
	web := g.written
	g.begins(3, false).Drain()
	g.writes("stop-command\n")
	g.shows("stop-command\n")
	g.becomes(supervisor.StateRunning, 2) // taken back
	g.written = web
	g.writes("b\n")
	if got := g.shows("b"); got != "b\n" {
		t.Errorf("got %q", got)
	}
}

// A stop is told before another life begins, and ends it.
func TestTerminalStopped(t *testing.T) {
	g := newStage(t, 1, "")
	g.writes("bye")
	g.last.Drain()
	g.last.Close()
	g.drained()
	stop := g.begins(2, false)
	g.writes("closed\n")
	stop.Drain()
	g.becomes(supervisor.StateStopped, 0)
	g.begins(3, true)
	g.writes("anew\n")
	if got, want := g.shows("stopped"), "bye\nclosed\n<web.1 has been stopped>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	g = newStage(t, 1, "")
	if err := g.out.Close(patience); err != nil {
		t.Error(err)
	}
	var told *control.Error
	if _, err := g.term.Next(); !errors.As(err, &told) || told.Code != control.CodeStopping {
		t.Errorf("at the end of the app: %v", err)
	}
}

// One that does not keep up is told how much it has lost, in its place.
func TestTerminalMissed(t *testing.T) {
	g := newStage(t, 1, "")
	for range 100 {
		g.writes(strings.Repeat(strings.Repeat("x", 99)+"\n", 300))
	}
	g.drained()
	got := g.shows("lost here")
	var n int
	_, notice, _ := strings.Cut(got, "[")
	if _, err := fmt.Sscanf(notice, "%d lines lost here", &n); err != nil || n == 0 {
		t.Fatalf("%v: %.80q", err, notice)
	}
	if lines := strings.Count(got, "\n"); lines+n != 30_000 {
		t.Errorf("%d lines and %d lost, of 30000", lines, n)
	}
	g.writes("on\n")
	if got := g.shows("on\n"); !strings.HasSuffix(got, "on\n") {
		t.Errorf("got %q", got)
	}
}
