package output

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// soon is how long a test waits for what must come before it calls it lost.
const soon = 60 * time.Second

// rig is a Mux whose output is collected.
type rig struct {
	*Mux
	t    *testing.T
	w    *os.File
	mu   sync.Mutex
	cond *sync.Cond
	got  []byte
	done chan struct{}
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	g := &rig{t: t, w: w, done: make(chan struct{})}
	g.cond = sync.NewCond(&g.mu)
	o.Out = w
	g.Mux, err = New(o)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(g.done)
		defer r.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := r.Read(buf)
			g.mu.Lock()
			g.got = append(g.got, buf[:n]...)
			g.cond.Broadcast()
			g.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { g.close() })
	return g
}

// close ends the Mux and returns all of the output.
func (g *rig) close() string {
	g.t.Helper()
	if err := g.Close(soon); err != nil {
		g.t.Error(err)
	}
	g.w.Close()
	receive(g.t, g.done, "the end of the output")
	return string(g.got)
}

// await waits until the output contains s.
func (g *rig) await(s string) {
	g.t.Helper()
	late := time.AfterFunc(soon, func() { g.mu.Lock(); defer g.mu.Unlock(); g.cond.Broadcast() })
	defer late.Stop()
	deadline := time.Now().Add(soon)
	g.mu.Lock()
	defer g.mu.Unlock()
	for seen := 0; !bytes.Contains(g.got[seen:], []byte(s)); {
		seen = max(0, len(g.got)-len(s))
		if !time.Now().Before(deadline) {
			g.t.Fatalf("no %q in %q", s, g.got[max(0, len(g.got)-2000):])
		}
		g.cond.Wait()
	}
}

// pipe starts a Copy and returns what its process would write to.
func (g *rig) pipe(name string) (*Copy, *os.File) {
	g.t.Helper()
	typ, _, _ := strings.Cut(name, ".")
	r, w := pipe(g.t)
	return g.Stream(name, typ, false).Copy(Input{PID: 1, Stdout: r}), w
}

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return r, w
}

// receive waits for what a channel gives, or for its end.
func receive[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	late := time.NewTimer(soon)
	defer late.Stop()
	select {
	case v := <-from:
		return v
	case <-late.C:
		t.Fatalf("waited for %s for %s", what, soon)
		panic("unreachable")
	}
}

// awaitDrained waits until what a Copy has to read is shown.
func awaitDrained(t testing.TB, c *Copy) {
	t.Helper()
	receive(t, c.Drained(), "a drain")
}

func put(t testing.TB, w io.Writer, s string) {
	t.Helper()
	if f, ok := w.(*os.File); ok {
		_ = f.SetWriteDeadline(time.Now().Add(soon)) // a terminal may have none, and is not filled
	}
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
}

func noon() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 123456000, time.UTC) }

func TestLabels(t *testing.T) {
	for _, test := range []struct {
		opts  Options
		width int
		want  string
	}{
		{Options{}, 11, "worker.1 | hello\nsystem   | bye\n"},
		{Options{Timestamps: Clock}, 20, "12:00:00 worker.1 | hello\n12:00:00 system   | bye\n"},
		{Options{Timestamps: ISO}, 41, "2026-07-01T12:00:00.123+00:00 worker.1 | hello\n2026-07-01T12:00:00.123+00:00 system   | bye\n"},
		{Options{NoPrefix: true, Timestamps: Clock}, 0, "hello\nbye\n"},
		{Options{Color: true}, 11, "\x1b[38;5;30mworker.1 |\x1b[0m hello\n\x1b[1msystem   |\x1b[0m bye\n"},
		{Options{JSON: true}, 0, `{"time":"2026-07-01T12:00:00.123456Z","process":"worker.1","type":"worker","stream":"stdout","pid":1,"line":"hello"}` + "\n" +
			`{"time":"2026-07-01T12:00:00.123456Z","event":"exited","process":"worker.1","message":"bye"}` + "\n"},
	} {
		t.Run(fmt.Sprint(test.opts), func(t *testing.T) {
			test.opts.Now = noon
			g := newRig(t, test.opts)
			g.SetLabels([]string{"web.1", "worker.1"})
			if w := g.LabelWidth(); w != test.width {
				t.Errorf("label width %d, want %d", w, test.width)
			}
			c, w := g.pipe("worker.1")
			put(t, w, "hello\n")
			g.System(Event{Name: "exited", Process: "worker.1", Text: "bye", After: c})
			if got := g.close(); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestReaderGone(t *testing.T) {
	r, w := pipe(t)
	failed := make(chan error, 2)
	m, err := New(Options{Out: w, Failed: func(err error) { failed <- err }})
	if err != nil {
		t.Fatal(err)
	}
	in, child := pipe(t)
	m.Stream("web.1", "web", false).Copy(Input{Stdout: in})
	r.Close()
	put(t, child, strings.Repeat("a line\n", 100_000)) // more than any pipe holds
	select {
	case err := <-failed:
		if !strings.Contains(err.Error(), syscall.EPIPE.Error()) {
			t.Error(err)
		}
	case <-time.After(soon):
		t.Fatal("nobody was told")
	}
	put(t, child, "the end\n")
	if err := m.Close(soon); err != nil {
		t.Error(err)
	}
	if len(failed) > 0 {
		t.Error("told twice")
	}
	if tail := m.Stream("web.1", "web", false).Tail(1); len(tail) != 1 || string(tail[0]) != "the end" {
		t.Errorf("history ends with %q", tail)
	}
}

// heap is the memory that the runtime has from the system, in bytes.
func heap() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.Sys
}
