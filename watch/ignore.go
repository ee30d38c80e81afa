package watch

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// ignores knows what the .gitignore files leave out, from the top of the git
// repository down to any folder.
type ignores struct {
	root    string // nothing at or above it is ignored
	top     string // where the repository begins: root, or a folder above
	files   map[string][]rule
	folders map[string]bool // what was found out
}

func newIgnores(root string) *ignores {
	g := &ignores{root: root, top: root}
	for dir := root; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			g.top = dir
			break
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	g.forget()
	return g
}

// forget makes it read the files again.
func (g *ignores) forget() {
	g.files = make(map[string][]rule)
	g.folders = make(map[string]bool)
}

// file reports whether the file, a path below root, is left out by itself or
// with a folder that it is in.
func (g *ignores) file(path string) bool {
	return g.folder(filepath.Dir(path)) || g.named(path, false)
}

func (g *ignores) folder(path string) bool {
	if path == g.root || !within(path, g.root) {
		return false
	}
	known, ok := g.folders[path]
	if !ok {
		known = g.folder(filepath.Dir(path)) || g.named(path, true)
		g.folders[path] = known
	}
	return known
}

// named reports whether a rule names the path: the last one that does, in the
// file that is nearest.
func (g *ignores) named(path string, isDir bool) bool {
	base := filepath.Base(path)
	if isDir && (base == ".git" || base == "node_modules") {
		return true
	}
	for dir := filepath.Dir(path); within(dir, g.top); dir = filepath.Dir(dir) {
		rules := g.rules(dir)
		relative := strings.TrimPrefix(path[len(dir):], "/")
		for i := len(rules) - 1; i >= 0; i-- {
			if rules[i].matches(relative, base, isDir) {
				return !rules[i].negate
			}
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return false
}

func (g *ignores) rules(dir string) []rule {
	rules, ok := g.files[dir]
	if !ok {
		text, _ := os.ReadFile(filepath.Join(dir, gitignore))
		rules = parseRules(string(text))
		g.files[dir] = rules
	}
	return rules
}

const gitignore = ".gitignore"

// rule is a line of .gitignore (gitignore(5)).
type rule struct {
	glob     string
	plain    bool // the glob has no wildcards
	negate   bool
	dirOnly  bool
	anchored bool // the whole path has to match, not its last name
}

func parseRules(text string) []rule {
	var rules []rule
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		if r, ok := parseRule(strings.TrimRight(line, "\r\n")); ok {
			rules = append(rules, r)
		}
	}
	return rules
}

func parseRule(line string) (r rule, ok bool) {
	if strings.HasPrefix(line, "#") {
		return rule{}, false
	}
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	line, r.negate = strings.CutPrefix(line, "!")
	line, r.dirOnly = strings.CutSuffix(line, "/")
	r.anchored = strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return rule{}, false
	}
	// To git, braces are nothing special; and dir/** is what dir holds, not
	// dir itself.
	line = strings.NewReplacer(`\{`, `\{`, `\}`, `\}`, `\\`, `\\`, "{", `\{`, "}", `\}`).Replace(line)
	if strings.HasSuffix(line, "/**") {
		line += "/*"
	}
	r.glob = line
	r.plain = !strings.ContainsAny(line, `*?[\`)
	// What is no valid pattern matches nothing, also for git.
	return r, r.plain || doublestar.ValidatePattern(line)
}

func (r *rule) matches(path, base string, isDir bool) bool {
	if r.dirOnly && !isDir {
		return false
	}
	name := base
	if r.anchored {
		name = path
	}
	if r.plain {
		return r.glob == name
	}
	return doublestar.MatchUnvalidated(r.glob, name)
}
