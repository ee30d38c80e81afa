package formation

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

func types() []string { return []string{"web", "worker", "clock", "release"} }

func TestCounts(t *testing.T) {
	for _, test := range []struct {
		name        string
		m           string   // -m
		names       []string // by position
		except      []string
		withRelease bool
		want        map[string]int // those above 0
	}{
		{name: "nothing chosen", want: map[string]int{"web": 1, "worker": 1, "clock": 1}},
		{name: "unlisted are 0", m: "web=2", want: map[string]int{"web": 2}},
		{name: "all, but release", m: "all=2", want: map[string]int{"web": 2, "worker": 2, "clock": 2}},
		{name: "all and one", m: "all=1,worker=3", want: map[string]int{"web": 1, "worker": 3, "clock": 1}},
		{name: "one and all", m: "worker=0, all=1", want: map[string]int{"web": 1, "clock": 1}},
		{name: "the last counts", m: "web=1,web=3", want: map[string]int{"web": 3}},
		{name: "release named in -m", m: "release=1,web=1", want: map[string]int{"release": 1, "web": 1}},
		{name: "release is one process", m: "release=3", want: map[string]int{"release": 1}},
		{name: "names", names: []string{"web", "worker=2"}, want: map[string]int{"web": 1, "worker": 2}},
		{name: "a name with 0", names: []string{"web=0", "clock"}, want: map[string]int{"clock": 1}},
		{name: "release by name", names: []string{"release", "web"}, want: map[string]int{"release": 1, "web": 1}},
		{name: "release by flag", withRelease: true, want: map[string]int{"release": 1, "web": 1, "worker": 1, "clock": 1}},
		{name: "release by flag and names", names: []string{"web"}, withRelease: true, want: map[string]int{"release": 1, "web": 1}},
		{name: "except", except: []string{"web", "clock"}, want: map[string]int{"worker": 1}},
		{name: "except wins", m: "web=2,worker=1", except: []string{"web"}, want: map[string]int{"worker": 1}},
		{name: "except release", withRelease: true, except: []string{"release"}, want: map[string]int{"web": 1, "worker": 1, "clock": 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c Choice
			var err error
			if test.m != "" {
				c, err = ParseFormation(test.m, types())
			} else {
				c, err = ParseNames(test.names, types())
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Counts(types(), test.except, test.withRelease)
			if err != nil {
				t.Fatal(err)
			}
			maps.DeleteFunc(got, func(_ string, n int) bool { return n == 0 })
			if !maps.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// A type may be named all; then the word is its name.
func TestTypeNamedAll(t *testing.T) {
	names := []string{"all", "web"}
	c, err := ParseFormation("all=2", names)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := c.Counts(names, nil, false)
	if err != nil || counts["all"] != 2 || counts["web"] != 0 {
		t.Errorf("got %v, %v", counts, err)
	}
}

func TestCountMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"web=-1":       `web=-1: not a number of processes`,
		"web=x":        `web=x: not a number of processes`,
		"web=":         `web=: not a number of processes`,
		"web=1.5":      `web=1.5: not a number of processes`,
		"web=10001":    `web=10001: too many processes`,
		"all=99999999": `all=99999999: too many processes`,
		"nope=1":       `no type "nope" in the Procfile (web, worker, clock, release)`,
		"web=1,nope=1": `no type "nope" in the Procfile (web, worker, clock, release)`,
		"=1":           `no type "" in the Procfile (web, worker, clock, release)`,
		"web":          `formation "web": no number`,
		"":             `formation "" names nothing`,
		" , ":          `formation " , " names nothing`,
	} {
		_, err := ParseFormation(text, types())
		var fe *Error
		if !errors.As(err, &fe) || fe.Problem != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := ParseNames([]string{"wbe"}, types()); err == nil {
		t.Error("wbe is taken for a type")
	} else if fe := err.(*Error); fe.Hint != "did you mean web?" {
		t.Errorf("hint %q", fe.Hint)
	}
	if _, err := (Choice{}).Counts(types(), []string{"nope"}, false); err == nil {
		t.Error("a type that is not there is excepted")
	}
}

// Invariant: what is taken has counts from 0 to MaxCount, of known types alone,
// and counts every type; release is at most one; what is refused names a part
// of the text.
func FuzzParseFormation(f *testing.F) {
	for _, text := range []string{"web=2,worker=1", "all=1", "all=1,web=0", "web=-1", "=", ",", "web=1=2", "release=9", "web=+1", "web=0x2", "web=1_0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseFormation(text, types())
		if err != nil {
			var fe *Error
			if !errors.As(err, &fe) || fe.Problem == "" {
				t.Fatalf("%q: %#v is no *Error with a problem", text, err)
			}
			return
		}
		if c.All < 0 || c.All > MaxCount || !c.Given {
			t.Fatalf("%q: %+v", text, c)
		}
		for name, n := range c.Of {
			if n < 0 || n > MaxCount || !slices.Contains(types(), name) || !strings.Contains(text, name) {
				t.Fatalf("%q: %d of %q", text, n, name)
			}
		}
		counts, err := c.Counts(types(), nil, false)
		if err != nil || len(counts) != len(types()) || counts[ReleaseType] > 1 {
			t.Fatalf("%q: %v, %v", text, counts, err)
		}
	})
}
