package export

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// exportTo brings a folder up to date and returns what was done.
func exportTo(t *testing.T, dir, format string, s sample) (*Tree, []string) {
	t.Helper()
	f, err := Lookup(format)
	if err != nil {
		t.Fatal(err)
	}
	app := s.app(t)
	out, err := f.Render(app, nil)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Compare(dir, f, app.Name, out)
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	if err := tree.Apply(func(line string) { steps = append(steps, line) }); err != nil {
		t.Fatal(err)
	}
	for _, file := range out.Files {
		st, err := os.Stat(filepath.Join(dir, file.Path))
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm() != file.Mode {
			t.Errorf("%s has mode %o, want %o", file.Path, st.Mode().Perm(), file.Mode)
		}
	}
	return tree, steps
}

// A smaller export removes what is stale, of this app and format alone, and a
// second one of the same changes nothing.
func TestStaleFiles(t *testing.T) {
	for _, f := range Formats() {
		t.Run(f.Name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			big, small := samples()["plain"], samples()["plain"]
			small.counts = map[string]int{"web": 1}
			small.env = nil
			other := samples()["plain"]
			other.options.Name = "shop-two"
			exportTo(t, dir, f.Name, big)
			if f.Name != "compose" { // which has one file of one name
				exportTo(t, dir, f.Name, other)
			}
			foreign := filepath.Join(dir, "shop-web-9.conf")
			if err := os.WriteFile(foreign, []byte("mine"), 0o644); err != nil {
				t.Fatal(err)
			}
			tree, steps := exportTo(t, dir, f.Name, small)
			for _, name := range tree.Remove {
				if strings.HasPrefix(name, "shop-two") || !slices.Contains(steps, "cleaning up: "+name) {
					t.Errorf("%s is removed: %q", name, steps)
				}
				if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
					t.Errorf("%s is still there", name)
				}
			}
			if len(tree.Remove) == 0 && f.Name != "supervisord" {
				t.Error("nothing is stale")
			}
			if _, err := os.Stat(foreign); err != nil {
				t.Error(err)
			}
			again, _ := exportTo(t, dir, f.Name, small)
			if len(again.Remove) > 0 || len(again.Diff()) > 0 {
				t.Errorf("the same export changes something: %q\n%s", again.Remove, again.Diff())
			}
			fresh := filepath.Join(t.TempDir(), "fresh")
			exportTo(t, fresh, f.Name, small)
			left, err := os.ReadDir(fresh)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range left {
				if _, err := os.Lstat(filepath.Join(dir, e.Name())); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// What is in the way and not ours is an error, and nothing is written.
func TestForeignFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "shop.target")
	if err := os.WriteFile(path, []byte("[Unit]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, _ := Lookup("systemd")
	out, err := f.Render(samples()["plain"].app(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compare(dir, f, "shop", out)
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Problem, path) || e.Hint == "" {
		t.Errorf("got %v", err)
	}
}

// A folder of a service keeps what its engine has in it, and that is told.
func TestServiceStateIsKept(t *testing.T) {
	dir := t.TempDir()
	s := samples()["plain"]
	exportTo(t, dir, "runit", s)
	state := filepath.Join(dir, "shop-worker-1", "supervise")
	if err := os.Mkdir(state, 0o755); err != nil {
		t.Fatal(err)
	}
	s.counts = map[string]int{"web": 2}
	tree, _ := exportTo(t, dir, "runit", s)
	if !slices.Equal(tree.Left, []string{"shop-worker-1"}) {
		t.Errorf("left: %q", tree.Left)
	}
	if _, err := os.Stat(state); err != nil {
		t.Error(err)
	}
}

// A diff shows what changes, and no value.
func TestDiff(t *testing.T) {
	s := samples()["plain"]
	for _, format := range []string{"systemd", "supervisord", "nomad", "kubernetes", "compose"} {
		dir := t.TempDir()
		exportTo(t, dir, format, s)
		next := s
		next.env = []Var{{Name: "DATABASE_URL", Value: "hunter2"}}
		next.procfile = strings.Replace(s.procfile, "bin/web", "bin/server", 1)
		f, _ := Lookup(format)
		app := next.app(t)
		out, err := f.Render(app, nil)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := Compare(dir, f, app.Name, out)
		if err != nil {
			t.Fatal(err)
		}
		text := string(tree.Diff())
		if strings.Contains(text, "hunter2") || strings.Contains(text, "postgres:") {
			t.Errorf("%s: a value is shown:\n%s", format, text)
		}
		if !strings.Contains(text, "not shown") {
			t.Errorf("%s: changed values are not told:\n%s", format, text)
		}
		if format != "supervisord" && !strings.Contains(text, "+") {
			t.Errorf("%s: the command is not shown:\n%s", format, text)
		}
	}
}

// What an engine cannot hold is refused by name, and all of it at once.
func TestRefused(t *testing.T) {
	s := samples()["plain"]
	s.env = []Var{{Name: "a.b", Value: "1"}, {Name: "LATIN", Value: "\xe9"}, {Name: "GOOD", Value: "2"}}
	for _, c := range []struct {
		format string
		want   []string
	}{
		{"systemd", []string{"LATIN", `"a.b"`}},
		{"supervisord", []string{"LATIN", `"a.b"`}},
		{"runit", []string{`"a.b"`}},
		{"s6", []string{`"a.b"`}},
		{"upstart", []string{`"a.b"`}},
		{"launchd", []string{"LATIN", `"a.b"`}},
		{"compose", []string{"LATIN"}},
		{"kubernetes", []string{"LATIN"}},
		{"nomad", []string{"LATIN"}},
	} {
		f, _ := Lookup(c.format)
		_, err := f.Render(s.app(t), nil)
		var said []string
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range joined.Unwrap() {
				said = append(said, one.Error())
			}
		}
		if len(said) != len(c.want) {
			t.Errorf("%s: %q", c.format, said)
			continue
		}
		for i, name := range c.want {
			if !strings.Contains(said[i], name) || strings.Contains(said[i], "\xe9") {
				t.Errorf("%s: %q does not name %s, or shows the value", c.format, said[i], name)
			}
		}
	}
}

// Two types that would have one name are refused where the engine folds them.
func TestNamesNeverCollide(t *testing.T) {
	for _, format := range []string{"kubernetes", "nomad"} {
		f, _ := Lookup(format)
		out, err := f.Render(App{Options: Options{Name: "shop"}, Types: []Type{
			{Name: "web_1", Processes: []Process{{Name: "web_1.1", Number: 1}}, Command: commandOf("a")},
			{Name: "Web-1", Processes: []Process{{Name: "Web-1.1", Number: 1}}, Command: commandOf("b")},
		}}, nil)
		if err == nil || !strings.Contains(err.Error(), "web_1 and Web-1 would both be shop-web-1") {
			t.Errorf("%s: %d files, %v", format, len(out.Files), err)
		}
	}
}

// A template of the user's replaces the built-in one of its name.
func TestOwnTemplate(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("type.target", "[Unit]\nDescription={{.Type | upper}}\n")
	f, _ := Lookup("systemd")
	out, err := f.Render(samples()["plain"].app(t), os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(out.Files, func(f File) bool { return f.Path == "shop-web.target" })
	if text := string(out.Files[i].Text); !strings.HasPrefix(text, "# Made by ganger") || !strings.HasSuffix(text, "\nDescription=WEB\n") {
		t.Errorf("got %q", text)
	}
	write("type.target", "{{.Nothing}}")
	if _, err := f.Render(samples()["plain"].app(t), os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), "type.target:1") {
		t.Errorf("a mistake in a template: %v", err)
	}
}
