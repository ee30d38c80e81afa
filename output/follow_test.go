package output

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// next waits for chunks and returns their bytes and how many lines were missed.
func next(t *testing.T, f *Follower) (data string, missed int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	chunks, err := f.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return joined(chunks)
}

// nextLines reads on until there are n lines, those that were missed included.
func nextLines(t *testing.T, f *Follower, n int) (data string, missed int) {
	t.Helper()
	var all strings.Builder
	for lines := 0; lines < n; {
		more, m := next(t, f)
		all.WriteString(more)
		missed += m
		if len(more) > 2*takeSize {
			t.Fatalf("%d bytes came at once", len(more))
		}
		if lines += strings.Count(more, "\n") + m; lines > n {
			t.Fatalf("%d lines with %d missed, want %d", lines, missed, n)
		}
	}
	return all.String(), missed
}

func joined(chunks []Chunk) (data string, missed int) {
	for _, c := range chunks {
		if len(c.Data) > 0 {
			data += c.Process + ":" + string(c.Data)
		}
		missed += c.Missed
	}
	return data, missed
}

// rest is what a follower whose Mux is closed still gets.
func rest(t *testing.T, f *Follower) (data string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	for {
		chunks, err := f.Next(ctx)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			return data
		}
		more, _ := joined(chunks)
		data += more
	}
}

func TestFollow(t *testing.T) {
	g := newRig(t, Options{})
	c, w := g.pipe("web.1")
	put(t, w, "one\ntwo\nthree\n")
	g.await("three\n")
	f := g.Follow(FollowOptions{Lines: 2, Raw: true})
	if got, _ := next(t, f); got != "web.1:two\nthree\n" {
		t.Errorf("history %q", got)
	}
	lines := g.Follow(FollowOptions{})
	put(t, w, "part")
	if got, _ := next(t, f); got != "web.1:part" {
		t.Errorf("got %q", got)
	}
	_, later := g.pipe("late.1") // a process that comes later is followed too
	put(t, later, "hi\n")
	if got, _ := next(t, f); got != "late.1:hi\n" {
		t.Errorf("got %q", got)
	}
	if got, _ := next(t, lines); got != "late.1:hi\n" {
		t.Errorf("got %q", got)
	}
	only := g.Follow(FollowOptions{Names: []string{"late"}})
	put(t, w, "\n")
	g.await("part\n")
	put(t, later, "only\n")
	if got, _ := next(t, only); got != "late.1:only\n" {
		t.Errorf("got %q", got)
	}
	only.Close()
	c.Drain()
	g.System(Event{Text: "the end"})
	g.close()
	if got, want := rest(t, f), "web.1:\nlate.1:only\nsystem:the end\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := rest(t, lines), "web.1:part\nlate.1:only\nsystem:the end\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFollowNames(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, "web.1 web.2 worker.1 system"},
		{[]string{"web.1"}, "web.1"},
		{[]string{"web"}, "web.1 web.2"},
		{[]string{"w*.1"}, "web.1 worker.1"},
		{[]string{"work*", "system"}, "worker.1 system"},
		{[]string{"["}, ""},
		{[]string{"web.1.1"}, ""},
	} {
		o := FollowOptions{Names: c.names}
		var got []string
		for _, name := range []string{"web.1", "web.2", "worker.1", "system"} {
			typ, _, _ := strings.Cut(name, ".")
			if o.match(name, typ) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: %q, want %q", c.names, got, c.want)
		}
	}
}

// Several histories come as one, in the order of time.
func TestFollowMerges(t *testing.T) {
	now := noon()
	var mu sync.Mutex
	g := newRig(t, Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	_, web := g.pipe("web.1")
	_, worker := g.pipe("worker.1")
	for i, w := range []io.Writer{web, worker, web, worker} {
		mu.Lock()
		now = now.Add(time.Minute)
		mu.Unlock()
		put(t, w, fmt.Sprintf("line %d\n", i))
		g.await(fmt.Sprintf("line %d\n", i))
	}
	f := g.Follow(FollowOptions{Lines: -1})
	if got, _ := next(t, f); got != "web.1:line 0\nworker.1:line 1\nweb.1:line 2\nworker.1:line 3\n" {
		t.Errorf("got %q", got)
	}
	f.Close()
	f = g.Follow(FollowOptions{Lines: -1, Since: noon().Add(3 * time.Minute)})
	if got, _ := next(t, f); got != "web.1:line 2\nworker.1:line 3\n" {
		t.Errorf("since: %q", got)
	}
	f.Close()
}

func TestSlowFollower(t *testing.T) {
	for _, raw := range []bool{true, false} {
		g := newRig(t, Options{})
		c, w := g.pipe("web.1")
		f := g.Follow(FollowOptions{Names: []string{"web.1"}, Raw: raw})
		const lines = 100_000
		line := strings.Repeat("x", 99) + "\n"
		for range lines / 100 {
			put(t, w, strings.Repeat(line, 100))
		}
		g.System(Event{Text: "the end", After: c})
		g.await("the end\n")
		f.mu.Lock()
		if f.size > followSize {
			t.Errorf("%d bytes wait", f.size)
		}
		f.mu.Unlock()
		got, missed := nextLines(t, f, lines)
		put(t, w, line)
		more, _ := nextLines(t, f, 1)
		got = strings.ReplaceAll(got+more, "web.1:", "")
		if n := strings.Count(got, "\n"); n+missed != lines+1 || missed == 0 {
			t.Errorf("%d lines and %d missed, want %d", n, missed, lines+1)
		}
		if !raw && strings.ReplaceAll(got, line, "") != "" {
			t.Error("there is a torn line")
		}
		f.Close()
		g.close()
	}
}

// One that is behind by more than its queue holds gets the last lines all the
// same: the history has them. What lies between is missed, and counted.
func TestSlowFollowerAtTheEnd(t *testing.T) {
	const lines = 100_000
	for _, test := range []struct {
		name    string
		history int
		last    string // what is there of the last line
	}{{"", 0, fmt.Sprintf("%0100d\n", lines-1)}, {"without a history", -1, ""}, {"that holds no line", 50, ""}} {
		t.Run(test.name, func(t *testing.T) {
			g := newRig(t, Options{History: test.history})
			_, w := g.pipe("web.1")
			f := g.Follow(FollowOptions{Names: []string{"web.1"}})
			for i := range lines {
				if i%100 == 0 {
					var b strings.Builder
					for k := range 100 {
						fmt.Fprintf(&b, "%0100d\n", i+k)
					}
					put(t, w, b.String())
				}
			}
			g.close()
			var got strings.Builder
			missed := 0
			for {
				chunks, err := f.Next(t.Context())
				if err != nil {
					break
				}
				data, m := joined(chunks)
				got.WriteString(strings.ReplaceAll(data, "web.1:", ""))
				missed += m
			}
			n, last := 0, -1
			for line := range strings.Lines(got.String()) {
				k := 0
				if _, err := fmt.Sscanf(line, "%d", &k); err != nil || k <= last || len(line) != 101 {
					t.Fatalf("after %d: %q", last, line)
				}
				n, last = n+1, k
			}
			if n+missed != lines || missed == 0 || !strings.HasSuffix(got.String(), test.last) {
				t.Errorf("%d lines and %d missed, of %d; the last is %d", n, missed, lines, last)
			}
		})
	}
}

// However many follow and do not read, nobody waits for them, and those who read
// get everything.
func TestManyFollowers(t *testing.T) {
	g := newRig(t, Options{})
	c, w := g.pipe("web.1")
	const readers, lines = 100, 2000
	stuck := make([]*Follower, 100)
	for i := range stuck {
		stuck[i] = g.Follow(FollowOptions{Names: []string{"web.1"}})
	}
	var all sync.WaitGroup
	got := make([]int, readers)
	for i := range readers {
		f := g.Follow(FollowOptions{Names: []string{"web.1"}})
		all.Go(func() {
			defer f.Close()
			for got[i] < lines {
				chunks, err := f.Next(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				for _, c := range chunks {
					got[i] += strings.Count(string(c.Data), "\n") + c.Missed
				}
			}
		})
	}
	line := strings.Repeat("y", 999) + "\n"
	for range lines {
		put(t, w, line)
	}
	g.System(Event{Text: "the end", After: c})
	g.await("the end\n")
	all.Wait()
	for i, n := range got {
		if n != lines {
			t.Errorf("reader %d got %d lines", i, n)
		}
	}
	for i, f := range slices.Backward(stuck) { // the fewer follow, the sooner those who lost lines go on
		if f.size > followSize+lines {
			t.Errorf("%d bytes wait", f.size)
		}
		if i < 3 {
			if _, missed := nextLines(t, f, lines); missed == 0 {
				t.Error("no line was missed")
			}
		}
		f.Close()
		rest(t, f)
	}
	s := g.Stream("web.1", "web", false)
	if n := len(s.followers) + len(s.stalled); n > 0 {
		t.Errorf("%d followers are left", n)
	}
}

// FuzzCutter: however the bytes of a process are cut, the lines are the same.
func FuzzCutter(f *testing.F) {
	f.Add("one\r\ntwo\n\n\r\r\nlast", []byte{0, 1, 2}, true)
	f.Add("\r\n", []byte{0}, true)
	f.Fuzz(func(t *testing.T, text string, sizes []byte, tty bool) {
		var c cutter
		var got strings.Builder
		take := func(chunks []Chunk) {
			for _, k := range chunks {
				if !strings.HasSuffix(string(k.Data), "\n") {
					t.Errorf("%q is no whole line", k.Data)
				}
				got.Write(k.Data)
			}
		}
		for i, p := 0, text; len(p) > 0; i++ {
			n := len(p)
			if len(sizes) > 0 {
				n = min(n, int(sizes[i%len(sizes)])+1)
			}
			take(c.cut([]Chunk{{Process: "web.1", TTY: tty, Data: []byte(p[:n])}}))
			p = p[n:]
		}
		take(c.flush())
		want := text
		if len(want) > 0 && !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		if tty {
			want = strings.ReplaceAll(want, "\r\n", "\n")
		}
		if got.String() != want {
			t.Errorf("%q cut by %v: %q, want %q", text, sizes, got.String(), want)
		}
	})
}

// A line that does not end comes in pieces.
func TestCutterPieces(t *testing.T) {
	var c cutter
	var got strings.Builder
	long := strings.Repeat("z", lineSize+10)
	for _, k := range c.cut([]Chunk{{Data: []byte(long)}, {Data: []byte("end\n")}}) {
		if k.Partial == strings.HasSuffix(string(k.Data), "\n") {
			t.Errorf("partial %v with %q at its end", k.Partial, k.Data[len(k.Data)-1])
		}
		got.Write(k.Data)
	}
	if got.String() != long+"end\n" {
		t.Errorf("%d bytes", got.Len())
	}
}

// What a batch of 64 KiB costs with followers, who cannot keep up with it.
func BenchmarkFollowers(b *testing.B) {
	for _, n := range []int{0, 1, 200} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := bench(b, Options{}, false)
			for range n {
				f := l.copy.stream.mux.Follow(FollowOptions{})
				defer f.Close()
			}
			p := []byte(strings.Repeat(strings.Repeat("x", 99)+"\n", 655))
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				l.copy.stream.record(p, l)
			}
		})
	}
}

// What was written before the Mux was closed comes, also where whoever reads is
// told of the end at the same moment.
func TestFollowToTheEnd(t *testing.T) {
	g := newRig(t, Options{})
	for range 20_000 {
		f := g.Follow(FollowOptions{})
		ctx, cancel := context.WithCancel(t.Context())
		f.taken = time.Now() // so that it is not time yet to read
		f.chunks = []Chunk{{Process: "web.1", Data: []byte("last\n")}}
		read := make(chan error)
		go func() {
			_, err := f.Next(ctx)
			read <- err
		}()
		runtime.Gosched()
		f.Close()
		cancel()
		if err := receive(t, read, "the end of the following"); err != nil {
			t.Fatal(err)
		}
	}
}
