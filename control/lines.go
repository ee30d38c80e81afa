package control

import (
	"regexp"
	"time"
	"unicode/utf8"
)

// LogQuery chooses lines of output.
type LogQuery struct {
	Names  []string       // names, types or patterns; nil: all
	Lines  int            // how many of the last; negative: all that are kept
	Since  time.Time      // zero: however old
	Grep   *regexp.Regexp // nil: every line; else Lines counts those that match
	Follow bool           // go on with what is written from now on
}

// Line is one line of output.
type Line struct {
	Time    time.Time `json:"time,omitzero"` // when it was read
	Process string    `json:"process"`       // web.1, or system: ganger's own
	Type    string    `json:"type,omitempty"`
	PID     int       `json:"pid,omitempty"`
	Stderr  bool      `json:"stderr,omitempty"` // where the two are apart
	// Text is without its line end. In Go it has the bytes as they were
	// written; in JSON what is not UTF-8 is U+FFFD, and base64 has them all.
	Text    string `json:"line"`
	Base64  []byte `json:"base64,omitempty"`
	Partial bool   `json:"partial,omitempty"` // the line goes on in the next
	// Missed is how many lines of this process were lost just before this one,
	// because the reader did not keep up.
	Missed int `json:"missed,omitempty"`
}

// pack makes the line fit for JSON.
func (l Line) pack() Line {
	if !utf8.ValidString(l.Text) {
		l.Base64 = []byte(l.Text)
	}
	return l
}

// unpack undoes pack.
func (l Line) unpack() Line {
	if l.Base64 != nil {
		l.Text, l.Base64 = string(l.Base64), nil
	}
	return l
}
