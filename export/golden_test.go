package export

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
)

var update = flag.Bool("update", false, "write the golden trees anew")

// Each app in each format is the tree in testdata, file by file, with nothing
// missing and nothing more; said.txt holds what is said beside.
func TestGolden(t *testing.T) {
	for name, s := range samples() {
		for _, f := range Formats() {
			t.Run(name+"/"+f.Name, func(t *testing.T) {
				out, err := f.Render(s.app(t), nil)
				want := filepath.Join("testdata", name, f.Name)
				got := golden(out, err)
				if *update {
					writeGolden(t, want, got)
				}
				compareGolden(t, want, got)
			})
		}
	}
}

// golden is a tree as it is kept: the text of each file by its path.
func golden(out Output, err error) map[string]string {
	tree := make(map[string]string)
	var said strings.Builder
	if err != nil {
		fmt.Fprintf(&said, "error: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nerror: "))
	}
	for _, f := range out.Files {
		tree[f.Path] = string(f.Text)
		fmt.Fprintf(&said, "%o %s\n", f.Mode, f.Path)
	}
	for _, line := range out.Warnings {
		fmt.Fprintf(&said, "warning: %s\n", line)
	}
	for _, line := range out.Hints {
		fmt.Fprintf(&said, "hint: %s\n", line)
	}
	tree["said.txt"] = said.String()
	return tree
}

func writeGolden(t *testing.T, dir string, tree map[string]string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for name, text := range tree {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func compareGolden(t *testing.T, dir string, tree map[string]string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		got, made := tree[rel]
		delete(tree, rel)
		if !made {
			t.Errorf("%s was not made", rel)
		} else if text := diff.Diff("want "+rel, want, "got "+rel, []byte(got)); len(text) > 0 {
			t.Errorf("%s", text)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for name := range tree {
		t.Errorf("%s is not in the golden tree", name)
	}
}

// No golden tree is left of an app or a format that is gone.
func TestGoldenTreesAreUsed(t *testing.T) {
	apps, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, app := range apps {
		if app.Name() == "fuzz" {
			continue
		}
		if _, ok := samples()[app.Name()]; !ok {
			t.Errorf("no app %s", app.Name())
		}
		formats, err := os.ReadDir(filepath.Join("testdata", app.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range formats {
			if _, err := Lookup(f.Name()); err != nil {
				t.Error(err)
			}
		}
	}
}

// What holds a value is nobody else's to read, and a value stands nowhere else.
func TestSecretsArePrivate(t *testing.T) {
	const secret = "hunter2"
	s := samples()["order"]
	s.env = []Var{{Name: "TOKEN", Value: secret}}
	s.procfile = strings.Replace(s.procfile, "web: bin/web", "web: bin/web $TOKEN ${TOKEN}", 1)
	for _, inline := range []bool{false, true} {
		s.options.InlineEnv = inline
		for _, f := range Formats() {
			t.Run(fmt.Sprint(f.Name, "/inline=", inline), func(t *testing.T) {
				out, err := f.Render(s.app(t), nil)
				if err != nil {
					t.Fatal(err)
				}
				found := false
				for _, file := range out.Files {
					holds := bytes.Contains(file.Text, []byte(secret))
					found = found || holds
					if holds && (file.Mode.Perm()&0o077 != 0 || !file.Secret) {
						t.Errorf("%s holds a value: mode %o, secret %v", file.Path, file.Mode, file.Secret)
					}
				}
				if !found {
					t.Error("the value is nowhere")
				}
				if said := strings.Join(slices.Concat(out.Warnings, out.Hints), "\n"); strings.Contains(said, secret) {
					t.Errorf("a value is said: %s", said)
				}
			})
		}
	}
}

// The same app gives the same files each time.
func TestRenderIsStable(t *testing.T) {
	for name, s := range samples() {
		for _, f := range Formats() {
			a, aerr := f.Render(s.app(t), nil)
			b, berr := f.Render(s.app(t), nil)
			if fmt.Sprint(golden(a, aerr)) != fmt.Sprint(golden(b, berr)) {
				t.Errorf("%s, %s: two exports differ", name, f.Name)
			}
		}
	}
}
