package output

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

// The model of a history is the end of all that was written, on the heap and in
// a file.
func TestHistory(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	for i := range 200 {
		h := history{limit: uint64(1 + rnd.IntN(64)), name: "web.1", typ: "web"}
		if i%2 == 1 {
			h.dir = dir
		}
		var all []byte
		for range rnd.IntN(30) {
			p := make([]byte, 1+rnd.IntN(40))
			for i := range p {
				p[i] = "abc\n"[rnd.IntN(4)]
			}
			h.write(p, 0, source{})
			all = append(all, p...)
			checkHistory(t, &h, all)
			if len(h.data) > int(h.limit) {
				t.Fatalf("%d bytes for a limit of %d", len(h.data), h.limit)
			}
		}
		if i%2 == 0 || len(all) == 0 {
			continue
		}
		if h.err != nil || h.file == nil {
			t.Fatalf("not in a file: %v", h.err)
		}
		recorded, err := OpenHistory(dir)
		if err != nil || len(recorded) != 1 {
			t.Fatal(len(recorded), err)
		}
		checkHistory(t, &recorded[0].history, all)
	}
}

func checkHistory(t *testing.T, h *history, all []byte) {
	t.Helper()
	want := all
	if len(all) > int(h.limit) {
		want = all[len(all)-int(h.limit):]
		if _, after, ok := bytes.Cut(want, []byte("\n")); ok {
			want = after
		}
	}
	if got := h.from(h.begin()); !bytes.Equal(got, want) {
		t.Fatalf("limit %d after %.200q: %.200q, want %.200q", h.limit, all, got, want)
	}
	var joined []byte
	for _, c := range h.chunks(h.begin()) {
		joined = append(joined, c.Data...)
	}
	if !bytes.Equal(joined, want) {
		t.Fatalf("limit %d after %.200q: chunks %.200q, want %.200q", h.limit, all, joined, want)
	}
	lines := splitLines(want)
	for n := range 8 {
		last := lines[max(0, len(lines)-n):]
		if got := splitLines(h.from(h.lastLines(n))); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", last) && len(got)+len(last) > 0 {
			t.Fatalf("limit %d after %.200q: last %d: %.200q, want %.200q", h.limit, all, n, got, last)
		}
	}
}

// Every line has the time of the write that began it, or of one shortly before
// once there are too many to remember.
func TestHistoryTimes(t *testing.T) {
	for _, sources := range []int{1, 2} {
		h := history{limit: 4096}
		most := marksOf(h.limit)
		for i := range 5 * most {
			line := fmt.Sprintf("%d\n", i)
			half := len(line) / 2
			at := int64(i) * 10 * int64(time.Millisecond)
			by := source{pid: 1 + i%sources}
			h.write([]byte(line[:half]), at, by)
			h.write([]byte(line[half:]), at+markEvery-1, by)
			if h.count > most {
				t.Fatalf("%d marks, at most %d", h.count, most)
			}
		}
		var newest time.Time
		lines, exact := 0, 0
		for _, c := range h.chunks(h.begin()) {
			if c.Time.Before(newest) {
				t.Errorf("%v after %v", c.Time, newest)
			}
			newest = c.Time
			for _, line := range splitLines(c.Data) {
				i, err := strconv.Atoi(string(line))
				if err != nil {
					t.Fatal(err)
				}
				at := time.Unix(0, int64(i)*10*int64(time.Millisecond))
				if c.Time.After(at) {
					t.Errorf("line %d is said to be of %v, and is of %v", i, c.Time, at)
				}
				if c.Time.Equal(at) {
					exact++
					if c.PID != 1+i%sources {
						t.Errorf("line %d of process %d, not %d", i, c.PID, 1+i%sources)
					}
				}
				lines++
			}
		}
		if exact < most/4 || lines < most/4 {
			t.Errorf("%d sources: of %d lines %d have their exact time", sources, lines, exact)
		}
		last := 5*most - 1
		since := time.Unix(0, int64(last-2)*10*int64(time.Millisecond))
		if got, want := string(h.from(h.since(since))), fmt.Sprintf("%d\n%d\n%d\n", last-2, last-1, last); got != want {
			t.Errorf("since: %q, want %q", got, want)
		}
		if got := h.from(h.since(since.Add(time.Hour))); len(got) > 0 {
			t.Errorf("of the future: %q", got)
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
