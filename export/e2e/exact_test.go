//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"ganger/env"
	"ganger/export"
	"ganger/export/internal/awkward"
	"ganger/formation"
	"ganger/portalloc"
	"ganger/procfile"
)

var seed = awkward.SeedFlag()

// randomValues is how many of the values are random ones.
const randomValues = 400

// values are those that have to arrive byte for byte: the known ones, and some
// at random.
func values(l *lab) map[string]string {
	l.Helper()
	all := make(map[string]string)
	for i, v := range awkward.Values() {
		all[fmt.Sprintf("V%d", i)] = v
	}
	for i, v := range awkward.Random(awkward.Generator(l, *seed), randomValues) {
		all[fmt.Sprintf("R%d", i)] = v
	}
	all["LONG"] = strings.Repeat("long ", 2000)
	return all
}

// exact sends awkward values through the engine, as variables and as arguments.
// A value that the format refuses by name is left out, and said.
func (e engine) exact(l *lab) {
	l.Helper()
	want := values(l)
	var out export.Output
	for {
		var err error
		if out, err = e.renderNasty(l, want); err == nil {
			break
		}
		if !dropRefused(l, want, err) {
			l.Fatal(err)
		}
	}
	dir := filepath.Join(l.dir, "nasty")
	format, _ := export.Lookup(e.format)
	tree, err := export.Compare(dir, format, "demo", out)
	if err != nil {
		l.Fatal(err)
	}
	if err := tree.Apply(func(string) {}); err != nil {
		l.Fatal(err)
	}
	e.install(l, dir)
	var got report
	l.eventually("the nasty app answers", func() error {
		all, err := e.reports(l, 1)
		for _, r := range all {
			got = r
		}
		if err == nil && len(got.Args) < 3 {
			return fmt.Errorf("it is another")
		}
		return err
	})
	wrong := 0
	for name, value := range want {
		if have, ok := got.value(name); !ok || have != value {
			l.Errorf("%s: %s is %q, want %q", e.format, name, have, value)
			wrong++
		}
	}
	args := nastyArgs(want)
	for i, value := range args {
		if i+1 >= len(got.Args) || string(got.Args[i+1]) != value {
			l.Errorf("%s: argument %d is not %q", e.format, i, value)
			wrong++
		}
	}
	l.Logf("%s: %d of %d values and arguments are exact", e.format, len(want)+len(args)-wrong, len(want)+len(args))
}

// nastyArgs are the values that a line of a Procfile can hold.
func nastyArgs(want map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		all = append(all, want[name])
	}
	return awkward.Arguments(all)
}

func dropRefused(l *lab, want map[string]string, err error) bool {
	dropped := false
	for line := range strings.SplitSeq(err.Error(), "\n") {
		_, rest, ok := strings.Cut(line, "the value of ")
		name, why, _ := strings.Cut(rest, " ")
		if _, there := want[name]; ok && there {
			l.Logf("refused: %s = %q %s", name, want[name], why)
			delete(want, name)
			dropped = true
		}
	}
	return dropped
}

func (e engine) renderNasty(l *lab, want map[string]string) (export.Output, error) {
	line := awkward.Line("./probe web", nastyArgs(want))
	vars := env.Vars{}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		vars.Set(name, want[name])
	}
	procs, err := formation.Make(formation.Plan{
		Root: l.root, Types: []procfile.Type{{Name: "web", Command: line}}, Counts: map[string]int{"web": 1},
		Base: portalloc.BasePort{Port: l.base}, Env: env.FromEnviron(vars.Environ()),
		Settings: map[string]procfile.Settings{"web": procfile.DefaultSettings()},
	})
	if err != nil {
		l.Fatal(err)
	}
	format, err := export.Lookup(e.format)
	if err != nil {
		l.Fatal(err)
	}
	o := export.Options{Name: "demo", Root: l.root, Location: filepath.Join(l.dir, "nasty"), User: e.user, Image: e.image}
	if e.logDir {
		o.LogDir = filepath.Join(l.dir, "log")
	}
	return format.Render(export.NewApp(procs, o), nil)
}
