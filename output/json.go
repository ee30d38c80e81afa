package output

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf8"
)

// jsonForm is one object a line. A line that is too long to be kept whole comes
// as several objects, all but the last with "partial":true. An unfinished line
// waits for its end: a program reads this, which answers no prompts.
type jsonForm struct{}

func (jsonForm) batch(l *lane, p []byte, now time.Time) []byte {
	end := wholeLines(p)
	if end > 0 {
		l.settle()
		l.recordSplit(p[:end])
		l.json(p[:end], now)
	}
	l.hearLater()
	rest := p[end:]
	if len(rest) < lineSize {
		return rest
	}
	// Not in the middle of a character: that would make it an invalid one. Nor of
	// a CRLF.
	n := len(rest)
	if l.copy.tty && rest[n-1] == '\r' {
		n--
	}
	for i := 1; i <= utf8.UTFMax && i < n; i++ {
		if utf8.RuneStart(rest[n-i]) {
			if !utf8.FullRune(rest[n-i:]) {
				n -= i
			}
			break
		}
	}
	l.recordSplit(rest[:n])
	l.jsonLine(rest[:n], now, true)
	l.open = true
	return rest[n:]
}

func (jsonForm) show(l *lane, rest []byte) []byte { return rest }

func (jsonForm) finish(l *lane, rest []byte) {
	l.recordSplit(rest)
	if len(rest) > 0 || l.open {
		l.jsonLine(rest, l.copy.stream.mux.opts.Now(), false)
	}
	l.open = false
}

// json writes whole lines as objects. The desk is held.
func (l *lane) json(p []byte, now time.Time) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		line := p[:i]
		p = p[i+1:]
		if l.copy.tty {
			line = bytes.TrimSuffix(line, []byte{'\r'})
		}
		l.jsonLine(line, now, false)
	}
	l.open = false
}

func (l *lane) jsonLine(line []byte, now time.Time, partial bool) {
	if l.hidden() {
		return
	}
	s := l.copy.stream
	d := &s.mux.desk
	if !l.sameHead(now) {
		l.makeHead(now)
	}
	d.full(len(l.head) + len(line))
	d.out = append(d.out, l.head...)
	var valid bool
	d.out, valid = appendString(d.out, line)
	if !valid {
		d.out = append(d.out, `,"base64":"`...)
		d.out = base64.StdEncoding.AppendEncode(d.out, line)
		d.out = append(d.out, '"')
	}
	if partial {
		d.out = append(d.out, `,"partial":true`...)
	}
	d.out = append(d.out, "}\n"...)
}

// sameHead says whether the last object began as the next one would.
func (l *lane) sameHead(now time.Time) bool { return len(l.head) > 0 && now.Equal(l.headTime) }

func (l *lane) makeHead(now time.Time) {
	s := l.copy.stream
	b := append(l.head[:0], `{"time":"`...)
	b = appendTime(b, now)
	b = append(b, `","process":`...)
	b, _ = appendString(b, []byte(s.name))
	b = append(b, `,"type":`...)
	b, _ = appendString(b, []byte(s.typ))
	if l.stderr {
		b = append(b, `,"stream":"stderr"`...)
	} else {
		b = append(b, `,"stream":"stdout"`...)
	}
	b = append(b, `,"pid":`...)
	b = strconv.AppendInt(b, int64(l.copy.pid), 10)
	l.head = append(b, `,"line":`...)
	l.headTime = now
}

// appendTime appends RFC 3339 in UTC with microseconds.
func appendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
}

// appendEvent appends the object of an event.
func appendEvent(b []byte, now time.Time, e *Event, tail [][]byte) []byte {
	b = append(b, `{"time":"`...)
	b = appendTime(b, now)
	b = append(b, `","event":`...)
	b, _ = appendString(b, []byte(e.Name))
	if e.Process != "" {
		b = append(b, `,"process":`...)
		b, _ = appendString(b, []byte(e.Process))
	}
	if e.PID != 0 {
		b = append(b, `,"pid":`...)
		b = strconv.AppendInt(b, int64(e.PID), 10)
	}
	if e.Port != 0 {
		b = append(b, `,"port":`...)
		b = strconv.AppendInt(b, int64(e.Port), 10)
	}
	if e.Status != nil {
		b = append(b, `,"status":`...)
		b = strconv.AppendInt(b, int64(*e.Status), 10)
	}
	b = append(b, `,"message":`...)
	b, _ = appendString(b, []byte(e.Text))
	for i, line := range tail {
		if i == 0 {
			b = append(b, `,"tail":[`...)
		} else {
			b = append(b, ',')
		}
		b, _ = appendString(b, bytes.TrimSuffix(line, []byte{'\r'}))
	}
	if len(tail) > 0 {
		b = append(b, ']')
	}
	return append(b, "}\n"...)
}

// appendString appends p as a JSON string, with U+FFFD for each byte that is
// not UTF-8, and says whether there was none.
func appendString(b, p []byte) ([]byte, bool) {
	const hex = "0123456789abcdef"
	valid := true
	b = append(b, '"')
	for start, i := 0, 0; ; {
		for i < len(p) && plainJSON(p[i]) {
			i++
		}
		b = append(b, p[start:i]...)
		if i == len(p) {
			break
		}
		c := p[i]
		switch {
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(p[i:])
			if r == utf8.RuneError && n == 1 {
				valid = false
				b = append(b, "\uFFFD"...)
			} else {
				b = append(b, p[i:i+n]...)
			}
			i += n
			start = i
			continue
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(b, '"'), valid
}

// plainJSON says whether a byte stands for itself in a JSON string.
func plainJSON(c byte) bool {
	return c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\'
}
