package output

import (
	"bytes"
	"time"
)

// textForm is labels and the bytes as they came; of a pty, with LF for CRLF.
type textForm struct{}

func (textForm) batch(l *lane, p []byte, now time.Time) []byte {
	end := wholeLines(p)
	if end > 0 {
		l.settle()
		l.recordSplit(p[:end])
		l.text(p[:end])
	}
	rest := p[end:]
	switch {
	case len(rest) >= lineSize || l.goesOn() && len(rest) > 0:
		l.hearLater()
		return textForm{}.show(l, rest)
	case len(rest) > 0:
		l.wait(promptAfter)
	}
	return rest
}

// wholeLines is how much of p are lines with their ends. bytes.LastIndexByte
// alone would look at each byte of a long line on its own, which IndexByte does
// not.
func wholeLines(p []byte) int {
	if bytes.IndexByte(p, '\n') < 0 {
		return 0
	}
	return bytes.LastIndexByte(p, '\n') + 1
}

// goesOn says whether the beginning of the lane's line stands at the end of the
// output, so that there is nothing to wait for with the rest.
func (l *lane) goesOn() bool { return l.open && l.copy.stream.mux.desk.open == l }

func (textForm) show(l *lane, rest []byte) []byte {
	var cr []byte
	if n := len(rest); l.copy.tty && n > 0 && rest[n-1] == '\r' {
		rest, cr = rest[:n-1], rest[n-1:]
	}
	l.recordSplit(rest)
	l.textPart(rest)
	return cr
}

func (textForm) finish(l *lane, rest []byte) {
	l.recordSplit(rest)
	l.textPart(rest)
	l.textEnd()
}

// recordSplit records p where stdout and stderr are read apart: then a line is
// recorded when it is whole, so that none is inside another. Otherwise bytes
// are recorded as they are read.
func (l *lane) recordSplit(p []byte) {
	if l.copy.split && len(p) > 0 {
		l.copy.stream.record(p, l)
	}
}

// text writes whole lines. The desk is held.
func (l *lane) text(p []byte) {
	s := l.copy.stream
	d := &s.mux.desk
	if l.hidden() {
		l.open = false
		return
	}
	if l.open {
		p = l.textRest(p)
		if len(p) == 0 {
			return
		}
	}
	d.breakLine(l)
	s.label.update(s.mux, s.name)
	label := s.label.line
	if len(label) == 0 && !l.copy.tty {
		d.flush()
		d.write(p)
		return
	}
	out := d.out
	for len(p) > 0 {
		n := bytes.IndexByte(p, '\n') + 1
		if len(out)+len(label)+n > writeSize {
			d.out = out
			d.flush()
			out = d.out
		}
		out = append(out, label...)
		if l.copy.tty && n > 1 && p[n-2] == '\r' {
			out = append(out, p[:n-2]...)
			out = append(out, '\n')
		} else {
			out = append(out, p[:n]...)
		}
		p = p[n:]
	}
	d.out = out
}

// textRest ends the line that was shown in part with the first line of p, and
// returns the others.
func (l *lane) textRest(p []byte) []byte {
	i := bytes.IndexByte(p, '\n')
	line := p[:i]
	if l.copy.tty {
		line = bytes.TrimSuffix(line, []byte{'\r'})
	}
	l.textPart(line)
	l.textEnd()
	return p[i+1:]
}

// textPart writes a part of a line, after a label unless what stands at the end
// of the output is the part before it.
func (l *lane) textPart(p []byte) {
	if len(p) == 0 {
		return
	}
	s := l.copy.stream
	d := &s.mux.desk
	if l.hidden() {
		l.open = true
		return
	}
	d.breakLine(l)
	if d.open != l {
		s.label.update(s.mux, s.name)
		if l.open {
			d.out = append(d.out, s.label.next...)
		} else {
			d.out = append(d.out, s.label.line...)
		}
		d.open = l
	}
	l.open = true
	d.full(len(p))
	d.out = append(d.out, p...)
}

// textEnd ends the line that was shown in part. If another process' line came
// after that part it is ended already.
func (l *lane) textEnd() {
	d := &l.copy.stream.mux.desk
	if d.open == l {
		d.out = append(d.out, '\n')
		d.open = nil
	}
	l.open = false
}

// hidden says whether the lane's lines are kept and not shown.
func (l *lane) hidden() bool {
	return l.copy.stream.quiet.Load() || l.copy.stream.mux.desk.dead
}
