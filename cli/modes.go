package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// modes follows what a process does to a terminal, as far as whoever uses that
// terminal afterwards would suffer from it: xterm's control sequences, in the
// words of its ctlseqs document. What it does not know has no effect.
//
// It reads bytes as they come, so a sequence may be cut anywhere.
type modes struct {
	state modesState
	seq   []byte // the parameters of a control sequence in progress

	private  map[int]bool // DEC private modes that are not as by default
	ansi     map[int]bool // the same for the modes of ECMA-48
	style    bool         // SGR may not be the default
	charsets [4]bool      // nor these sets of characters
	shifted  bool         // nor the set that is in use
	naming   int          // the set that is being chosen
	region   bool         // nor the scrolling region
	cursor   bool         // nor the cursor's form
	keypad   bool         // it sends sequences of its own
	keys     int          // kitty's keyboard modes that were pushed
	otherKey bool         // xterm's modifyOtherKeys
	link     bool         // a hyperlink is open
	midLine  bool         // the cursor may not stand in the first column
}

type modesState uint8

const (
	modesGround  modesState = iota
	modesEscape             // after ESC
	modesCharset            // after ESC and one of ( ) * +
	modesOther              // after ESC and another intermediate byte
	modesControl            // after CSI
	modesCommand            // after OSC
	modesString             // in DCS, SOS, PM, APC, or an OSC that is no link
	modesClosing            // after ESC in a string
)

const (
	maxModes    = 128 // of each kind, so that no process fills our memory
	maxModesSeq = 256 // bytes of parameters; no sequence of these is longer
)

// charsetMarks choose the sets of characters.
const charsetMarks = "()*+"

func newModes() *modes {
	return &modes{private: make(map[int]bool), ansi: make(map[int]bool)}
}

// Write takes what is sent to the terminal.
func (m *modes) Write(p []byte) (int, error) {
	for _, c := range p {
		m.take(c)
	}
	return len(p), nil
}

func (m *modes) take(c byte) {
	switch {
	case c == 0x1b && m.inString():
		m.state = modesClosing
		return
	case c == 0x1b:
		m.state = modesEscape
		return
	case c == 0x18 || c == 0x1a: // CAN and SUB
		m.state = modesGround
		return
	}
	switch m.state {
	case modesGround:
		m.ground(c)
	case modesEscape:
		m.escape(c)
	case modesCharset:
		m.charsets[m.naming] = c != 'B'
		m.state = modesGround
	case modesOther:
		if c >= '0' {
			m.state = modesGround
		}
	case modesControl:
		switch {
		case c >= '@' && c <= '~':
			m.state = modesGround
			m.control(string(m.seq), c)
		case c >= ' ' && len(m.seq) < maxModesSeq:
			m.seq = append(m.seq, c)
		}
	case modesCommand, modesString:
		m.command(c)
	case modesClosing:
		m.state = modesGround
		if c != '\\' { // another sequence ends a string as well
			m.escape(c)
		}
	}
}

func (m *modes) inString() bool { return m.state == modesCommand || m.state == modesString }

func (m *modes) ground(c byte) {
	switch {
	case c == '\r':
		m.midLine = false
	case c == 0x0e, c == 0x0f: // SO and SI
		m.shifted = c == 0x0e
	case c >= ' ':
		m.midLine = true
	}
}

func (m *modes) escape(c byte) {
	m.state, m.seq = modesGround, m.seq[:0]
	switch c {
	case '[':
		m.state = modesControl
	case ']':
		m.state = modesCommand
	case 'P', 'X', '^', '_':
		m.state = modesString
	case '(', ')', '*', '+':
		m.state, m.naming = modesCharset, strings.IndexByte(charsetMarks, c)
	case '=':
		m.keypad = true
	case '>':
		m.keypad = false
	case 'c': // RIS: everything is as it was
		*m = *newModes()
	case '8', 'M', 'D':
		m.midLine = true // it stands somewhere else
	default:
		if c >= ' ' && c <= '/' {
			m.state = modesOther
		}
	}
}

// command takes a byte of an operating system command: of interest is OSC 8,
// "8;parameters;address", whose address is empty where the link ends.
func (m *modes) command(c byte) {
	if c == 0x07 {
		m.state = modesGround
		return
	}
	if m.state == modesString {
		return
	}
	m.seq = append(m.seq, c)
	text := string(m.seq)
	switch {
	case !strings.HasPrefix("8;", text[:min(len(text), 2)]), len(text) >= maxModesSeq:
		m.state = modesString
	case strings.Count(text, ";") == 2:
		m.link = c != ';'
		if m.link {
			m.state = modesString
		}
	}
}

// control obeys a control sequence.
func (m *modes) control(params string, final byte) {
	mark := ""
	if params != "" && params[0] >= '<' && params[0] <= '?' {
		mark, params = params[:1], params[1:]
	}
	middle := strings.TrimLeft(params, "0123456789;:")
	params = params[:len(params)-len(middle)]
	switch mark + middle + string(final) {
	case "?h", "?l":
		m.set(m.private, params, final == 'h', privateOn)
	case "h", "l":
		m.set(m.ansi, params, final == 'h', func(int) bool { return false })
	case "m":
		m.style = params != "" && strings.Trim(params, "0;") != ""
	case "r":
		m.region, m.midLine = params != "", true
	case " q":
		m.cursor = params != "" && params != "0"
	case ">u":
		m.keys = min(m.keys+1, maxModes)
	case "<u":
		n, err := strconv.Atoi(params)
		if err != nil {
			n = 1
		}
		m.keys = max(m.keys-n, 0)
	case ">m":
		m.otherKey = strings.HasPrefix(params, "4;") && params != "4;0"
	case "!p": // DECSTR
		link, midLine := m.link, m.midLine
		*m = *newModes()
		m.link, m.midLine = link, midLine
	case "A", "B", "C", "D", "E", "F", "G", "H", "d", "f", "u":
		m.midLine = true
	}
}

// privateOn says which of the DEC private modes are on by default: wrapping
// (7), the blinking cursor's repeat (8), and the cursor itself (25).
func privateOn(n int) bool { return n == 7 || n == 8 || n == 25 }

func (m *modes) set(of map[int]bool, params string, on bool, usual func(int) bool) {
	for param := range strings.SplitSeq(params, ";") {
		n, err := strconv.Atoi(param)
		switch {
		case err != nil || n == 2026: // synchronized output ends by itself
		case on == usual(n):
			delete(of, n)
		case len(of) < maxModes:
			of[n] = on
		}
	}
}

// undo is what makes the terminal as it was, with the cursor in the first column
// of a line.
func (m *modes) undo() string {
	var b strings.Builder
	if m.state != modesGround {
		b.WriteByte(0x18) // CAN ends a sequence that was cut
	}
	if m.link {
		b.WriteString("\x1b]8;;\x1b\\")
	}
	if m.style {
		b.WriteString(sgrReset)
	}
	if m.shifted {
		b.WriteByte(0x0f)
	}
	for i, other := range m.charsets {
		if other {
			b.WriteString("\x1b" + charsetMarks[i:i+1] + "B")
		}
	}
	if m.keypad {
		b.WriteString("\x1b>")
	}
	if m.keys > 0 {
		fmt.Fprintf(&b, "\x1b[<%du", m.keys)
	}
	if m.otherKey {
		b.WriteString("\x1b[>4;0m")
	}
	if m.cursor {
		b.WriteString("\x1b[0 q")
	}
	if m.region { // it moves the cursor, which is saved
		b.WriteString("\x1b7\x1b[r\x1b8")
	}
	for _, n := range slices.Sorted(maps.Keys(m.ansi)) {
		fmt.Fprintf(&b, "\x1b[%d%c", n, offOrOn(m.ansi[n]))
	}
	for _, n := range slices.Sorted(maps.Keys(m.private)) {
		fmt.Fprintf(&b, "\x1b[?%d%c", n, offOrOn(m.private[n]))
	}
	if m.midLine {
		b.WriteString("\r\n")
	}
	return b.String()
}

// offOrOn ends the sequence that takes a mode back.
func offOrOn(isOn bool) byte {
	if isOn {
		return 'l'
	}
	return 'h'
}
