package output

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// bench returns a lane without a file, for tests that feed it by hand: what it
// would write is left on the desk.
func bench(t testing.TB, o Options, tty bool) *lane {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	o.Out = null
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(soon); err != nil {
			t.Error(err)
		}
		null.Close()
	})
	c := &Copy{stream: m.Stream("web.1", "web", false), pid: 1, tty: tty}
	m.desk.take()
	m.desk.mu.Unlock()
	return newLane(c, false)
}

// feed gives the lane p in chunks of the sizes given, over and over, and lets it
// show what is unfinished after each chunk with an odd size. It returns all the
// output.
func feed(l *lane, p, sizes []byte) string {
	d := &l.copy.stream.mux.desk
	d.out = d.out[:0]
	for i := 0; len(p) > 0; i++ {
		n := len(p)
		if len(sizes) > 0 {
			n = min(n, int(sizes[i%len(sizes)])+1)
		}
		l.keep(l.form.batch(l, append(bytes.Clone(l.carry), p[:n]...), noon()))
		if len(sizes) > 0 && sizes[i%len(sizes)]%2 == 1 {
			l.keep(l.form.show(l, l.carry))
		}
		p = p[n:]
	}
	l.form.finish(l, l.carry)
	l.keep(nil)
	return string(d.out)
}

// FuzzText: however the bytes of a process are cut into reads, and whenever an
// unfinished line is shown, the output is the same: a label, the line, a line
// feed.
func FuzzText(f *testing.F) {
	f.Add([]byte("one\ntwo\r\n\n\r\r\nlast"), []byte{0, 1, 2}, false)
	f.Add([]byte("one\r\ntwo\r"), []byte{3, 0}, true)
	f.Add([]byte("\n\n\xff\x00\n"), []byte{}, true)
	f.Fuzz(func(t *testing.T, p, sizes []byte, tty bool) {
		if len(p) > 4096 {
			return
		}
		var want strings.Builder
		for _, line := range strings.SplitAfter(string(p), "\n") {
			if line == "" {
				continue
			}
			end := "\n"
			if line, ok := strings.CutSuffix(line, "\n"); ok {
				if tty {
					line = strings.TrimSuffix(line, "\r")
				}
				fmt.Fprint(&want, "web.1  | ", line, end)
				continue
			}
			fmt.Fprint(&want, "web.1  | ", line, end)
		}
		l := bench(t, Options{}, tty)
		if got := feed(l, p, sizes); got != want.String() {
			t.Errorf("%q cut by %v\ngot  %q\nwant %q", p, sizes, got, want.String())
		}
	})
}

// join undoes what interruptions do to the lines of one process: it returns
// those labelled with name, with what follows ">" joined to what it continues.
func join(t *testing.T, out, name string) string {
	t.Helper()
	var b strings.Builder
	open := false
	for line := range strings.Lines(out) {
		label, text, ok := strings.Cut(line, " ")
		if !ok {
			t.Fatalf("no label: %q", line)
		}
		if label != name {
			continue
		}
		text = strings.TrimLeft(text, " ")
		bar, text := text[:2], text[2:]
		if open && bar != "> " {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimSuffix(text, "\n"))
		open = true
	}
	if open {
		b.WriteByte('\n')
	}
	return b.String()
}

func TestManyWriters(t *testing.T) {
	const writers, lines = 12, 3000
	g := newRig(t, Options{})
	var all sync.WaitGroup
	for i := range writers {
		c, w := g.pipe(fmt.Sprintf("p%02d.1", i))
		all.Go(func() {
			defer c.Close()
			defer w.Close()
			rnd := rand.New(rand.NewPCG(1, uint64(i)))
			var b bytes.Buffer
			for n := range lines {
				fmt.Fprintf(&b, "%d %s\n", n, strings.Repeat(string(rune('a'+i)), rnd.IntN(200)))
				for b.Len() > 4000 {
					if _, err := w.Write(b.Next(1 + rnd.IntN(4000))); err != nil {
						t.Error(err)
						return
					}
				}
			}
			b.Truncate(b.Len() - 1) // the last line has no end
			if _, err := w.Write(b.Bytes()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	out := g.close()
	for i := range writers {
		got := bufio.NewScanner(strings.NewReader(join(t, out, fmt.Sprintf("p%02d.1", i))))
		n := 0
		for ; got.Scan(); n++ {
			number, rest, _ := strings.Cut(got.Text(), " ")
			if number != fmt.Sprint(n) || strings.Trim(rest, string(rune('a'+i))) != "" {
				t.Fatalf("writer %d, line %d: %q", i, n, got.Text())
			}
		}
		if n != lines {
			t.Errorf("writer %d: %d lines of %d", i, n, lines)
		}
	}
}

func TestPrompt(t *testing.T) {
	g := newRig(t, Options{})
	c, w := g.pipe("web.1")
	put(t, w, "Name? ")
	g.await("web.1  | Name? ")
	put(t, w, "Ada\nAge? ")
	g.await("web.1  | Name? Ada\nweb.1  | Age? ")
	g.System(Event{Text: "between"})
	g.await("between\n")
	put(t, w, "36\nSure? ")
	g.await("Sure? ")
	g.System(Event{Text: "again"})
	g.await("again\n")
	put(t, w, "\nbye\n")
	g.await("bye\n")
	c.Close()
	want := "web.1  | Name? Ada\nweb.1  | Age? \nsystem | between\nweb.1  > 36\nweb.1  | Sure? \nsystem | again\nweb.1  | bye\n"
	if got := g.close(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestLastLine(t *testing.T) {
	g := newRig(t, Options{})
	c, w := g.pipe("web.1")
	put(t, w, "first\nlast")
	// w stays open, as in the hands of a grandchild.
	c.Drain()
	g.System(Event{Text: "web.1 exited", After: c})
	g.await("web.1 exited\n")
	put(t, w, "from a survivor\n")
	g.await("survivor\n")
	c.Close()
	want := "web.1  | first\nweb.1  | last\nsystem | web.1 exited\nweb.1  | from a survivor\n"
	if got := g.close(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := string(g.Stream("web.1", "web", false).History()); got != "first\nlast\nfrom a survivor\n" {
		t.Errorf("history %q", got)
	}
}

func TestLongLine(t *testing.T) {
	const size = 200 << 20
	r, w := pipe(t)
	m, err := New(Options{Out: w})
	if err != nil {
		t.Fatal(err)
	}
	in, long := pipe(t)
	m.Stream("long.1", "long", false).Copy(Input{Stdout: in})
	in, short := pipe(t)
	m.Stream("short.1", "short", false).Copy(Input{Stdout: in})

	go func() {
		defer long.Close()
		block := bytes.Repeat([]byte("x"), 1<<16)
		for range size / len(block) / 2 {
			_, _ = long.Write(block)
		}
		_, _ = short.WriteString("between\n")
		for range size / len(block) / 2 {
			_, _ = long.Write(block)
		}
		_, _ = long.WriteString("\n")
	}()
	closed := make(chan error, 1)
	total, bars, between := 0, 0, 0
	buf := make([]byte, 1<<16)
	before, peak := heap(), uint64(0)
	for between == 0 || total < size {
		n, err := r.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		total += bytes.Count(buf[:n], []byte("x"))
		bars += bytes.Count(buf[:n], []byte(">"))
		between += bytes.Count(buf[:n], []byte("short.1 | between\n"))
		if total%(16<<20) == 0 {
			peak = max(peak, heap())
		}
	}
	if err := r.SetReadDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	go func() { closed <- m.Close(soon); w.Close() }()
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Error(err)
	}
	if err := receive(t, closed, "the end"); err != nil {
		t.Error(err)
	}
	if total != size {
		t.Errorf("%d bytes of %d", total, size)
	}
	if bars > 1 {
		t.Errorf("continued %d times, though there was one line between", bars)
	}
	if peak > before+16<<20 {
		t.Errorf("%d MiB of memory", (peak-before)>>20)
	}
}

func TestTwoPipes(t *testing.T) {
	g := newRig(t, Options{})
	or, ow := pipe(t)
	er, ew := pipe(t)
	s := g.Stream("web.1", "web", false)
	c := s.Copy(Input{Stdout: or, Stderr: er})
	put(t, ow, "out\n")
	g.await("out\n")
	put(t, ew, "er")
	g.await("er")
	put(t, ow, "out again")
	g.await("again")
	c.Drain()
	g.System(Event{Text: "end", After: c})
	got := g.close()
	if want := "web.1  | out\nweb.1  | er\nweb.1  | out again\nsystem | end\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, want := range []string{"out\n", "er", "out again"} {
		if !strings.Contains(string(s.History()), want) {
			t.Errorf("no %q in %q", want, s.History())
		}
	}
}

func TestNoAllocations(t *testing.T) {
	batch := bytes.Repeat([]byte(strings.Repeat("x", 99)+"\n"), 1000)
	for _, o := range []Options{{Timestamps: Clock}, {Timestamps: ISO}, {Terminal: true}, {JSON: true}} {
		l := bench(t, o, false)
		d := &l.copy.stream.mux.desk
		s := l.copy.stream
		now := time.Now()
		run := func() {
			now = now.Add(time.Millisecond)
			d.time.set(o.Timestamps, now)
			s.record(batch, l)
			l.form.batch(l, batch, now)
			d.flush()
		}
		for range 10 {
			run()
		}
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%+v: %v allocations a batch of 1000 lines", o, n)
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	for _, form := range []struct {
		name string
		opts Options
	}{{"text", Options{Timestamps: Clock}}, {"terminal", Options{Terminal: true}}, {"json", Options{JSON: true}}} {
		for _, size := range []int{16, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", form.name, size), func(b *testing.B) {
				batch := bytes.Repeat([]byte(strings.Repeat("x", size-1)+"\n"), 64<<10/size)
				l := bench(b, form.opts, false)
				d := &l.copy.stream.mux.desk
				b.SetBytes(int64(len(batch)))
				b.ReportAllocs()
				for b.Loop() {
					now := d.now()
					l.copy.stream.record(batch, l)
					l.form.batch(l, batch, now)
					d.flush()
				}
			})
		}
	}
}
