package watch

import (
	"path"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
)

func TestPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct{ patterns, yes, no string }{
		{"src/**/*.go", "src/a.go src/a/b/c.go", "a.go src/a.txt srcs/a.go"},
		{"*.go", "a.go", "src/a.go"},
		{"**/*.go, templates/**", "a.go x/a.go templates/a templates/a/b", "x/templates/a"},
		{"**/*.{js,ts}", "a.js b/c.ts", "a.go"},
		{"{lib,app/models}/*.rb", "lib/a.rb app/models/a.rb", "app/a.rb lib/x/a.rb"},
		{"src", "src/a src/b/c", "srcs/a a/src/b"},
		{"src/", "src/a src/b/c", "srcs/a"},
		{"./src/*", "src/a", "src/b/c"},
		{".", "a a/b", ".git/HEAD node_modules/x/y"},
		{"./,!./tmp", "a a/b", "tmp/a"},
		{"Gemfile", "Gemfile", "Gemfile.lock x/Gemfile"},
		{"**/*.go,!**/*_test.go", "a.go x/b.go", "a_test.go x/b_test.go"},
		{"**,!gen,!x/*.tmp", "a x/a gen2/a", "gen/a gen/b/c x/a.tmp"},
		{"a[bc]/?.go", "ab/x.go ac/y.go", "ad/x.go ab/xx.go"},
		{`**/\{a\}`, "{a} x/{a}", "a"},
		{"**", "a a/b .env #a", "a~ .a.swp x/.#a #a# x/a.go___jb_tmp___ .git/HEAD node_modules/x/y x/node_modules/y/z"},
		{".git/HEAD,node_modules/own/index.js", ".git/HEAD node_modules/own/index.js", ".git/index node_modules/x"},
	}
	for _, tt := range tests {
		ps, err := Parse(tt.patterns)
		if err != nil {
			t.Errorf("%q: %v", tt.patterns, err)
			continue
		}
		const dir = "/does/not/exist"
		s := newSet(dir, ps, newIgnores)
		for _, file := range strings.Fields(tt.yes) {
			if !s.file(dir + "/" + file) {
				t.Errorf("%q does not match %s", tt.patterns, file)
			}
			for up := path.Dir(file); up != "."; up = path.Dir(up) {
				if !s.folder(dir + "/" + up) {
					t.Errorf("%q does not watch %s", tt.patterns, up)
				}
			}
		}
		for _, file := range strings.Fields(tt.no) {
			if s.file(dir + "/" + file) {
				t.Errorf("%q matches %s", tt.patterns, file)
			}
		}
	}
}

// Which folders are watched for a pattern, and which cost nothing.
func TestFolders(t *testing.T) {
	t.Parallel()
	tests := []struct{ patterns, yes, no string }{
		{"src/**/*.go", "src src/a src/a/b", "docs srcs"},
		{"*.go", "", "src"},
		{"src/*/x/*.go", "src src/a src/a/x", "src/a/y src/a/x/z"},
		{"src/*", "src", "src/a"},
		{"tmp/restart.txt", "tmp", "tmp/cache"},
		{"{lib,app}/**", "lib app/x", ""},
		{"**,!src/gen/**,!**/fixtures", "src src/a", "src/gen src/gen/a fixtures a/fixtures"},
		{"**", "a a/b", ".git node_modules a/node_modules/b"},
	}
	for _, tt := range tests {
		ps, err := Parse(tt.patterns)
		if err != nil {
			t.Errorf("%q: %v", tt.patterns, err)
			continue
		}
		const dir = "/does/not/exist"
		s := newSet(dir, ps, newIgnores)
		if !s.folder(dir) {
			t.Errorf("%q does not watch its own folder", tt.patterns)
		}
		for _, folder := range strings.Fields(tt.yes) {
			if !s.folder(dir + "/" + folder) {
				t.Errorf("%q does not watch %s", tt.patterns, folder)
			}
		}
		for _, folder := range strings.Fields(tt.no) {
			if s.folder(dir + "/" + folder) {
				t.Errorf("%q watches %s", tt.patterns, folder)
			}
		}
	}
}

// Patterns may leave the folder that they are relative to.
func TestPatternsElsewhere(t *testing.T) {
	t.Parallel()
	ps, err := Parse("../shared/**/*.go,/srv/lib/*.so,../go.work")
	if err != nil {
		t.Fatal(err)
	}
	s := newSet("/home/me/app", ps, newIgnores)
	for _, file := range []string{"/home/me/shared/a/b.go", "/srv/lib/x.so", "/home/me/go.work"} {
		if !s.file(file) {
			t.Errorf("no match: %s", file)
		}
	}
	for _, file := range []string{"/home/me/app/shared/b.go", "/srv/lib/x/y.so", "/home/me/app/go.work"} {
		if s.file(file) {
			t.Errorf("match: %s", file)
		}
	}
	if got := s.shown("/home/me/shared/a/b.go"); got != "../shared/a/b.go" {
		t.Errorf("shown as %q", got)
	}
}

func TestParseMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"", `"" is empty`},
		{"a,,b", `"" is empty`},
		{"!", `"!" is empty`},
		{"!a,!b/**", `"!a,!b/**" names only what to leave out`},
		{"src/[a", `"src/[a" has a bracket or brace that is not closed, or a backslash at its end`},
		{"src/{a,b", `"src/{a,b" has a bracket or brace that is not closed, or a backslash at its end`},
		{`a\`, `"a\\" has a bracket or brace that is not closed, or a backslash at its end`},
		{"src//a", `"src//a" has "" between slashes, which no path has`},
		{"src/../a", `"src/../a" has ".." between slashes, which no path has`},
	}
	for _, tt := range tests {
		if _, err := Parse(tt.text); err == nil || err.Error() != tt.want {
			t.Errorf("%q:\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

// Whatever file matches, each folder above it may hold it: else it would not be
// watched.
func FuzzPatterns(f *testing.F) {
	for _, s := range []string{"src/**/*.go", "{a/b,c}/d", "a[/]b/c", "**", "*/x/?", `a\*/b`, "a**b/c", "[!a]/b", "{a,b/**}/c", "a/{b/c,d}"} {
		f.Add(s, "src/a/b.go")
		f.Add(s, "a/b/d")
	}
	f.Fuzz(func(t *testing.T, text, file string) {
		ps, err := Parse(text)
		if err != nil || file == "" || path.Clean("/" + file)[1:] != file {
			return
		}
		for _, p := range ps.include {
			if !p.matches(file) {
				continue
			}
			for up := path.Dir(file); up != "."; up = path.Dir(up) {
				if !p.mayHold(up) {
					t.Errorf("%q matches %q but is not sought in %q (%v)", text, file, up, doublestar.ValidatePattern(p.glob))
				}
			}
		}
	})
}
