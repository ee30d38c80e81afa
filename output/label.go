package output

import (
	"fmt"
	"strings"
	"time"

	"github.com/fatih/color"
)

// Timestamps says what stands before the name in a label.
type Timestamps int

const (
	// Off is no timestamp.
	Off Timestamps = iota
	// Clock is the time of day, 15:04:05.
	Clock
	// ISO is RFC 3339 in local time, with milliseconds and a numeric
	// offset, so that its width is always the same.
	ISO
)

const (
	clockLayout = "15:04:05"
	isoLayout   = "2006-01-02T15:04:05.000-07:00"
)

// ParseTimestamps reads off, time or iso.
func ParseTimestamps(s string) (Timestamps, error) {
	switch s {
	case "off":
		return Off, nil
	case "time":
		return Clock, nil
	case "iso":
		return ISO, nil
	}
	return Off, fmt.Errorf("timestamps %q: off, time or iso", s)
}

// String is the word that ParseTimestamps reads.
func (t Timestamps) String() string {
	switch t {
	case Clock:
		return "time"
	case ISO:
		return "iso"
	}
	return "off"
}

// width is the columns of a timestamp with the space that follows.
func (t Timestamps) width() int {
	switch t {
	case Clock:
		return len(clockLayout) + 1
	case ISO:
		return len(isoLayout) + 1
	}
	return 0
}

// stamp is the current time as text, formatted when it changes.
type stamp struct {
	unit int64 // the second or millisecond that text shows
	text []byte
	gen  uint64 // counts the changes of text
}

func (s *stamp) set(as Timestamps, t time.Time) {
	var unit int64
	var layout string
	switch as {
	case Clock:
		unit, layout = t.Unix(), clockLayout
	case ISO:
		unit, layout = t.UnixMilli(), isoLayout
	default:
		return
	}
	if unit == s.unit && s.gen > 0 {
		return
	}
	s.unit = unit
	s.gen++
	s.text = append(t.AppendFormat(s.text[:0], layout), ' ')
}

// layout is how wide the names are. A new one is made when that changes, so
// that a comparison of pointers tells whether a label is still good.
type layout struct{ width int }

// minWidth is foreman's, and the length of systemName.
const minWidth = len(systemName)

// systemName is the label of ganger's own lines.
const systemName = "system"

// SetLabels says which names there are, so that the labels are as wide as the
// longest. It may be called again when that changes. It returns at once.
func (m *Mux) SetLabels(names []string) {
	w := minWidth
	for _, n := range names {
		w = max(w, len(n))
	}
	if old := m.layout.Load(); old == nil || old.width != w {
		m.layout.Store(&layout{width: w})
	}
}

// LabelWidth is the columns that a label takes with its timestamp and the
// " | " that ends it: what a child's terminal has to be narrower than ours.
// It returns at once.
func (m *Mux) LabelWidth() int {
	if m.opts.NoPrefix || m.opts.JSON {
		return 0
	}
	return m.opts.Timestamps.width() + m.layout.Load().width + len(" | ")
}

// palette are colours of the fixed part of the 256-colour palette, which no
// theme changes, each with a contrast of at least 3 to 1 with both black and
// white. Neighbours are far apart, since most Procfiles have few types; red is
// left to errors.
func palette() []int {
	return []int{30, 136, 170, 28, 33, 166, 99, 64, 162, 31, 130, 129, 29, 168, 63, 100}
}

// paint returns what switches a colour on; reset switches it off.
func paint(attrs ...color.Attribute) string {
	c := color.New(attrs...)
	c.EnableColor()
	on, _, _ := strings.Cut(c.Sprint("\x00"), "\x00")
	return on
}

// label is the cached label of one stream; the desk guards it.
type label struct {
	on     string // the colour
	layout *layout
	gen    uint64
	line   []byte // "15:04:05 web.1   | "
	next   []byte // the same for a line that was interrupted, with > for |
}

// update makes the label anew if the time or the width has changed.
func (b *label) update(m *Mux, name string) {
	l, s := m.layout.Load(), &m.desk.time
	if m.opts.NoPrefix || b.layout == l && b.gen == s.gen {
		return
	}
	b.layout, b.gen = l, s.gen
	b.line = b.append(b.line[:0], s.text, name, '|')
	b.next = b.append(b.next[:0], s.text, name, '>')
}

func (b *label) append(p, time []byte, name string, bar byte) []byte {
	p = append(p, b.on...)
	p = append(p, time...)
	p = append(p, name...)
	for i := len(name); i < b.layout.width; i++ {
		p = append(p, ' ')
	}
	p = append(p, ' ', bar)
	if b.on != "" {
		p = append(p, reset...)
	}
	return append(p, ' ')
}
