package validate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ganger/env"
	"ganger/export"
	"ganger/export/internal/awkward"
	"ganger/formation"
	"ganger/portalloc"
	"ganger/procfile"
)

var seed = awkward.SeedFlag()

// app is one with awkward values.
type app struct {
	export.App
	values map[string]string
	args   []string // of its web
}

// newApp is an app of one web, with known values and random ones as variables,
// and as arguments those that arguments returns.
func newApp(t *testing.T, o export.Options, arguments func(values []string) []string) app {
	t.Helper()
	values := append(awkward.Values(), awkward.Random(awkward.Generator(t, *seed), 300)...)
	a := app{values: make(map[string]string), args: arguments(values)}
	var vars env.Vars
	for i, value := range values {
		name := fmt.Sprintf("V%d", i)
		a.values[name] = value
		vars.Set(name, value)
	}
	root := t.TempDir()
	program(t, root)
	procs, err := formation.Make(formation.Plan{
		Root: root, Types: []procfile.Type{{Name: "web", Command: awkward.Line("bin/web", a.args)}},
		Counts: map[string]int{"web": 1}, Base: portalloc.BasePort{Port: 5000}, Env: vars,
		Settings: map[string]procfile.Settings{"web": procfile.DefaultSettings()},
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Name, o.Root = "shop", root
	a.App = export.NewApp(procs, o)
	return a
}

// program writes the one that web runs: it prints its arguments.
func program(t *testing.T, root string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(root, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "bin", "web"), []byte("#!/bin/sh\nprintf '%s\\0' \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// run runs the command that an engine would, and tells which arguments are not
// what they were.
func (a app) run(t *testing.T, words []string) {
	t.Helper()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = a.Root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(got) != len(a.args) {
		t.Fatalf("%d arguments, want %d", len(got), len(a.args))
	}
	for i, want := range a.args {
		if got[i] != want {
			t.Errorf("argument %d is %q, want %q", i, got[i], want)
		}
	}
}

func render(t *testing.T, format string, a app) (export.Format, export.Output) {
	t.Helper()
	f, err := export.Lookup(format)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Render(a.App, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f, out
}

// compare tells which variables are not what they were.
func (a app) compare(t *testing.T, got func(name string) (string, bool)) {
	t.Helper()
	for name, want := range a.values {
		if value, ok := got(name); !ok || value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
}

// golden are the files of a format in the golden trees whose names end so.
func golden(t *testing.T, format, suffix string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "*", format, "*"+suffix))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files of %s: %v", format, err)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
