package output

import (
	"fmt"
	"strings"
	"testing"
)

// lived is what a follower of lives has got, with <PID> for each that begins.
func lived(t *testing.T, f *Follower) string {
	t.Helper()
	var b strings.Builder
	for {
		chunks, err := f.Now()
		for _, c := range chunks {
			if c.Began {
				fmt.Fprintf(&b, "<%d>", c.PID)
			}
			if c.Missed > 0 {
				fmt.Fprintf(&b, "<missed>")
			}
			b.Write(c.Data)
		}
		if err != nil || len(chunks) == 0 {
			return b.String()
		}
	}
}

// A life is told of before its first byte and after the last of the one before
// it, and what is run beside the process is none.
func TestLives(t *testing.T) {
	for range 100 {
		g := newRig(t, Options{})
		s := g.Stream("web.1", "web", false)
		start := func(pid int, life bool, text string) *Copy {
			r, w := pipe(t)
			put(t, w, text)
			c := s.Copy(Input{PID: pid, Stdout: r, Life: life})
			c.Close()
			w.Close()
			return c
		}
		awaitDrained(t, start(1, true, "first\n"))
		f := g.Follow(FollowOptions{Names: []string{"web.1"}, Lines: 9, Raw: true, Lives: true})
		plain := g.Follow(FollowOptions{Names: []string{"web.1"}, Raw: true})
		// All of them at once: whoever comes first reads first.
		g.desk.take()
		start(2, true, "second\nand")
		start(3, true, "third\n")
		g.desk.mu.Unlock()
		if err := g.Flush(soon); err != nil {
			t.Fatal(err)
		}
		awaitDrained(t, start(4, false, "beside\n"))
		g.close()
		if got, want := lived(t, f), "first\n<2>second\nand\n<3>third\nbeside\n"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		if got := lived(t, plain); strings.Contains(got, "<") {
			t.Fatalf("to one who did not ask: %q", got)
		}
	}
}

// One that has lost lines is told of the last life that has begun meanwhile.
func TestLivesOfTheSlow(t *testing.T) {
	g := newRig(t, Options{})
	s := g.Stream("web.1", "web", false)
	f := g.Follow(FollowOptions{Names: []string{"web.1"}, Raw: true, Lives: true})
	for pid := range 3 {
		r, w := pipe(t)
		c := s.Copy(Input{PID: pid + 1, Stdout: r, Life: true})
		for range 15 {
			put(t, w, strings.Repeat(strings.Repeat("x", 99)+"\n", 1000))
		}
		c.Close()
		w.Close()
		awaitDrained(t, c)
	}
	got := strings.NewReplacer("x", "", "\n", "").Replace(lived(t, f))
	if want := "<1><missed><3>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// One that does not read costs no more for lives without output, however many.
func TestLivesWithoutOutput(t *testing.T) {
	g := newRig(t, Options{})
	f := g.Follow(FollowOptions{Names: []string{"web"}, Raw: true, Lives: true})
	one, two := g.Stream("web.1", "web", false), g.Stream("web.2", "web", false)
	const lives = 2 * followSize / chunkCost
	for pid := range lives {
		one.began(2 * pid)
		two.began(2*pid + 1)
	}
	f.mu.Lock()
	if most := followSize + 2*chunkCost; f.size > most || len(f.chunks) > most/chunkCost {
		t.Errorf("%d chunks wait, which take %d bytes", len(f.chunks), f.size)
	}
	f.mu.Unlock()
	got := lived(t, f)
	if want := fmt.Sprintf("<%d><%d>", 2*lives-2, 2*lives-1); !strings.HasSuffix(got, want) {
		t.Errorf("the last are %q, want %q", got[max(0, len(got)-40):], want)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.size != 0 {
		t.Errorf("nothing waits, which takes %d bytes", f.size)
	}
}
