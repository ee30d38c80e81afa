package watch

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Git itself says what its ignore files mean.
func TestIgnoresAsGit(t *testing.T) {
	t.Parallel()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip(err)
	}
	names := []string{"a", "b", "ab", "a.go", "x.o", "{a}", "a b", "#a", "!a"}
	lines := []string{
		"a", "/a", "a/", "/a/", "*.o", "*.go", "!a.go", "a/b", "a/**", "**/b", "a/**/b", "!b", "!/a/b",
		"[ab]", "[!a]", "?", "a*", "{a}", `\#a`, `\!a`, "a b  ", `a\ b`, "# comment", "", "a/*", "!a/b/", "**", "/*", "!*/", "x.[oa]", "[", "a\r", "a**b", "**/", "/**",
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(from []string) string { return from[rnd.IntN(len(from))] }
	for range 60 {
		root := t.TempDir()
		init := exec.CommandContext(patient(t), git, "init", "-q", root)
		init.Env = gitEnv()
		if out, err := init.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		said := make(map[string]string)
		write := func(dir string) {
			var text string
			for range 1 + rnd.IntN(5) {
				text += pick(lines) + "\n"
			}
			said[dir] = text
			makeFile(t, filepath.Join(root, dir, gitignore), text)
		}
		write("")
		write("a")
		write("ab/b")
		var files []string
		for _, x := range names {
			for _, y := range names[:5] {
				for _, z := range names[:4] {
					file := strings.Join([]string{x, y, z}, "/")
					switch {
					case x == "x.o" || x == "a.go":
						file = x
					case y == "a.go":
						file = x + "/" + y
					}
					if !slices.Contains(files, file) {
						files = append(files, file)
						makeFile(t, filepath.Join(root, file), "")
					}
				}
			}
		}
		cmd := exec.CommandContext(patient(t), git, "-C", root, "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "-z", "--stdin")
		cmd.Env = gitEnv()
		cmd.Stdin = strings.NewReader(strings.Join(files, "\x00"))
		out, _ := cmd.Output() // 1 where none is ignored
		ignored := strings.Split(string(out), "\x00")
		g := newIgnores(root)
		for _, file := range files {
			if got, want := g.file(filepath.Join(root, file)), slices.Contains(ignored, file); got != want {
				t.Fatalf("%q: ignored: %v, git says %v, of %q", file, got, want, said)
			}
		}
	}
}

func gitEnv() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
}

// The app may lie below the top of its repository, and even in a folder that is
// ignored there.
func TestIgnoresFromAbove(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	makeFile(t, filepath.Join(top, ".git"), "gitdir: elsewhere")
	makeFile(t, filepath.Join(top, gitignore), "*.log\n/apps/\n")
	root := filepath.Join(top, "apps", "shop")
	makeFile(t, filepath.Join(root, gitignore), "!keep.log\n")
	g := newIgnores(root)
	for name, want := range map[string]bool{"a.log": true, "x/a.log": true, "keep.log": false, "a.go": false} {
		if got := g.file(filepath.Join(root, name)); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func makeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
