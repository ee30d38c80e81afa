package output

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Whoever hears the lines of a process hears each, from the first on, until it
// has enough.
func TestHear(t *testing.T) {
	g := newRig(t, Options{})
	r, w := pipe(t)
	const lines = 200_000
	n, wrong := 0, ""
	g.Stream("web.1", "web", false).Copy(Input{PID: 1, Stdout: r, Line: func(line []byte) bool {
		if want := fmt.Sprint("line ", n); string(line) != want && wrong == "" {
			wrong = fmt.Sprintf("%q, want %q", line, want)
		}
		n++
		return n < lines
	}})
	var b strings.Builder
	for i := range lines {
		fmt.Fprintln(&b, "line", i)
	}
	put(t, w, b.String())
	put(t, w, "one more\nand more")
	w.Close()
	g.close()
	if n != lines || wrong != "" {
		t.Errorf("%d lines heard of %d; %s", n, lines, wrong)
	}
}

// A line that is unfinished is heard, and again at the end.
func TestHearUnfinished(t *testing.T) {
	g := newRig(t, Options{})
	r, w := pipe(t)
	heard := make(chan string, 10)
	c := g.Stream("web.1", "web", false).Copy(Input{PID: 1, Stdout: r, Line: func(line []byte) bool {
		heard <- string(line)
		return true
	}})
	put(t, w, "name> ")
	g.await("name> ")
	put(t, w, "me\nthe end")
	c.Drain()
	w.Close()
	g.close()
	close(heard)
	var got []string
	for line := range heard {
		got = append(got, line)
	}
	got = slices.Compact(got) // what is shown before it drains comes twice
	if want := []string{"name> ", "name> me", "the end"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

// One that is too long to be kept whole comes in pieces.
func TestHearLong(t *testing.T) {
	g := newRig(t, Options{})
	r, w := pipe(t)
	var last string
	longest, total := 0, 0
	g.Stream("web.1", "web", false).Copy(Input{PID: 1, Stdout: r, Line: func(line []byte) bool {
		last, longest, total = string(line), max(longest, len(line)), total+len(line)
		return true
	}})
	const size = 5 << 20
	put(t, w, strings.Repeat("x", size)+"ready\n")
	w.Close()
	g.close()
	if !strings.HasSuffix(last, "ready") || longest > lineSize+readSize || total < size {
		t.Errorf("%d bytes heard, at most %d at once, ending in %q", total, longest, last[max(0, len(last)-10):])
	}
}

// What comes after an unfinished line was shown is heard too, before its end. So
// it is where no unfinished line is shown.
func TestHearOn(t *testing.T) {
	for _, o := range []Options{{}, {Terminal: true}, {JSON: true}} {
		g := newRig(t, o)
		r, w := pipe(t)
		heard := make(chan string, 100)
		g.Stream("web.1", "web", false).Copy(Input{PID: 1, Stdout: r, Line: func(line []byte) bool {
			heard <- string(line)
			return true
		}})
		put(t, w, "a line\nLoading...")
		awaitLine(t, heard, "Loading...")
		put(t, w, " ready")
		awaitLine(t, heard, "Loading... ready")
		put(t, w, "\n")
		w.Close()
		out := g.close()
		if !o.JSON {
			continue
		}
		if got := objects(t, out); len(got) != 2 || got[1].Line != "Loading... ready" || got[1].Partial {
			t.Errorf("shown: %s", out)
		}
	}
}

func awaitLine(t *testing.T, heard <-chan string, want string) {
	t.Helper()
	for receive(t, heard, "the line "+want) != want {
	}
}
