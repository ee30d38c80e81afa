package procfile

import (
	"strconv"
	"strings"
)

// Mistake is one thing that is wrong in a file, or deserves a look.
type Mistake struct {
	File    string
	Line    int    // from 1; 0 is the file as a whole
	Problem string // what is wrong
	Hint    string // what to do about it; empty where an earlier mistake has said it
	BadLine bool   // Options.SkipBadLines leaves the line out
}

// Error returns "Procfile:3: problem", without the hint.
func (m Mistake) Error() string {
	if m.Line == 0 {
		return m.File + ": " + m.Problem
	}
	return m.File + ":" + strconv.Itoa(m.Line) + ": " + m.Problem
}

// Mistakes is every mistake of a file, in the order of its lines.
type Mistakes []Mistake

// Error returns a line for each mistake, without the hints.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.Error()
	}
	return strings.Join(lines, "\n")
}

// sayHintsOnce empties the hints that repeat an earlier one: ten lines with one
// cause need one piece of advice.
func sayHintsOnce(ms []Mistake) {
	said := make(map[string]bool)
	for i := range ms {
		if said[ms[i].Hint] {
			ms[i].Hint = ""
		}
		said[ms[i].Hint] = true
	}
}

// quote shows the beginning of a text that may be long or unprintable.
func quote(text string) string {
	const most = 40
	n := 0
	for i := range text {
		if n++; n > most {
			return strconv.Quote(text[:i] + "...")
		}
	}
	return strconv.Quote(text)
}
