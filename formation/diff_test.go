package formation

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ganger/env"
	"ganger/procfile"
)

// made are the processes of a Procfile of these lines.
func made(t *testing.T, change func(*Plan), lines ...string) []Process {
	t.Helper()
	p := planOf(t, lines...)
	if change != nil {
		change(&p)
	}
	procs, err := Make(p)
	if err != nil {
		t.Fatal(err)
	}
	return procs
}

func TestDiff(t *testing.T) {
	base := []string{"web: a", "worker: b", "release: r"}
	for _, test := range []struct {
		name   string
		change func(*Plan)
		lines  []string
		want   string
	}{
		{"nothing", nil, base, ""},
		{"another command", nil, []string{"web: a", "worker: c", "release: r"}, "worker.1 changed: command"},
		{"a folder", nil, []string{"# ganger: dir=sub", "web: a", "worker: b"}, "web.1 changed: folder, settings dir"},
		{"a setting", nil, []string{"web: a", "# ganger: stop-signal=INT restart=no", "worker: b"}, "worker.1 changed: settings restart, stop-signal"},
		{"a port of its own", nil, []string{"web: a", "# ganger: port=7000", "worker: b"}, "worker.1 changed: PORT, settings port"},
		{"a variable of its own", nil, []string{"# ganger: env.SECRET=hunter2", "web: a", "worker: b"}, "web.1 changed: settings env.SECRET"},
		{"more processes", func(p *Plan) { p.Counts["web"] = 3 }, base, "web.2 added; web.3 added"},
		{"fewer", func(p *Plan) { p.Counts["worker"] = 0 }, base, "worker.1 removed"},
		{"a type behind the others", nil, append(base[:3:3], "clock: d"), "clock.1 added"},
		{"a type before the others", nil, append([]string{"first: d"}, base...), "first.1 added; web.1 changed: PORT; worker.1 changed: PORT"},
		{"the port of a type that it needs", nil, []string{"# ganger: port=7000", "worker: b", "# ganger: needs=worker port=5000", "web: a"},
			"worker.1 changed: PORT, settings port; web.1 changed: settings port, needs, variables GANGER_PORT_WORKER"},
		{"a type is gone", nil, []string{"web: a", "release: r"}, "worker.1 removed"},
		{"the release step never counts", func(p *Plan) { p.Counts[ReleaseType] = 1 }, base, ""},
		{"values of the env files", func(p *Plan) {
			p.Env = env.FromEnviron([]string{"A=hunter2", "NEW=1", "PORT=9"})
		}, base, "web.1 changed: variables A, NEW; worker.1 changed: variables A, NEW"},
		{"a variable is gone", func(p *Plan) { p.Env = env.FromEnviron(nil) }, base, "web.1 changed: variables A; worker.1 changed: variables A"},
		{"a PORT around us is nobody's", func(p *Plan) { p.Env = env.FromEnviron([]string{"A=around", "PORT=10"}) }, base, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, c := range Diff(made(t, nil, base...), made(t, test.change, test.lines...)) {
				got = append(got, c.String())
			}
			if text := strings.Join(got, "; "); text != test.want {
				t.Errorf("got  %s\nwant %s", text, test.want)
			}
		})
	}
}

// Whatever two formations are, what Diff names makes the one the other, names
// each process once, and nothing has to be done twice.
func TestDiffIsEnough(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() []Process {
		var procs []Process
		for _, typ := range []string{"web", "worker", "clock"} {
			for n := range rng.IntN(4) {
				procs = append(procs, Process{
					Name:     fmt.Sprintf("%s.%d", typ, n+1),
					Type:     typ,
					Line:     []string{"a", "b"}[rng.IntN(2)],
					Port:     rng.IntN(2),
					Settings: procfile.DefaultSettings(),
				})
			}
		}
		return procs
	}
	text := func(procs []Process) string {
		var all []string
		for _, p := range procs {
			all = append(all, fmt.Sprint(p.Name, p.Line, p.Port))
		}
		return strings.Join(all, " ")
	}
	for range 1000 {
		old, new := random(), random()
		kinds := make(map[string]ChangeKind)
		for _, c := range Diff(old, new) {
			if kinds[c.Process] != "" {
				t.Fatalf("%s is named twice", c.Process)
			}
			if kinds[c.Process] = c.Kind; (c.Kind == Changed) != (len(c.Reasons) > 0) {
				t.Fatalf("%+v", c)
			}
		}
		was := make(map[string]Process)
		for _, p := range old {
			if was[p.Name] = p; kinds[p.Name] == Removed {
				delete(was, p.Name)
			}
		}
		var after []Process
		for _, p := range new {
			switch before, has := was[p.Name]; {
			case kinds[p.Name] != "":
				after = append(after, p)
				if (kinds[p.Name] == Added) == has {
					t.Fatalf("%s is %s", p.Name, kinds[p.Name])
				}
			case has:
				after = append(after, before)
			}
			delete(was, p.Name)
		}
		if text(after) != text(new) || len(was) > 0 {
			t.Fatalf("from %s\nto   %s\ngot  %s", text(old), text(new), text(after))
		}
		if again := Diff(new, new); len(again) > 0 {
			t.Fatalf("a formation differs from itself: %v", again)
		}
	}
}
