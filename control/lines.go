package control

import (
	"encoding/base64"
	"regexp"
	"strconv"
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
	Partial bool   `json:"partial,omitempty"` // the line goes on in the next; where none follows, it is unfinished
	// Missed is how many lines of this process were lost just before this one,
	// because the reader did not keep up. Where nothing has come since, there is
	// no line: it has no PID and no Text.
	Missed int `json:"missed,omitempty"`
}

// gap reports whether l is no line, but says that some were lost.
func (l *Line) gap() bool { return l.Missed > 0 && l.PID == 0 && l.Text == "" }

// appendJSON appends the line as encoding/json would write it, with Base64 where
// Text is not UTF-8, at a sixth of the cost: there may be hundreds who follow.
func (l *Line) appendJSON(b []byte) []byte {
	b = append(b, '{')
	if !l.Time.IsZero() {
		b = append(b, `"time":"`...)
		b = l.Time.AppendFormat(b, time.RFC3339Nano)
		b = append(b, `",`...)
	}
	b = append(b, `"process":`...)
	b = appendString(b, l.Process)
	if l.Type != "" {
		b = append(b, `,"type":`...)
		b = appendString(b, l.Type)
	}
	if l.PID != 0 {
		b = append(b, `,"pid":`...)
		b = strconv.AppendInt(b, int64(l.PID), 10)
	}
	if l.Stderr {
		b = append(b, `,"stderr":true`...)
	}
	b = append(b, `,"line":`...)
	b = appendString(b, l.Text)
	if !utf8.ValidString(l.Text) {
		b = append(b, `,"base64":"`...)
		b = base64.StdEncoding.AppendEncode(b, []byte(l.Text))
		b = append(b, '"')
	}
	if l.Partial {
		b = append(b, `,"partial":true`...)
	}
	if l.Missed != 0 {
		b = append(b, `,"missed":`...)
		b = strconv.AppendInt(b, int64(l.Missed), 10)
	}
	return append(b, "}\n"...)
}

// appendString appends s as a JSON string, with U+FFFD for what is not UTF-8.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r != utf8.RuneError && r >= utf8.RuneSelf {
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		switch {
		case r == utf8.RuneError:
			b = append(b, "\uFFFD"...)
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		default:
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i += n
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// unpack makes a line that was read what it was before.
func (l Line) unpack() Line {
	if l.Base64 != nil {
		l.Text, l.Base64 = string(l.Base64), nil
	}
	return l
}
