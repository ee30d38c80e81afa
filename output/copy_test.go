package output

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// A terminal under ^S, or a pipe that nobody reads, holds up neither the lines
// of our own nor the end.
func TestBlockedReader(t *testing.T) {
	r, w := pipe(t)
	m, err := New(Options{Out: w})
	if err != nil {
		t.Fatal(err)
	}
	in, child := pipe(t)
	c := m.Stream("web.1", "web", false).Copy(Input{Stdout: in})
	blocked := make(chan struct{})
	go func() {
		defer close(blocked)
		_, _ = child.Write(bytes.Repeat([]byte("a line\n"), 100_000)) // more than both pipes hold
	}()
	// The write is under way when the output's pipe is full.
	for full := false; !full; {
		if err := w.SetWriteDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		_, err := w.Write([]byte("\n"))
		full = errors.Is(err, os.ErrDeadlineExceeded)
	}
	for i := range 3 * queueSize {
		m.System(Event{Text: fmt.Sprint(i), After: c})
	}
	c.Drain()
	m.SetLabels([]string{"a-longer-name.1"})
	m.LabelWidth()
	m.Stream("new.1", "new", false).Tail(20)
	f := m.Follow(FollowOptions{Lines: 5})
	f.Close()
	if err := m.Flush(time.Millisecond); !errors.Is(err, ErrBlocked) {
		t.Errorf("flush: %v", err)
	}
	if err := m.Close(time.Millisecond); !errors.Is(err, ErrBlocked) {
		t.Errorf("close: %v", err)
	}
	m.queue.mu.Lock()
	if n := len(m.queue.events); n > queueSize {
		t.Errorf("%d events wait", n)
	}
	m.queue.mu.Unlock()
	// The reader comes back: everything is there.
	var out bytes.Buffer
	done := make(chan struct{})
	go func() { defer close(done); _, _ = io.Copy(&out, r) }()
	if err := m.Close(soon); err != nil {
		t.Error(err)
	}
	w.Close()
	receive(t, done, "the end of the output")
	child.Close()
	receive(t, blocked, "the end of the write")
	dropped, shown := 0, 0
	for line := range strings.Lines(out.String()) {
		if _, text, ok := strings.Cut(line, "| "); ok && strings.HasPrefix(line, "system ") {
			var n int
			if _, err := fmt.Sscanf(text, "%d lines of ganger's own were dropped", &n); err == nil {
				dropped += n
			} else {
				shown++
			}
		}
	}
	if dropped == 0 || shown+dropped != 3*queueSize {
		t.Errorf("%d shown and %d dropped of %d", shown, dropped, 3*queueSize)
	}
}

func TestDiskFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full")
	}
	defer full.Close()
	failed := make(chan error, 9)
	m, err := New(Options{Out: full, Failed: func(err error) { failed <- err }})
	if err != nil {
		t.Fatal(err)
	}
	in, child := pipe(t)
	m.Stream("web.1", "web", false).Copy(Input{Stdout: in})
	put(t, child, strings.Repeat("a line\n", 100_000))
	if err := m.Close(soon); err != nil {
		t.Error(err)
	}
	if err := receive(t, failed, "the failure"); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	if len(failed) > 0 {
		t.Error("told twice")
	}
}

func TestQuiet(t *testing.T) {
	g := newRig(t, Options{})
	r, w := pipe(t)
	s := g.Stream("web.1", "web", true)
	c := s.Copy(Input{Stdout: r})
	put(t, w, "hidden\npart")
	c.Drain()
	g.System(Event{Text: "now", After: c})
	g.await("now\n")
	g.Stream("web.1", "web", false)
	put(t, w, "shown\n")
	g.await("shown\n")
	if got, want := g.close(), "system | now\nweb.1  | shown\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := string(s.History()); got != "hidden\npart\nshown\n" {
		t.Errorf("history %q", got)
	}
}

func TestLogFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	g := newRig(t, Options{LogDir: dir, Timestamps: Clock})
	c, w := g.pipe("web.1")
	put(t, w, "one\ntwo\n")
	g.await("two\n")
	name := filepath.Join(dir, "web.1.log")
	moved := name + ".old"
	if err := os.Rename(name, moved); err != nil {
		t.Fatal(err)
	}
	g.ReopenLogs()
	for n := 0; ; n++ {
		put(t, w, fmt.Sprintf("three %d\n", n))
		g.await(fmt.Sprintf("three %d\n", n))
		if _, err := os.Stat(name); err == nil {
			break
		}
	}
	put(t, w, "last")
	c.Close()
	g.close()
	old, err := os.ReadFile(moved)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if all := string(old) + string(got); !strings.HasPrefix(all, "one\ntwo\nthree 0\n") || !strings.HasSuffix(all, "\nlast\n") {
		t.Errorf("%q", all)
	}
}

func TestLogFolderFull(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "web.1.log"), 0o755); err != nil {
		t.Fatal(err)
	}
	g := newRig(t, Options{LogDir: dir})
	_, w := g.pipe("web.1")
	put(t, w, "one\n")
	g.await("cannot write the log file: ")
	put(t, w, "two\n")
	g.await("web.1  | two\n")
	if out := g.close(); strings.Count(out, "cannot write") != 1 {
		t.Errorf("said more than once: %q", out)
	}
}

// An event waits for the bytes of its own process and for nobody else's, and
// not for ever when a survivor goes on writing.
func TestEventAfterFlood(t *testing.T) {
	g := newRig(t, Options{})
	c, w := g.pipe("web.1")
	stop := make(chan struct{})
	var all sync.WaitGroup
	flood := func(w *os.File) {
		all.Go(func() {
			block := bytes.Repeat([]byte("flood\n"), 10_000)
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = w.Write(block)
				}
			}
		})
	}
	_, other := g.pipe("other.1")
	flood(other)
	put(t, w, "last words\n")
	flood(w)
	c.Drain()
	g.System(Event{Text: "web.1 exited", After: c})
	g.System(Event{Text: "another"})
	g.await("system | another\n")
	close(stop)
	all.Wait()
	out := g.close()
	last, exited, another := strings.Index(out, "last words"), strings.Index(out, "web.1 exited"), strings.Index(out, "another")
	if last < 0 || exited < last || another < exited {
		t.Errorf("order: %d %d %d", last, exited, another)
	}
}

func TestTail(t *testing.T) {
	g := newRig(t, Options{})
	c, w := g.pipe("web.1")
	put(t, w, "one\ntwo\nthree")
	c.Drain()
	g.System(Event{Text: "its last lines:", After: c, Tail: 2})
	want := "web.1  | one\nweb.1  | two\nweb.1  | three\nsystem | its last lines:\nsystem |   two\nsystem |   three\n"
	if got := g.close(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWidth(t *testing.T) {
	g := newRig(t, Options{})
	_, w := g.pipe("web.1")
	put(t, w, "one\n")
	g.await("web.1  | one\n")
	g.SetLabels([]string{"web.1", "web.10000"})
	put(t, w, "two\n")
	g.await("web.1     | two\n")
	g.SetLabels([]string{"web.1"})
	put(t, w, "three\n")
	g.await("web.1  | three\n")
}

func TestPty(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		t.Run(fmt.Sprint(terminal), func(t *testing.T) {
			g := newRig(t, Options{Terminal: terminal})
			master, slave, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer slave.Close()
			s := g.Stream("web.1", "web", false)
			lines := g.Follow(FollowOptions{Names: []string{"web"}})
			c := s.Copy(Input{Stdout: master, TTY: true})
			put(t, slave, "one\n\x1b[1mtwo\n")
			g.await("two")
			put(t, slave, "Name? ")
			g.await("Name? ")
			put(t, slave, "Ada\nlast")
			slave.Close()
			c.Drain()
			g.System(Event{Text: "exited", After: c})
			g.await("exited\n")
			// Nobody has it open, and it waits without a sound; then it is asked
			// once more.
			g.System(Event{Text: "twice", After: c})
			c.Drain()
			c.Close()
			want := "web.1  | one\nweb.1  | \x1b[1mtwo\nweb.1  | Name? Ada\nweb.1  | last\nsystem | exited\nsystem | twice\n"
			if terminal {
				want = "web.1  | one\nweb.1  | \x1b[1mtwo\x1b[0m\nweb.1  | \x1b[1mName? \x1b[0m\x1b[1mAda\x1b[0m\nweb.1  | \x1b[1mlast\x1b[0m\nsystem | exited\nsystem | twice\n"
			}
			if got := g.close(); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
			if got, want := string(s.History()), "one\r\n\x1b[1mtwo\r\nName? Ada\r\nlast\r\n"; got != want {
				t.Errorf("history %q, want %q", got, want)
			}
			got := strings.ReplaceAll(rest(t, lines), "web.1:", "")
			if want := "one\n\x1b[1mtwo\nName? Ada\nlast\n"; got != want {
				t.Errorf("followed %q, want %q", got, want)
			}
		})
	}
}

// Files in blocking mode are read as well.
func TestBlockingFile(t *testing.T) {
	g := newRig(t, Options{})
	r, w := pipe(t)
	r.Fd() // sets it to blocking mode
	c := g.Stream("web.1", "web", false).Copy(Input{Stdout: r})
	put(t, w, "one\n")
	g.await("one\n")
	g.System(Event{Text: "exited", After: c})
	g.await("exited\n")
}

// Every byte that was written before the end is shown, and every file closed.
func TestEnds(t *testing.T) {
	before := descriptors(t)
	g := newRig(t, Options{})
	const n = 10_000
	var all sync.WaitGroup
	for _, name := range []string{"a.1", "b.1"} {
		r, w := pipe(t)
		c := g.Stream(name, "x", false).Copy(Input{Stdout: r})
		all.Go(func() {
			for i := range n {
				fmt.Fprintf(w, "%d\n", i)
			}
			c.Drain()
			g.System(Event{Text: name + " exited", After: c})
			w.Close()
			c.Close()
		})
	}
	all.Wait()
	out := g.close()
	for _, name := range []string{"a.1", "b.1"} {
		if k := strings.Count(out, name+"    | "); k != n {
			t.Errorf("%s: %d lines of %d", name, k, n)
		}
		if last := strings.Index(out, fmt.Sprintf("%s    | %d\n", name, n-1)); last < 0 || last > strings.Index(out, name+" exited") {
			t.Errorf("%s: the last line is not before the end", name)
		}
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
	if len(g.copies) > 0 {
		t.Error("a copy is left")
	}
	late, lw := pipe(t) // after Close
	g.Stream("a.1", "x", false).Copy(Input{Stdout: late}).Drain()
	if _, err := lw.WriteString("x"); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("write to a copy begun after the end: %v", err)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}
