package output

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/fatih/color"
)

// PrinterOptions say what printed lines look like, as Options do.
type PrinterOptions struct {
	Terminal   bool
	Color      bool
	Timestamps Timestamps
	NoPrefix   bool
	JSON       bool
	// Plain leaves out escape sequences, but for those of Color.
	Plain bool
	// Names are the processes that labels are made wide enough for.
	Names []string
	// Types are the process types in the order in which they take colours.
	Types []string
}

// Line is one line of a process.
type Line struct {
	Time    time.Time
	Process string
	Type    string
	PID     int // 0: none
	Stderr  bool
	Text    []byte // without its end
	Partial bool   // it goes on in the next line of this process
	// Missed is how many lines of this process were lost just before. Without
	// PID and Text nothing has come since: there is no line.
	Missed int
}

// A Printer gives lines from a history or from another ganger the look that
// they have in the stream of a Mux.
type Printer struct {
	opts    PrinterOptions
	stamp   stamp
	layout  layout
	streams map[string]*printed
	open    *printed // whose part of a line stands at the end
}

// printed is one process in print.
type printed struct {
	name   string
	label  label
	filter filter
	part   bool // its last line goes on in the next
}

// NewPrinter returns a Printer.
func NewPrinter(o PrinterOptions) *Printer {
	p := &Printer{opts: o, layout: layout{width: minWidth}, streams: make(map[string]*printed)}
	for _, name := range o.Names {
		p.layout.width = max(p.layout.width, len(name))
	}
	return p
}

// TypeColor switches on the colour of the type that was the nth to take one,
// from 0, in a terminal of 256 colours; reset switches it off.
func TypeColor(n int) (on, off string) {
	colors := palette()
	return paint(38, 5, color.Attribute(colors[n%len(colors)])), reset
}

// Append appends a line as it is to be printed.
func (p *Printer) Append(b []byte, l Line) []byte {
	if p.opts.JSON {
		return appendLine(b, &l)
	}
	s := p.stream(l.Process, l.Type)
	if l.Missed > 0 {
		b = p.endOpen(b)
		b = p.appendLabel(b, p.stream(systemName, systemName), l.Time, '|')
		b = append(fmt.Appendf(b, "%s: %d lost here, since lines came faster than they were read", l.Process, l.Missed), '\n')
		s.filter, s.part = filter{}, false
		if l.PID == 0 && len(l.Text) == 0 {
			return b
		}
	}
	if s != p.open {
		bar := byte('|')
		if s.part {
			bar = '>'
		}
		b = p.appendLabel(p.endOpen(b), s, l.Time, bar)
	}
	switch {
	case p.opts.Terminal:
		at := len(b)
		b = s.filter.appendLine(b, l.Text, l.Partial)
		if p.opts.Plain {
			b = append(b[:at], Plain(b[at:])...)
		}
	case p.opts.Plain:
		b = s.filter.strip(b, l.Text)
		if !l.Partial {
			s.filter.abort()
		}
	default:
		b = append(b, l.Text...)
	}
	if s.part = l.Partial; s.part {
		p.open = s
		return b
	}
	p.open = nil
	return append(b, '\n')
}

// End ends the line of which a part stands at the end: nothing follows.
func (p *Printer) End(b []byte) []byte { return p.endOpen(b) }

// endOpen ends the line of which a part stands at the end.
func (p *Printer) endOpen(b []byte) []byte {
	if p.open == nil {
		return b
	}
	p.open = nil
	return append(b, '\n')
}

func (p *Printer) appendLabel(b []byte, s *printed, at time.Time, bar byte) []byte {
	if p.opts.NoPrefix {
		return b
	}
	p.stamp.set(p.opts.Timestamps, at.Local())
	return s.label.append(b, p.stamp.text, s.name, bar)
}

func (p *Printer) stream(name, typ string) *printed {
	s := p.streams[name]
	if s != nil {
		return s
	}
	p.layout.width = max(p.layout.width, len(name))
	s = &printed{name: name, label: label{layout: &p.layout}}
	switch {
	case !p.opts.Color:
	case typ == systemName:
		s.label.on = paint(color.Bold)
	default:
		if !slices.Contains(p.opts.Types, typ) {
			p.opts.Types = append(slices.Clip(p.opts.Types), typ)
		}
		s.label.on, _ = TypeColor(slices.Index(p.opts.Types, typ))
	}
	p.streams[name] = s
	return s
}

// appendLine appends what of a line, or of a part of one, may be shown among
// those of others, with its colours closed.
func (f *filter) appendLine(b, text []byte, part bool) []byte {
	f.feed(text)
	if !part {
		f.feed([]byte{'\n'})
	}
	b = f.start.appendTo(b)
	b = append(b, f.slink...)
	b = append(b, f.line...)
	if len(f.link) > 0 {
		b = append(b, unlink...)
	}
	if f.style != (style{}) {
		b = append(b, reset...)
	}
	f.next()
	return b
}

// appendLine appends the object of a line.
func appendLine(b []byte, l *Line) []byte {
	b = append(b, '{')
	if !l.Time.IsZero() {
		b = append(b, `"time":"`...)
		b = appendTime(b, l.Time)
		b = append(b, `",`...)
	}
	b = append(b, `"process":`...)
	b, _ = appendString(b, []byte(l.Process))
	b = append(b, `,"type":`...)
	b, _ = appendString(b, []byte(l.Type))
	if l.PID != 0 { // ganger's own lines are of no stream
		b = append(b, `,"stream":"stdout"`...)
		if l.Stderr {
			b = append(b[:len(b)-len(`out"`)], `err"`...)
		}
		b = append(b, `,"pid":`...)
		b = strconv.AppendInt(b, int64(l.PID), 10)
	}
	b = append(b, `,"line":`...)
	b, valid := appendString(b, l.Text)
	if !valid {
		b = append(b, `,"base64":"`...)
		b = base64.StdEncoding.AppendEncode(b, l.Text)
		b = append(b, '"')
	}
	if l.Partial {
		b = append(b, `,"partial":true`...)
	}
	if l.Missed > 0 {
		b = append(b, `,"missed":`...)
		b = strconv.AppendInt(b, int64(l.Missed), 10)
	}
	return append(b, "}\n"...)
}
