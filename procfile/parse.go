package procfile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Parse reads the text of a Procfile. The name is for messages alone. The error
// is Mistakes: all of them, in the order of their lines. The File that comes
// with it holds what could be read in spite of them.
func Parse(name string, text []byte, o Options) (*File, error) {
	p := parser{file: &File{Path: name}, seen: make(map[string]int), checks: o.Checks}
	if m, ok := notText(text); ok {
		m.File = name
		return p.file, Mistakes{m}
	}
	p.rest = string(bytes.TrimPrefix(text, []byte("\ufeff")))
	p.validUTF8 = utf8.ValidString(p.rest)
	for p.rest != "" {
		line := p.next()
		switch text := trimBlanks(line); {
		case text == "":
			p.strayIsMistake()
			p.unread = p.unread[:0]
			p.above = ""
		case isComment(text):
			p.comment(text)
			p.above = ""
		default:
			p.entry(line)
		}
	}
	p.strayIsMistake()
	return p.file, p.result(o)
}

// notText says why a file cannot be read line by line at all.
func notText(text []byte) (Mistake, bool) {
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		return Mistake{Problem: "the file is UTF-16, not UTF-8", Hint: "save it as UTF-8"}, true
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		line := 1 + bytes.Count(text[:i], []byte("\n"))
		return Mistake{Line: line, Problem: "a NUL byte", Hint: "is this a text file?"}, true
	}
	return Mistake{}, false
}

type parser struct {
	rest      string // what is not read yet
	line      int    // number of the last line read
	validUTF8 bool

	checks   map[string]func(value string) error
	file     *File
	seen     map[string]int // the line of each name
	settings []settingsLine // above the entry that comes next
	unread   []int          // lines above it that look like settings
	above    string         // the line just above, if it is no comment and not empty
	mistakes Mistakes
}

// next takes a line from the rest.
func (p *parser) next() string {
	line, rest, _ := strings.Cut(p.rest, "\n")
	p.rest = rest
	p.line++
	return strings.TrimRight(line, "\r")
}

// entry reads a line that is not empty and not a comment, with those that its
// backslashes join to it.
func (p *parser) entry(line string) {
	above, at := p.above, p.line
	line = p.join(line)
	settings := p.takeSettings()
	p.noteUnread()
	name, command, bad := p.parseEntry(line, above)
	if bad.Problem != "" {
		bad.Line, bad.BadLine = at, true
		p.refuse(bad)
		return
	}
	if first, again := p.seen[name]; again {
		p.refuse(Mistake{Line: at, BadLine: true,
			Problem: fmt.Sprintf("%q is on line %d already", name, first),
			Hint:    "give one of them another name"})
		return
	}
	p.seen[name] = at
	p.file.Types = append(p.file.Types, Type{Name: name, Command: command, Line: at, Settings: settings})
}

// join puts the following lines in the place of a trailing backslash, as a
// shell does. The end of the file counts as an empty line.
func (p *parser) join(line string) string {
	p.above = line
	if !continues(line) {
		return line
	}
	var whole strings.Builder
	for continues(line) {
		whole.WriteString(line[:len(line)-1])
		if p.rest == "" {
			return whole.String()
		}
		line = p.next()
		p.above = line
		if _, ok := asEntry(line); ok && nameByte(line[0]) {
			p.note(p.line, "this reads as an entry, but the backslash above makes it part of that command")
		}
	}
	whole.WriteString(line)
	return whole.String()
}

// continues reports whether the line ends in a backslash that is not itself
// escaped by one.
func continues(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

func (p *parser) refuse(m Mistake) {
	m.File = p.file.Path
	p.mistakes = append(p.mistakes, m)
}

func (p *parser) note(line int, problem string) {
	p.file.Notes = append(p.file.Notes, Mistake{File: p.file.Path, Line: line, Problem: problem})
}

// result sorts out what is refused and what is skipped.
func (p *parser) result(o Options) error {
	if o.SkipBadLines {
		for _, m := range p.mistakes {
			if m.BadLine {
				p.file.Skipped = append(p.file.Skipped, m)
			}
		}
		p.mistakes = slices.DeleteFunc(p.mistakes, func(m Mistake) bool { return m.BadLine })
	}
	if len(p.mistakes) == 0 && len(p.file.Types) == 0 {
		p.refuse(p.noTypes())
	}
	for _, list := range [][]Mistake{p.mistakes, p.file.Skipped, p.file.Notes} {
		slices.SortStableFunc(list, func(a, b Mistake) int { return a.Line - b.Line })
		sayHintsOnce(list)
	}
	if len(p.mistakes) == 0 {
		return nil
	}
	if len(p.file.Types) > 0 {
		offerSkip(p.mistakes)
	}
	return p.mistakes
}

func (p *parser) noTypes() Mistake {
	m := Mistake{Problem: "no process types", Hint: `an entry is NAME: COMMAND, as in "web: npm start"`}
	switch {
	case p.line == 0:
		m.Problem = "the file is empty"
	case len(p.file.Skipped) > 0:
		m.Problem = "no process types are left without the bad lines"
	}
	return m
}

// offerSkip adds the way out to the hint of the last bad line.
func offerSkip(ms Mistakes) {
	for i, m := range slices.Backward(ms) {
		if m.BadLine {
			if m.Hint != "" {
				m.Hint += "; "
			}
			ms[i].Hint = m.Hint + "--skip-bad-lines leaves bad lines out, as foreman does"
			return
		}
	}
}
