package output

import (
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

const (
	// rewriteAfter is the time between two states of a line that is written
	// over and over, such as a progress bar.
	rewriteAfter = 100 * time.Millisecond
	// movedAfter is the same when each state needs a line of its own, since
	// another process' line came between.
	movedAfter = time.Second
)

// terminalForm is labels and what the filter leaves. Every write ends with
// colours and links closed.
type terminalForm struct {
	filter filter
	shown  int    // how many bytes of the filter's line were shown
	style  style  // in force there
	link   []byte // open there
	cols   int    // columns that the shown part takes, with its label
	last   time.Time
}

func (t *terminalForm) batch(l *lane, p []byte, now time.Time) []byte {
	l.recordSplit(p)
	f := &t.filter
	for len(p) > 0 {
		var complete bool
		p, complete = f.feed(p)
		if complete {
			l.settle()
			t.write(l, true)
			t.next()
			l.open = false
		} else if len(f.line) >= lineSize {
			l.settle()
			t.write(l, false)
			t.next()
		}
	}
	switch {
	case !t.unshown():
	case t.shown == 0 || !f.rubbed:
		l.wait(promptAfter)
	case l.copy.stream.mux.desk.open == l:
		t.waitFor(l, rewriteAfter)
	default:
		t.waitFor(l, movedAfter)
	}
	return nil
}

// waitFor has the line shown when d has passed since it was shown last.
func (t *terminalForm) waitFor(l *lane, d time.Duration) {
	l.wait(promptAfter)
	if due := t.last.Add(d); due.After(l.due) {
		l.due = due
	}
}

func (t *terminalForm) unshown() bool { return t.filter.rubbed || len(t.filter.line) > t.shown }

func (t *terminalForm) next() {
	t.filter.next()
	t.shown = 0
}

func (t *terminalForm) show(l *lane, _ []byte) []byte {
	if t.unshown() && t.mayRewrite(l) {
		t.write(l, false)
	}
	return nil
}

func (t *terminalForm) finish(l *lane, _ []byte) {
	f := &t.filter
	f.abort()
	if l.open || len(f.line) > 0 {
		t.write(l, true)
	}
	t.next()
	l.open = false
	// The next to write is another program, for which no colour was meant.
	t.filter = filter{line: f.line[:0], seq: f.seq[:0]}
}

// mayRewrite says whether the state that was shown before this one is still at
// the output's end in a single row, so that it can be written over. One that
// cannot waits for the end of the line.
func (t *terminalForm) mayRewrite(l *lane) bool {
	d := &l.copy.stream.mux.desk
	return !t.filter.rubbed || d.open != l || t.cols <= d.columns()
}

// columns is the width of the terminal.
func (d *desk) columns() int {
	ws, err := unix.IoctlGetWinsize(d.fd, unix.TIOCGWINSZ)
	if err != nil || ws.Col == 0 {
		return 80
	}
	return int(ws.Col)
}

// write shows what the line in progress has become since it was shown last, and
// ends it if it is done.
func (t *terminalForm) write(l *lane, done bool) {
	s := l.copy.stream
	d := &s.mux.desk
	f := &t.filter
	if l.hidden() {
		l.open = !done
		return
	}
	s.label.update(s.mux, s.name)
	label, from := s.label.line, 0
	here := d.open == l
	d.breakLine(l)
	d.full(2*len(f.line) + len(label) + seqSize)
	switch {
	case here && f.rubbed && t.cols <= d.columns():
		d.out = append(d.out, "\r\x1b[K"...)
	case here && f.rubbed:
		d.out = append(d.out, '\n')
	case here: // it goes on where it ended
		label, from = nil, t.shown
	case l.open && !f.rubbed: // another process' line came between
		label, from = s.label.next, t.shown
		if from == len(f.line) && done {
			return
		}
	}
	if from == 0 {
		t.style, t.link, t.cols = f.start, append(t.link[:0], f.slink...), s.mux.LabelWidth()
	}
	d.out = append(d.out, label...)
	if from < len(f.line) {
		d.out = t.style.appendTo(d.out)
		d.out = append(d.out, t.link...)
		d.out = append(d.out, f.line[from:]...)
		if len(f.link) > 0 {
			d.out = append(d.out, unlink...)
		}
		if f.style != (style{}) {
			d.out = append(d.out, reset...)
		}
	}
	if !done {
		t.cols += columns(f.line[from:])
	}
	t.shown, t.style, t.link = len(f.line), f.style, append(t.link[:0], f.link...)
	f.rubbed = false
	l.open = !done
	if done {
		d.out = append(d.out, '\n')
		d.open = nil
		return
	}
	d.open = l
	t.last = time.Now()
}

// columns is how many columns filtered text takes, at most.
func columns(p []byte) (n int) {
	for len(p) > 0 {
		if k := sequenceLen(p); k > 0 {
			p = p[k:]
			continue
		}
		if p[0] == '\t' {
			n += 8
			p = p[1:]
			continue
		}
		r, k := utf8.DecodeRune(p)
		if n++; wide(r) {
			n++
		}
		p = p[k:]
	}
	return n
}

// wide says whether a character takes two columns: roughly the ranges of East
// Asian Width W and F, and emoji.
func wide(r rune) bool {
	return r >= 0x1100 && (r <= 0x115f || r >= 0x231a && r <= 0x231b || r >= 0x2614 && r <= 0x27bf && r != 0x2713 && r != 0x2714 && r != 0x2717 && r != 0x2718 ||
		r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff ||
		r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6 ||
		r >= 0x1f000 && r <= 0x1faff || r >= 0x20000 && r <= 0x3fffd)
}
