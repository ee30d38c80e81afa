package env

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// form is how a statement is written, as far as foreman reads such a form otherwise.
type form uint8

const (
	exported  form = 1 << iota // export NAME=value
	indented                   // a blank before the name
	spaced                     // a blank between the name and =
	coloned                    // NAME: value
	padded                     // blanks around the value
	commented                  // a comment after the value
	multiline                  // a quoted value of several lines
)

// statement is one NAME=value of a file, or one "export NAME...", which has no name.
type statement struct {
	line   int
	name   string
	source string // the value as it is written, with its quotes; for export, the names
	form   form
}

// scanner finds the statements of a text. A mistake costs the statement that it stands
// in and no other.
type scanner struct {
	text string // its lines end with a line feed alone
	pos  int
	line int // the line of pos, from 1
}

// fault is a Mistake that does not know its place yet.
type fault struct {
	line          int // counted from the line where the statement begins
	problem, hint string
}

const (
	hintName   = "a name is made of letters, digits, _ and ."
	hintReturn = "end lines with a line feed, alone or after a carriage return"
)

// next returns the next statement or the next mistake, and the line where its statement
// begins; line is 0 at the end of the text.
func (s *scanner) next() (st statement, bad *fault, line int) {
	for s.pos < len(s.text) {
		start, end := s.pos, lineEnd(s.text, s.pos)
		line := s.line
		s.skipTo(end)

		body := strings.TrimFunc(s.text[start:end], isBlank)
		if body == "" {
			continue
		}
		if body[0] == '#' {
			// With the line ends of an old Mac all of the file is one comment.
			if strings.Contains(body, "\r") {
				return statement{}, &fault{problem: "a carriage return within a comment", hint: hintReturn}, line
			}
			continue
		}
		st, at, bad := head(s.text[start:end])
		st.line = line
		if bad != nil {
			if unfit := unfit(s.text[start:end]); unfit != nil {
				bad = unfit
			}
			return st, bad, line
		}
		if st.name != "" {
			bad = s.value(&st, start+at, end)
		}
		if bad == nil {
			bad = unfit(st.source)
		}
		return st, bad, line
	}
	return statement{}, nil, 0
}

// skipTo moves behind the line that ends at end.
func (s *scanner) skipTo(end int) {
	s.line += strings.Count(s.text[s.pos:end], "\n") + 1
	s.pos = min(end+1, len(s.text))
}

// head reads a line up to its value, which begins at the offset that it returns.
func head(line string) (st statement, at int, bad *fault) {
	if isConflict(line) {
		return st, 0, &fault{problem: "an unresolved merge conflict", hint: "keep one of the two sides and delete the marker lines"}
	}
	rest := strings.TrimLeftFunc(line, isBlank)
	if len(rest) < len(line) {
		st.form |= indented
	}
	if names, found := afterExport(rest); found {
		st.form |= exported
		rest = names
	}
	name := rest[:nameLength(rest)]
	after := rest[len(name):]
	tail := strings.TrimLeftFunc(after, isBlank)
	at = len(line) - len(tail) + 1

	switch {
	case name != "" && strings.HasPrefix(tail, "="):
		st.name = name
		if len(tail) < len(after) {
			st.form |= spaced
		}
		return st, at, nil
	case name != "" && isColon(tail):
		// Unlike "NAME=", "environment:" is a piece of some other file rather than an
		// empty variable.
		if strings.TrimFunc(tail[1:], isBlank) == "" {
			return st, 0, &fault{problem: "no value after the colon", hint: "write NAME= for an empty value"}
		}
		st.name = name
		st.form |= coloned
		return st, at, nil
	case st.form&exported != 0 && areNames(uncommented(rest)):
		st.source = uncommented(rest)
		return st, 0, nil
	case !strings.Contains(line, "="):
		return st, 0, &fault{problem: "no = on this line", hint: "write NAME=value; a value of several lines needs quotes, and a comment begins with #"}
	case strings.HasPrefix(tail, "="):
		return st, 0, &fault{problem: "no name before =", hint: hintName}
	case name != "" && len(tail) < len(after):
		return st, 0, &fault{problem: "a blank within the name", hint: hintName}
	default:
		// The character alone: the rest may be a line of a value that lost its quotes.
		r, _ := utf8.DecodeRuneInString(after)
		return st, 0, &fault{problem: "unexpected " + strconv.QuoteRune(r) + " in the name", hint: hintName}
	}
}

// value reads the value that is written from start on a line that ends at end.
func (s *scanner) value(st *statement, start, end int) *fault {
	written := s.text[start:end]
	source := strings.TrimLeftFunc(written, isBlank)
	blanks := len(written) - len(source)
	if blanks > 0 {
		st.form |= padded
	}
	if source != "" && (source[0] == '"' || source[0] == '\'') {
		return s.quoted(st, start+blanks, end)
	}
	if strings.HasPrefix(source, "`") && strings.Count(source, "`") == 1 && s.closesBackquote() {
		return &fault{problem: "a value of several lines in backquotes", hint: "put it in single or double quotes"}
	}
	if strings.Contains(strings.TrimRight(source, "\r"), "\r") {
		return &fault{problem: "a carriage return within the value", hint: hintReturn}
	}
	if cut := comment(written, blanks); cut >= 0 {
		st.form |= commented
		source = written[blanks:max(blanks, cut)]
	}
	st.source = strings.TrimRightFunc(source, isBlank)
	if len(st.source) < len(source) {
		st.form |= padded
	}
	return nil
}

// quoted reads a value whose opening quote is at start, on a line that ends at end.
func (s *scanner) quoted(st *statement, start, end int) *fault {
	if closing := closingQuote(s.text, start, end); closing >= 0 {
		last := lineEnd(s.text, closing)
		after := s.text[closing+1 : last]
		rest := strings.TrimLeftFunc(after, isBlank)
		if rest == "" || rest[0] == '#' {
			st.source = s.text[start : closing+1]
			if len(rest) < len(after) {
				st.form |= padded
			}
			if rest != "" {
				st.form |= commented
			}
			if closing > end {
				st.form |= multiline
				s.skipTo(last)
			}
			return nil
		}
		if closing < end {
			return &fault{problem: "text after the closing quote", hint: `put all of the value in one pair of quotes; within double quotes \" is a quote`}
		}
		// A quote on a later line with text behind it opens a value of that line: ours
		// was never closed.
	}
	s.resume()
	return &fault{problem: "a quote that is not closed", hint: "close it, or put the value in quotes of the other kind if the quote is part of it"}
}

// resume moves on to the next line that reads as an assignment: those before it belong
// to a value whose end is missing.
func (s *scanner) resume() {
	for s.pos < len(s.text) {
		end := lineEnd(s.text, s.pos)
		if isAssignment(s.text[s.pos:end]) {
			return
		}
		s.skipTo(end)
	}
}

// closesBackquote moves behind the line that closes a backquote opened on the line
// before pos, if there is one before the next assignment. Some readers know values in
// backquotes; a lone backquote is a character like any other.
func (s *scanner) closesBackquote() bool {
	for pos, end := s.pos, 0; pos < len(s.text); pos = end + 1 {
		end = lineEnd(s.text, pos)
		line := s.text[pos:end]
		if isAssignment(line) {
			return false
		}
		if strings.Contains(line, "`") {
			s.skipTo(end)
			return true
		}
	}
	return false
}

// closingQuote returns where the quote that opens at start, on a line that ends at end,
// is closed, or -1.
//
// A quote behind a backslash does not close. For single quotes the shell has it
// otherwise and other readers of env files do not, so theirs closes where it ends the
// opening line: 'C:\dir\' would swallow the lines below.
func closingQuote(text string, start, end int) int {
	quote := text[start]
	for i := start + 1; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return i
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == quote:
			i++
			if i < end && endsLine(text[i+1:end]) {
				return i
			}
		}
	}
	return -1
}

// endsLine reports whether text is blank, or a comment without a single quote.
func endsLine(text string) bool {
	rest := strings.TrimLeftFunc(text, isBlank)
	return rest == "" || rest[0] == '#' && !strings.Contains(rest, "'")
}

// comment returns where the comment of an unquoted value begins in text, or -1: at the
// first # behind a blank, so "A=#fff" has none and "A= # none" is empty. The value
// begins at start; what it has in backquotes there is no comment.
func comment(text string, start int) int {
	i := 1
	if strings.HasPrefix(text[start:], "`") {
		if n := strings.IndexByte(text[start+1:], '`'); n >= 0 {
			i = start + n + 2
		}
	}
	for ; i < len(text); i++ {
		if text[i] != '#' {
			continue
		}
		if r, _ := utf8.DecodeLastRuneInString(text[:i]); isBlank(r) {
			return i
		}
	}
	return -1
}

// uncommented returns text, which begins with no blank, without its comment.
func uncommented(text string) string {
	if cut := comment(text, 0); cut >= 0 {
		return text[:cut]
	}
	return text
}

// unfit returns what makes text unfit for an environment, or nil.
func unfit(text string) *fault {
	if at := strings.IndexByte(text, 0); at >= 0 {
		return &fault{line: strings.Count(text[:at], "\n"), problem: "a NUL byte", hint: "no variable can hold one; is this a text file?"}
	}
	if utf8.ValidString(text) {
		return nil
	}
	bad := &fault{problem: "not UTF-8 text", hint: "save the file as UTF-8"}
	for line := range strings.SplitSeq(text, "\n") {
		if !utf8.ValidString(line) {
			break
		}
		bad.line++
	}
	return bad
}
