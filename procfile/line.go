package procfile

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// blanks is what foreman's \s matches inside a line.
const blanks = " \t\v\f"

const entryHint = "an entry is NAME: COMMAND, a comment begins with #"

func trimBlanks(s string) string { return strings.Trim(s, blanks) }

func indented(line string) bool { return strings.IndexByte(blanks, line[0]) >= 0 }

func isComment(text string) bool {
	return strings.HasPrefix(text, "#") || strings.HasPrefix(text, "//")
}

// asEntry returns the name if text reads as an entry, which http://host does
// not.
func asEntry(text string) (name string, ok bool) {
	before, after, _ := strings.Cut(text, ":")
	name = trimBlanks(before)
	return name, ValidName(name) && trimBlanks(after) != "" && !strings.HasPrefix(after, "//")
}

// parseEntry takes an entry apart, or says why it is none. above is the line
// above it, "" if that is empty or a comment.
func (p *parser) parseEntry(line, above string) (name, command string, bad Mistake) {
	if bad := p.undecodable(line); bad.Problem != "" {
		return "", "", bad
	}
	before, after, colon := strings.Cut(line, ":")
	name = trimBlanks(before)
	// What is indented and begins with a dash is an argument that lost its
	// backslash, not a name.
	if !colon || !ValidName(name) || indented(line) && name[0] == '-' {
		return "", "", badLine(line, above)
	}
	command = trimCommand(after)
	if command == "" {
		return "", "", Mistake{
			Problem: fmt.Sprintf("the command of %q is empty", name),
			Hint:    "put it on the same line, after the colon"}
	}
	return name, command, Mistake{}
}

// trimCommand drops the blanks around a command, except for a last one that a
// backslash makes part of an argument.
func trimCommand(s string) string {
	s = strings.TrimLeft(s, blanks)
	trimmed := strings.TrimRight(s, blanks)
	if len(trimmed) < len(s) && continues(trimmed) {
		return s[:len(trimmed)+1]
	}
	return trimmed
}

// undecodable finds what no line may hold.
func (p *parser) undecodable(line string) Mistake {
	if !p.validUTF8 {
		for i, r := range line {
			if r != utf8.RuneError {
				continue
			}
			if _, size := utf8.DecodeRuneInString(line[i:]); size == 1 {
				return Mistake{Problem: fmt.Sprintf("byte 0x%02x is not UTF-8", line[i]), Hint: "save the file as UTF-8"}
			}
		}
	}
	if strings.IndexByte(line, '\r') >= 0 {
		return Mistake{Problem: "a carriage return within the line", Hint: "save the file with LF or CRLF at the end of lines"}
	}
	return Mistake{}
}

// badLine says what is wrong with a line that is neither entry nor comment.
func badLine(line, above string) Mistake {
	text := trimBlanks(line)
	before, _, colon := strings.Cut(text, ":")
	name := trimBlanks(before)
	variable, isVariable := assigned(text)
	switch {
	case text == "":
		return Mistake{Problem: "a backslash with nothing to join", Hint: "remove the line"}
	case isMergeMarker(text):
		return Mistake{Problem: "a merge conflict marker: " + quote(text), Hint: "resolve the conflict and remove its markers"}
	case isForeignComment(text):
		return Mistake{Problem: "neither an entry nor a comment: " + quote(text), Hint: "a comment begins with # or //"}
	case isVariable:
		// The value stays out of the message: this may be an env file.
		return Mistake{Problem: fmt.Sprintf("a variable, not an entry: %q", variable+"=..."),
			Hint: "variables stand in .env, or above one type: # ganger: env.NAME=value"}
	case indented(line):
		m := Mistake{Problem: "an indented line that continues nothing: " + quote(text),
			Hint: "end the line above it with a backslash"}
		if above != "" && continues(strings.TrimRight(above, blanks)) {
			m.Hint = "remove the blank after the backslash in the line above it"
		}
		return m
	case !colon:
		return Mistake{Problem: "no colon: " + quote(text), Hint: entryHint}
	case name == "":
		return Mistake{Problem: "no name before the colon", Hint: entryHint}
	}
	return badName(name)
}

// isMergeMarker reports whether git left this line. No name and no comment can
// begin so.
func isMergeMarker(text string) bool {
	for _, marker := range [...]string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if strings.HasPrefix(text, marker) {
			return true
		}
	}
	return false
}

// isForeignComment reports whether the line is a comment in another language.
func isForeignComment(text string) bool {
	for _, sign := range [...]string{";", "%", "/*", "*/", "<!--", "-- ", "REM "} {
		if strings.HasPrefix(text, sign) {
			return true
		}
	}
	return false
}

// assigned returns NAME if the text is NAME=value or export NAME=value.
func assigned(text string) (name string, ok bool) {
	before, _, found := strings.Cut(text, "=")
	name = strings.TrimLeft(strings.TrimPrefix(before, "export "), blanks)
	if !found || name == "" || '0' <= name[0] && name[0] <= '9' || strings.Contains(name, "-") {
		return "", false
	}
	return name, ValidName(name)
}

func badName(name string) Mistake {
	var first rune
	suggestion := strings.Trim(strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && nameByte(byte(r)) {
			return r
		}
		if first == 0 {
			first = r
		}
		return '-'
	}, name), "-")
	what := fmt.Sprintf("%q", first)
	switch first {
	case ' ':
		what = "a space"
	case '\t':
		what = "a tab"
	}
	m := Mistake{
		Problem: fmt.Sprintf("the name %s has %s in it", quote(name), what),
		Hint:    "a name is made of A-Z, a-z, 0-9, - and _",
	}
	words := strings.Fields(name)
	switch {
	case len(words) > 2 && ValidName(words[0]):
		m.Hint += fmt.Sprintf("; is a colon missing after %q?", words[0])
	case ValidName(suggestion):
		m.Hint += fmt.Sprintf(": %q would do", suggestion)
	}
	return m
}
