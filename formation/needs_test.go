package formation

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ganger/procfile"
)

// settingsOf are the types and settings of a Procfile of these lines.
func settingsOf(t *testing.T, lines ...string) ([]string, map[string]procfile.Settings) {
	t.Helper()
	p := planOf(t, lines...)
	names := make([]string, len(p.Types))
	for i, typ := range p.Types {
		names[i] = typ.Name
	}
	return names, p.Settings
}

func TestCheckNeeds(t *testing.T) {
	for _, test := range []struct{ name, lines, want, hint string }{
		{"none", "web: a|db: b", "", ""},
		{"a chain", "# ganger: needs=db|web: a|# ganger: needs=net|db: b|net: c", "", ""},
		{"a diamond", "# ganger: needs=b,c|a: x|# ganger: needs=d|b: x|# ganger: needs=d|c: x|d: x", "", ""},
		{"no such type", "# ganger: needs=bd|web: a|db: b", `web needs: no type "bd" in the Procfile (web, db)`, "did you mean db?"},
		{"itself", "# ganger: needs=web|web: a", "web needs itself", ""},
		{"each other", "# ganger: needs=db|web: a|# ganger: needs=web|db: b", "needs in a circle: web -> db -> web", "take one of them away"},
		{"a circle behind a chain", "# ganger: needs=b|a: x|# ganger: needs=c|b: x|# ganger: needs=d|c: x|# ganger: needs=b|d: x",
			"needs in a circle: b -> c -> d -> b", "take one of them away"},
		{"restarted with nobody", "# ganger: restart-with=bd|web: a|db: b", `web is restarted with: no type "bd" in the Procfile (web, db)`, "did you mean db?"},
		{"restarted in a circle", "# ganger: restart-with=b|a: x|# ganger: restart-with=a|b: x", "restart-with in a circle: a -> b -> a", "take one of them away"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := CheckNeeds(settingsOf(t, strings.Split(test.lines, "|")...))
			var fe *Error
			switch {
			case test.want == "":
				if err != nil {
					t.Error(err)
				}
			case !errors.As(err, &fe) || fe.Problem != test.want || fe.Hint != test.hint:
				t.Errorf("got %#v", err)
			}
		})
	}
}

func TestStages(t *testing.T) {
	for _, test := range []struct{ name, lines, without, want string }{
		{"no needs", "web: a|worker: b", "", "[[web worker]]"},
		{"a chain", "# ganger: needs=db|web: a|# ganger: needs=net|db: b|net: c", "", "[[net] [db] [web]]"},
		{"as soon as it can", "# ganger: needs=b|a: x|b: x|c: x", "", "[[b c] [a]]"},
		{"what runs elsewhere is ready", "# ganger: needs=db|web: a|db: b", "db", "[[web]]"},
		{"release is first", "web: a|release: r|# ganger: needs=web|worker: b", "", "[[release] [web] [worker]]"},
		{"but for what it needs", "web: a|# ganger: needs=db|release: r|db: b", "", "[[db] [release] [web]]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			procs := made(t, func(p *Plan) {
				for _, typ := range p.Types {
					p.Counts[typ.Name] = 1
				}
				p.Counts[test.without] = 0
			}, strings.Split(test.lines, "|")...)
			if got := fmt.Sprint(Stages(procs)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// Whatever needs whatever: either CheckNeeds finds a circle and there is one,
// or each type is in the stage after the last of those that it needs.
func TestStagesOfAnything(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	circles := 0
	for range 2000 {
		var types []string
		var procs []Process
		settings := make(map[string]procfile.Settings)
		count := 1 + rng.IntN(7)
		for i := range count {
			s := procfile.DefaultSettings()
			for range rng.IntN(3) {
				s.Needs = append(s.Needs, fmt.Sprint("t", rng.IntN(count)))
			}
			typ := fmt.Sprint("t", i)
			types, settings[typ] = append(types, typ), s
			procs = append(procs, Process{Name: typ + ".1", Type: typ, Settings: s})
		}
		if err := CheckNeeds(types, settings); err != nil {
			circles++
			_, path, found := strings.Cut(err.Error(), ": ")
			if !found { // t1 needs itself
				path = strings.Fields(err.Error())[0] + " -> " + strings.Fields(err.Error())[0]
			}
			names := strings.Split(path, " -> ")
			for i, name := range names[:len(names)-1] {
				if !slices.Contains(settings[name].Needs, names[i+1]) {
					t.Fatalf("%v: %s does not need %s", err, name, names[i+1])
				}
			}
			continue
		}
		at := make(map[string]int)
		stages := Stages(procs)
		for i, stage := range stages {
			for _, typ := range stage {
				at[typ] = i
			}
		}
		for _, typ := range types {
			after := 0
			for _, other := range settings[typ].Needs {
				after = max(after, at[other]+1)
			}
			if at[typ] != after {
				t.Fatalf("%s is in stage %d of %v, not %d", typ, at[typ], stages, after)
			}
		}
	}
	if circles == 0 || circles == 2000 {
		t.Errorf("%d circles", circles)
	}
}

func TestStopTime(t *testing.T) {
	for _, test := range []struct {
		lines string
		want  time.Duration
	}{
		{"web: a|# ganger: stop-timeout=30s|worker: b", 30 * time.Second},
		{"# ganger: needs=db|web: a|# ganger: stop-timeout=30s|db: b", 35 * time.Second},
		{"# ganger: needs=db stop-timeout=20s|web: a|# ganger: needs=db|worker: b|# ganger: stop-timeout=1s|db: c", 21 * time.Second},
		{"# ganger: needs=b|a: x|# ganger: needs=c|b: x|c: x", 15 * time.Second},
	} {
		if got := StopTime(made(t, nil, strings.Split(test.lines, "|")...)); got != test.want {
			t.Errorf("%s: %v, want %v", test.lines, got, test.want)
		}
	}
}

func TestBringAlong(t *testing.T) {
	types, settings := settingsOf(t, "# ganger: needs=api", "web: a", "# ganger: needs=db,redis", "api: b", "db: c", "redis: d", "other: e")
	for _, test := range []struct {
		names, except, along, elsewhere, counts string
	}{
		{"web", "", "[{api web} {db api} {redis api}]", "[]", "map[api:1 db:1 other:0 redis:1 web:1]"},
		{"web,api=2,db=0", "", "[{redis api}]", "[{db api}]", "map[api:2 db:0 other:0 redis:1 web:1]"},
		{"web", "api", "[]", "[{api web}]", "map[api:0 db:0 other:0 redis:0 web:1]"},
		{"", "redis", "[]", "[{redis api}]", "map[api:1 db:1 other:1 redis:0 web:1]"},
		{"other", "", "[]", "[]", "map[api:0 db:0 other:1 redis:0 web:0]"},
	} {
		var names, except []string
		if test.names != "" {
			names = []string{test.names}
		}
		if test.except != "" {
			except = []string{test.except}
		}
		c, err := ParseNames(names, types)
		if err != nil {
			t.Fatal(err)
		}
		counts, err := c.Counts(types, except, false)
		if err != nil {
			t.Fatal(err)
		}
		along, elsewhere := c.BringAlong(types, except, settings, counts)
		if got := fmt.Sprint(along, elsewhere, counts); got != test.along+" "+test.elsewhere+" "+test.counts {
			t.Errorf("%s but %s: %s", test.names, test.except, got)
		}
	}
}
