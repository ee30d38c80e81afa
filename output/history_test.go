package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// The model of the ring is the end of all that was written.
func TestRing(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		r := ring{limit: 1 + rnd.IntN(64)}
		var all []byte
		for range rnd.IntN(30) {
			p := make([]byte, rnd.IntN(40))
			for i := range p {
				p[i] = "abc\n"[rnd.IntN(4)]
			}
			r.write(p)
			all = append(all, p...)

			want := all
			if len(all) > r.limit {
				want = all[len(all)-r.limit:]
				if _, after, ok := bytes.Cut(want, []byte("\n")); ok {
					want = after
				}
			}
			if got := r.bytes(); !bytes.Equal(got, want) {
				t.Fatalf("limit %d after %q: %q, want %q", r.limit, all, got, want)
			}
			lines := splitLines(want)
			for n := range 8 {
				last := lines[max(0, len(lines)-n):]
				if got := splitLines(r.tail(n)); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", last) && len(got)+len(last) > 0 {
					t.Fatalf("limit %d after %q: last %d: %q, want %q", r.limit, all, n, got, last)
				}
			}
			if cap(r.buf) > r.limit {
				t.Fatalf("%d bytes for a limit of %d", cap(r.buf), r.limit)
			}
		}
	}
}

func TestNoHistory(t *testing.T) {
	g := newRig(t, Options{History: -1})
	c, w := g.pipe("web.1")
	put(t, w, "hello\n")
	c.Close()
	if got := g.close(); got != "web.1  | hello\n" {
		t.Errorf("got %q", got)
	}
	if got := g.Stream("web.1", "web", false).Tail(9); len(got) != 0 {
		t.Errorf("kept %q", got)
	}
}

// next waits for chunks and returns their bytes and how many lines were missed.
func next(t *testing.T, f *Follower) (data string, missed int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	chunks, err := f.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		data += c.Process + ":" + string(c.Data)
		missed += c.Missed
	}
	return data, missed
}

func TestFollow(t *testing.T) {
	g := newRig(t, Options{})
	c, w := g.pipe("web.1")
	put(t, w, "one\ntwo\nthree\n")
	g.await("three\n")
	f := g.Follow(nil, 2)
	if got, _ := next(t, f); got != "web.1:two\nthree\n" {
		t.Errorf("history %q", got)
	}
	put(t, w, "part")
	if got, _ := next(t, f); got != "web.1:part" {
		t.Errorf("got %q", got)
	}
	_, later := g.pipe("late.1") // a process that comes later is followed too
	put(t, later, "hi\n")
	if got, _ := next(t, f); got != "late.1:hi\n" {
		t.Errorf("got %q", got)
	}
	only := g.Follow([]string{"late.1"}, 0)
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
	var all string
	for {
		chunks, err := f.Next(t.Context())
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			break
		}
		for _, c := range chunks {
			all += c.Process + ":" + string(c.Data)
		}
	}
	if want := "web.1:\nlate.1:only\nsystem:the end\n"; all != want {
		t.Errorf("got %q, want %q", all, want)
	}
}

func TestSlowFollower(t *testing.T) {
	g := newRig(t, Options{})
	c, w := g.pipe("web.1")
	f := g.Follow([]string{"web.1"}, 0)
	defer f.Close()
	const lines = 100_000
	line := strings.Repeat("x", 99) + "\n"
	for range lines / 100 {
		put(t, w, strings.Repeat(line, 100))
	}
	g.System(Event{Text: "the end", After: c})
	g.await("the end\n")
	got, missed := next(t, f)
	if len(got) > 2*followSize {
		t.Errorf("%d bytes waited", len(got))
	}
	put(t, w, line)
	more, m := next(t, f)
	missed += m
	if n := strings.Count(got+more, "\n") + missed; n != lines+1 || missed == 0 {
		t.Errorf("%d lines with %d missed, want %d", n, missed, lines+1)
	}
}
