package output

import (
	"bytes"
	"unicode/utf8"
)

const (
	// seqSize bounds a sequence that is kept: more parameters than any SGR
	// needs, and the longest address that browsers take for a link.
	seqSize = 2100
	// reset closes what SGR opened, unlink what OSC 8 opened.
	reset  = "\x1b[0m"
	unlink = "\x1b]8;;\x1b\\"
)

// filter reads what a process writes to a terminal, line by line, and keeps
// what may stand among the lines of others: printable characters, tabs, SGR and
// OSC 8 links. Whatever moves the cursor, clears, scrolls, switches screens,
// sets titles or the clipboard, asks or rings is dropped. It works on bytes as
// they come, so that a sequence may be cut anywhere.
//
// A carriage return that no line feed follows, a cursor to column 1 or an erased
// line begins the line anew; a backspace takes away one character.
type filter struct {
	state filterState
	seq   []byte // the sequence or character in progress, without what began it

	line   []byte // the line in progress, as it is to be shown
	style  style  // in force at its end
	link   []byte // the OSC 8 link open at its end, as it was written; empty: none
	start  style  // in force at its beginning
	slink  []byte // the link open at its beginning
	cr     bool   // the cursor stands at the line's beginning again
	rubbed bool   // the beginning of line is not what it was before the last shown call
}

type filterState uint8

const (
	ground  filterState = iota
	escape              // after ESC
	charset             // after ESC and an intermediate byte
	control             // after CSI, "ESC ["
	command             // after OSC, "ESC ]"
	passed              // in a string that is dropped: DCS, SOS, PM, APC, or one too long
	closing             // after ESC within command
	dropped             // after ESC within passed
	partial             // within a UTF-8 character
)

// feed reads p up to the end of a line. It returns what follows in p, and
// whether the line is complete; then next is to be called before feed.
func (f *filter) feed(p []byte) (rest []byte, complete bool) {
	for i := 0; i < len(p); {
		c := p[i]
		if c == '\n' {
			f.abort()
			f.cr = false
			return p[i+1:], true
		}
		if f.state != ground {
			i += f.sequence(p[i:])
			continue
		}
		if c >= ' ' && c < 0x7f || c == '\t' {
			j := i + 1
			for j < len(p) && (p[j] >= ' ' && p[j] < 0x7f || p[j] == '\t') {
				j++
			}
			f.text(p[i:j])
			i = j
			continue
		}
		switch {
		case c >= utf8.RuneSelf:
			i += f.char(p[i:])
			continue
		case c == 0x1b:
			f.begin(escape)
		case c == '\r':
			f.cr = true
		case c == '\b':
			f.rubOut()
		}
		i++
	}
	return nil, false
}

// next begins a new line, which goes on in the style and link of the last.
func (f *filter) next() {
	f.line = f.line[:0]
	f.start = f.style
	f.slink = append(f.slink[:0], f.link...)
	f.rubbed = false
}

// text appends printable bytes.
func (f *filter) text(p []byte) {
	if f.cr {
		f.anew()
	}
	f.line = append(f.line, p...)
}

// anew begins the line again from its first column.
func (f *filter) anew() {
	f.cr = false
	if len(f.line) > 0 {
		f.next()
		f.rubbed = true
	}
}

// rubOut takes away the last character, unless a sequence stands before the
// cursor.
func (f *filter) rubOut() {
	if f.cr || len(f.line) == 0 {
		return
	}
	r, n := utf8.DecodeLastRune(f.line)
	if r == utf8.RuneError || r == '\t' || f.endsInSequence() {
		return
	}
	f.line = f.line[:len(f.line)-n]
	f.rubbed = true
}

// endsInSequence says whether the last byte of line belongs to SGR or OSC 8.
func (f *filter) endsInSequence() bool {
	i := bytes.LastIndexByte(f.line, 0x1b)
	if i < 0 {
		return false
	}
	return sequenceLen(f.line[i:]) == len(f.line)-i
}

// sequenceLen is the length of the sequence that p, of filtered text, begins
// with; 0 if there is none.
func sequenceLen(p []byte) int {
	if len(p) < 2 || p[0] != 0x1b {
		return 0
	}
	switch p[1] {
	case '[':
		return bytes.IndexByte(p, 'm') + 1
	case ']':
		if i := bytes.Index(p[1:], []byte("\x1b\\")); i >= 0 {
			return 1 + i + 2
		}
	case '\\':
		return 2
	}
	return 0
}

// char takes one character that is not ASCII, or as much of it as there is.
func (f *filter) char(p []byte) int {
	if !utf8.FullRune(p) {
		f.begin(partial)
		f.seq = append(f.seq, p[0])
		return 1
	}
	r, n := utf8.DecodeRune(p)
	f.rune(r, p[:n])
	return n
}

// rune appends a character. The control characters between U+0080 and U+009F
// begin sequences on some terminals. Bytes that are no character would, on
// terminals that are not set to UTF-8.
func (f *filter) rune(r rune, p []byte) {
	switch {
	case r >= 0x80 && r < 0xa0:
	case r == utf8.RuneError && len(p) == 1:
		f.text([]byte("\uFFFD"))
	default:
		f.text(p)
	}
}

// begin enters a state in which bytes are gathered.
func (f *filter) begin(s filterState) {
	f.state = s
	f.seq = f.seq[:0]
}

// abort gives up the sequence in progress. A line feed does that, so that a
// process that dies in the middle of one loses no more than a line.
func (f *filter) abort() {
	if f.state == partial {
		for range f.seq {
			f.text([]byte("\uFFFD"))
		}
	}
	f.begin(ground)
}

// sequence takes the next byte of a sequence or character in progress and says
// how many bytes it has used: none if p is to be looked at again.
func (f *filter) sequence(p []byte) int {
	c := p[0]
	if f.state == partial {
		if utf8.RuneStart(c) {
			f.abort()
			return 0
		}
		f.seq = append(f.seq, c)
		if utf8.FullRune(f.seq) {
			seq := f.seq
			f.begin(ground)
			for len(seq) > 0 { // more than one if they are invalid
				r, n := utf8.DecodeRune(seq)
				f.rune(r, seq[:n])
				seq = seq[n:]
			}
		}
		return 1
	}
	if c == 0x18 || c == 0x1a { // CAN and SUB
		f.begin(ground)
		return 1
	}
	switch f.state {
	case escape:
		switch {
		case c == '[':
			f.begin(control)
		case c == ']':
			f.begin(command)
		case c == 'P' || c == 'X' || c == '^' || c == '_':
			f.begin(passed)
		case c >= ' ' && c <= '/':
			f.begin(charset)
		case c == 0x1b:
		default:
			return f.stray(c)
		}
	case charset:
		if c < ' ' || c > '/' {
			return f.stray(c)
		}
	case control:
		switch {
		case c >= ' ' && c <= '?':
			if len(f.seq) < seqSize {
				f.seq = append(f.seq, c)
			}
		case c >= '@' && c <= '~':
			f.state = ground
			f.control(c)
		default:
			return f.stray(c)
		}
	case command:
		switch {
		case c == 0x07:
			f.command()
		case c == 0x1b:
			f.state = closing
		case len(f.seq) == seqSize:
			f.state = passed
		default:
			f.seq = append(f.seq, c)
		}
	case passed:
		if c == 0x07 {
			f.begin(ground)
		} else if c == 0x1b {
			f.state = dropped
		}
	case closing, dropped:
		if c != '\\' {
			// Any other sequence ends the string as well.
			f.begin(escape)
			return 0
		}
		if f.state == closing {
			f.command()
		} else {
			f.begin(ground)
		}
	}
	return 1
}

// stray ends a sequence at a byte. One that has no place in it is looked at
// again as if no sequence were there.
func (f *filter) stray(c byte) int {
	f.begin(ground)
	if c < ' ' || c >= 0x7f {
		return 0
	}
	return 1
}

// control obeys a control sequence that is complete.
func (f *filter) control(final byte) {
	for _, c := range f.seq {
		if final == 'm' && c != ';' && c != ':' && (c < '0' || c > '9') {
			return // >4;2m of xterm, for one, is about the keyboard
		}
	}
	switch final {
	case 'm':
		if len(f.seq) == seqSize {
			return
		}
		if f.cr {
			f.anew()
		}
		f.style.apply(f.seq)
		f.line = append(f.line, "\x1b["...)
		f.line = append(f.line, f.seq...)
		f.line = append(f.line, 'm')
	case 'G':
		if number(f.seq) <= 1 {
			f.cr = true
		}
	case 'K':
		// From the cursor to the line's end, which is nothing unless the
		// cursor stands at its beginning; 1 to the cursor, 2 all.
		if len(f.seq) == 1 && f.seq[0] != '0' || f.cr {
			f.anew()
			f.cr = false
		}
	}
}

// command obeys an operating system command that is complete: a link.
func (f *filter) command() {
	f.state = ground
	body, ok := bytes.CutPrefix(f.seq, []byte("8;"))
	if !ok {
		return
	}
	_, address, ok := bytes.Cut(body, []byte{';'})
	if !ok {
		return
	}
	for _, c := range body {
		if c < ' ' || c >= 0x7f {
			return // neither an address nor harmless
		}
	}
	if f.cr {
		f.anew()
	}
	if len(address) == 0 {
		if len(f.link) > 0 {
			f.link = f.link[:0]
			f.line = append(f.line, unlink...)
		}
		return
	}
	f.link = append(append(append(f.link[:0], "\x1b]"...), f.seq...), "\x1b\\"...)
	f.line = append(f.line, f.link...)
}

// strip appends p to b without escape sequences. It needs a filter of its own.
func (f *filter) strip(b, p []byte) []byte {
	for len(p) > 0 {
		if f.state != ground {
			p = p[f.sequence(p):]
			f.line = f.line[:0]
			continue
		}
		n := bytes.IndexByte(p, 0x1b)
		if n < 0 {
			return append(b, p...)
		}
		b = append(b, p[:n]...)
		f.begin(escape)
		p = p[n+1:]
	}
	return b
}

// Plain returns a line without its escape sequences; the line itself where it
// has none.
func Plain(line []byte) []byte {
	if bytes.IndexByte(line, 0x1b) < 0 {
		return line
	}
	return new(filter).strip(nil, line)
}

// plain returns one whole line of text as it may be shown, with its end.
func (f *filter) plain(line []byte) []byte {
	f.feed(line)
	b := append([]byte(nil), f.line...)
	if len(f.link) > 0 {
		b = append(b, unlink...)
	}
	if f.style != (style{}) {
		b = append(b, reset...)
	}
	*f = filter{}
	return append(b, '\n')
}
