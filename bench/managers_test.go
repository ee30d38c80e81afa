package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCopiesByFlagOrByLines(t *testing.T) {
	two := app{types: []processType{{"web", "run it", 2}}}
	for _, test := range []struct {
		manager string
		argv    []string
		file    string
		text    string
	}{
		{"forego", []string{"/bin/forego", "start", "-f", "Procfile", "-c", "web=2"}, "Procfile", "web: run it\n"},
		{"nf", []string{"/bin/nf", "-j", "Procfile", "start", "web=2"}, "Procfile", "web: run it\n"},
		{"hivemind", []string{"/bin/hivemind", "Procfile"}, "Procfile", "web1: run it\nweb2: run it\n"},
		{"process-compose", nil, "process-compose.yaml",
			"version: \"0.5\"\nprocesses:\n  web:\n    command: \"run it\"\n    replicas: 2\n"},
	} {
		all := managers()
		m := all[slices.IndexFunc(all, func(m manager) bool { return m.name == test.manager })]
		m.path = "/bin/" + m.name
		dir := t.TempDir()
		argv, err := m.commandLine(dir, two)
		if err != nil {
			t.Fatal(err)
		}
		if test.argv != nil && !slices.Equal(argv, test.argv) {
			t.Errorf("%s is started as %q, want %q", m.name, argv, test.argv)
		}
		text, err := os.ReadFile(filepath.Join(dir, test.file))
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != test.text {
			t.Errorf("%s is given\n%s\nwant\n%s", m.name, text, test.text)
		}
	}
}

func TestUnderAnother(t *testing.T) {
	m := manager{path: "/bin/m", args: []string{"start"}}
	argv, err := m.commandLine(t.TempDir(), app{under: []string{"nice", "-n", "5"}})
	if want := []string{"nice", "-n", "5", "/bin/m", "start"}; err != nil || !slices.Equal(argv, want) {
		t.Errorf("it is started as %q, %v, want %q", argv, err, want)
	}
}

func TestDescendantsOfTheChosen(t *testing.T) {
	all := []proc{
		{pid: 5, parent: 4}, // listed before its parent
		{pid: 2, parent: 1},
		{pid: 3, parent: 2},
		{pid: 4, parent: 3},
		{pid: 9, parent: 1},
		{pid: 8, parent: 1, marked: true}, // reparented
	}
	var pids []int
	for _, p := range withDescendants(all, func(p proc) bool { return p.pid == 2 || p.marked }) {
		pids = append(pids, p.pid)
	}
	if want := []int{5, 2, 3, 4, 8}; !slices.Equal(pids, want) {
		t.Errorf("the family is %v, want %v", pids, want)
	}
}

func TestEveryCaseHasItsOwnName(t *testing.T) {
	seen := make(map[string]bool)
	for _, b := range benchmarks() {
		if seen[b.name] || b.about == "" || len(b.metrics) == 0 || b.measure == nil {
			t.Errorf("the case %q is a double or incomplete", b.name)
		}
		seen[b.name] = true
	}
	for name := range seen {
		if _, err := choose([]string{name}); err != nil {
			t.Error(err)
		}
	}
	if _, err := choose([]string{"nope"}); err == nil {
		t.Error("a case that is not there was chosen")
	}
}
