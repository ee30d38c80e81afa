package watch

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Patterns says which files a type watches.
type Patterns struct {
	include, exclude []pattern
}

// Parse reads the value of the setting: patterns with commas between them, as
// in src/**/*.go,templates/**,!**/*_test.go. An error begins with the pattern in
// quotes.
//
// A pattern is relative to the folder that Add is given, and the whole of a path
// has to match: *.go is of that folder alone, **/*.go of any below. Commas
// within {} belong to the pattern. One without wildcards names a file or a whole
// folder, also one that is ignored otherwise. ! leaves out what matches, and
// wins.
func Parse(text string) (Patterns, error) {
	var ps Patterns
	for _, part := range split(text) {
		part = strings.TrimSpace(part)
		glob, exclude := strings.CutPrefix(part, "!")
		p, err := parsePattern(glob)
		if err != nil {
			return Patterns{}, fmt.Errorf("%q %w", part, err)
		}
		if exclude {
			ps.exclude = append(ps.exclude, p)
		} else {
			ps.include = append(ps.include, p)
		}
	}
	if len(ps.include) == 0 {
		return Patterns{}, fmt.Errorf("%q names only what to leave out", text)
	}
	return ps, nil
}

// split cuts at the commas that are not within braces.
func split(text string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			depth--
		case ',':
			if depth <= 0 {
				parts = append(parts, text[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, text[start:])
}

// pattern is one glob, of a path with slashes below its folder.
type pattern struct {
	glob     string
	segments []string // of the glob
	literal  bool     // it has no wildcards
	up       string   // where its folder is, from the one given: "" as a rule, or "..", "/srv"
}

func parsePattern(glob string) (pattern, error) {
	glob, whole := strings.CutPrefix(glob, "./")
	if whole && glob == "" || glob == "." {
		glob = "**" // the folder itself
	}
	switch {
	case glob == "":
		return pattern{}, errors.New("is empty")
	case !doublestar.ValidatePattern(glob):
		return pattern{}, errors.New("has a bracket or brace that is not closed, or a backslash at its end")
	}
	if strings.HasSuffix(glob, "/") {
		glob += "**"
	}
	var p pattern
	if strings.HasPrefix(glob, "/") || strings.HasPrefix(glob, "../") {
		p.up, glob = doublestar.SplitPattern(glob)
	}
	p.glob = glob
	p.segments = strings.Split(glob, "/")
	p.literal = !strings.ContainsAny(glob, `*?[]{}\`)
	for _, s := range p.segments {
		if s == "" || s == "." || s == ".." {
			return pattern{}, fmt.Errorf("has %q between slashes, which no path has", s)
		}
	}
	return p, nil
}

// matches reports whether a file is meant. The path is relative.
func (p *pattern) matches(file string) bool {
	if p.literal {
		return within(file, p.glob)
	}
	return doublestar.MatchUnvalidated(p.glob, file)
}

// mayHold reports whether a file below the folder may match: only such folders
// are watched.
func (p *pattern) mayHold(folder string) bool {
	if folder == "." || p.literal && within(folder, p.glob) {
		return true
	}
	i := 0
	for name := range strings.SplitSeq(folder, "/") {
		if i == len(p.segments) {
			return false
		}
		segment := p.segments[i]
		// From ** on anything matches; and braces may hold slashes.
		if strings.Contains(segment, "**") || strings.Contains(segment, "{") {
			return true
		}
		if i == len(p.segments)-1 {
			return false // that one is the file's
		}
		// A slash within brackets cuts the segment in a place of no meaning.
		if doublestar.ValidatePattern(segment) && !doublestar.MatchUnvalidated(segment, name) {
			return false
		}
		i++
	}
	return true
}

// names reports whether the pattern spells the path out, or begins with it.
func (p *pattern) names(file string) bool {
	n := 0
	for name := range strings.SplitSeq(file, "/") {
		if n == len(p.segments) || p.segments[n] != name {
			return false
		}
		n++
	}
	return true
}

// within reports whether the path is the folder, or below it.
func within(file, folder string) bool {
	if folder == "/" {
		return true
	}
	rest, ok := strings.CutPrefix(file, folder)
	return ok && (rest == "" || rest[0] == '/')
}
