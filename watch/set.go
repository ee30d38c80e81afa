package watch

import (
	"path/filepath"
	"strings"
)

// set is what one type watches: its patterns, each with the folder that it is
// relative to.
type set struct {
	dir              string // what file names are shown relative to
	include, exclude []rooted
}

type rooted struct {
	pattern
	root    string
	ignores *ignores
}

// newSet gives each pattern its folder. ignored returns what is ignored below
// such a folder.
func newSet(dir string, ps Patterns, ignored func(root string) *ignores) *set {
	s := &set{dir: dir}
	place := func(p pattern) rooted {
		root := filepath.Join(dir, p.up)
		if filepath.IsAbs(p.up) {
			root = filepath.Clean(p.up)
		}
		return rooted{p, root, ignored(root)}
	}
	for _, p := range ps.include {
		s.include = append(s.include, place(p))
	}
	for _, p := range ps.exclude {
		s.exclude = append(s.exclude, place(p))
	}
	return s
}

// relative returns the path as the pattern sees it; false for what is not below
// its folder.
func (p *rooted) relative(path string) (string, bool) {
	if !within(path, p.root) {
		return "", false
	}
	rest := strings.TrimPrefix(path[len(p.root):], "/")
	if rest == "" {
		return ".", true
	}
	return rest, true
}

// file reports whether a change of the file counts.
func (s *set) file(path string) bool {
	for i := range s.include {
		p := &s.include[i]
		rel, ok := p.relative(path)
		if !ok || !p.matches(rel) {
			continue
		}
		if p.literal && rel == p.glob {
			return true
		}
		if !dropping(filepath.Base(path)) && !p.ignores.file(path) && !s.excluded(path) {
			return true
		}
	}
	return false
}

// folder reports whether the folder may hold a file that counts.
func (s *set) folder(path string) bool {
	for i := range s.include {
		p := &s.include[i]
		rel, ok := p.relative(path)
		if !ok || !p.mayHold(rel) {
			continue
		}
		if rel == "." || p.literal && p.names(rel) {
			return true
		}
		if !p.ignores.folder(path) && !s.excluded(path) {
			return true
		}
	}
	return false
}

// linked reports whether a folder behind a symbolic link is meant: only if it
// is spelled out, so that a link which leads back to its own folder does no
// harm.
func (s *set) linked(path string) bool {
	for i := range s.include {
		if rel, ok := s.include[i].relative(path); ok && s.include[i].names(rel) {
			return true
		}
	}
	return false
}

func (s *set) excluded(path string) bool {
	for i := range s.exclude {
		if rel, ok := s.exclude[i].relative(path); ok && s.exclude[i].matches(rel) {
			return true
		}
	}
	return false
}

// shown is the name for messages.
func (s *set) shown(path string) string {
	if rel, err := filepath.Rel(s.dir, path); err == nil {
		return rel
	}
	return path
}

// dropping reports whether an editor writes a file of that name while somebody
// types, or beside the file that it saves: vim, Emacs, Kate, JetBrains, and the
// Finder.
func dropping(name string) bool {
	switch {
	case strings.HasSuffix(name, "~"), strings.HasPrefix(name, ".#"), name == ".DS_Store",
		len(name) > 2 && name[0] == '#' && name[len(name)-1] == '#',
		strings.Contains(name, "___jb_"):
		return true
	case name[0] != '.':
		return false
	}
	switch filepath.Ext(name) {
	case ".swp", ".swo", ".swn", ".swx", ".kate-swp":
		return true
	}
	return false
}
