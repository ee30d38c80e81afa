package output

import (
	"math"
	"testing"
)

func TestParseTimestamps(t *testing.T) {
	for _, want := range []Timestamps{Off, Clock, ISO} {
		if got, err := ParseTimestamps(want.String()); err != nil || got != want {
			t.Errorf("%v: %v, %v", want, got, err)
		}
	}
	if _, err := ParseTimestamps("utc"); err == nil {
		t.Error("utc was taken")
	}
}

// The colours can be read on black and on white: contrast as in WCAG 2, where 3
// is asked of large text.
func TestPalette(t *testing.T) {
	linear := func(n int) float64 {
		v := 0.0
		if n > 0 {
			v = float64(55+40*n) / 255
		}
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	seen := make(map[int]bool)
	for _, c := range palette() {
		if c < 16 || c > 231 || seen[c] {
			t.Errorf("%d is not in the cube, or there twice", c)
		}
		seen[c] = true
		n := c - 16
		l := 0.2126*linear(n/36) + 0.7152*linear(n/6%6) + 0.0722*linear(n%6)
		dark, light := (l+0.05)/0.05, 1.05/(l+0.05)
		if min(dark, light) < 3 {
			t.Errorf("%d: contrast %.1f with black, %.1f with white", c, dark, light)
		}
	}
	if len(seen) != 16 {
		t.Errorf("%d colours", len(seen))
	}
}

func TestColorOfType(t *testing.T) {
	g := newRig(t, Options{Color: true})
	a, b := g.Stream("web.1", "web", false), g.Stream("worker.1", "worker", false)
	c := g.Stream("web.2", "web", false)
	if a.label.on == "" || a.label.on == b.label.on || a.label.on != c.label.on {
		t.Errorf("%q %q %q", a.label.on, b.label.on, c.label.on)
	}
	if g.Stream("web.1", "web", true) != a {
		t.Error("a restarted process has another stream")
	}
}
