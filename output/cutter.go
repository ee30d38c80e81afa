package output

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// cutter makes whole lines of chunks that are cut anywhere. Lines of one
// process's stdout and stderr may be mixed where those are read apart.
type cutter struct {
	open map[lineKey]*openLine
}

type lineKey struct {
	process string
	stderr  bool
}

// openLine is a line in progress.
type openLine struct {
	Chunk      // of its first byte; Data is ours
	torn  bool // a part of it was lost, so all of it is
	begun bool // its beginning was returned
}

// cut returns whole lines, each with an LF where it had a CRLF of a terminal.
// The beginning of an unfinished line is kept for the next call. The data of
// chunks is not changed: it may be others' as well.
func (c *cutter) cut(chunks []Chunk) []Chunk {
	var out []Chunk
	for _, k := range chunks {
		out = c.one(out, k)
	}
	return out
}

func (c *cutter) one(out []Chunk, k Chunk) []Chunk {
	key := lineKey{k.Process, k.Stderr}
	open := c.open[key]
	if k.Missed > 0 || k.torn {
		// What follows does not continue the line in progress.
		delete(c.open, key)
		open = nil
		if k.torn {
			open = c.begin(key, k)
			open.torn = true
		}
	}
	end := bytes.LastIndexByte(k.Data, '\n') + 1
	whole, rest := k.Data[:end], k.Data[end:]
	if open != nil && end > 0 {
		n := bytes.IndexByte(whole, '\n') + 1
		if open.torn {
			k.Missed++
		} else {
			open.Data = unixLines(append(open.Data, whole[:n]...), open.TTY)
			out = append(out, open.Chunk)
		}
		delete(c.open, key)
		open, whole = nil, whole[n:]
	}
	if len(whole) > 0 || k.Missed > 0 {
		lines := k
		lines.Data = unixLines(whole, k.TTY)
		out = append(out, lines)
	}
	if len(rest) == 0 || open != nil && open.torn {
		return out
	}
	if open == nil {
		open = c.begin(key, k)
	}
	open.Data = append(open.Data, rest...)
	if len(open.Data) >= lineSize {
		out = append(out, open.piece())
	}
	return out
}

func (c *cutter) begin(key lineKey, k Chunk) *openLine {
	open := &openLine{Chunk: k}
	open.Data, open.Missed, open.Chunk.torn = nil, 0, false
	if c.open == nil {
		c.open = make(map[lineKey]*openLine)
	}
	c.open[key] = open
	return open
}

// piece takes what there is of a line that is too long to be kept whole, but
// for a CR whose LF may follow.
func (o *openLine) piece() Chunk {
	k := o.Chunk
	k.Partial = true
	n := len(k.Data)
	if k.TTY && k.Data[n-1] == '\r' {
		n--
	}
	o.Data, o.begun = bytes.Clone(k.Data[n:]), true
	k.Data = k.Data[:n]
	return k
}

// unfinished returns what there is of the lines in progress, which go on.
func (c *cutter) unfinished() []Chunk {
	var out []Chunk
	for _, open := range c.open {
		if open.torn || len(open.Data) == 0 {
			continue
		}
		if k := open.piece(); len(k.Data) > 0 {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b Chunk) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Process, b.Process))
	})
	return out
}

// flush returns the lines in progress: nothing follows.
func (c *cutter) flush() []Chunk {
	var out []Chunk
	for _, k := range c.open {
		if len(k.Data) > 0 || k.begun {
			k.Data = unixLines(append(k.Data, '\n'), k.TTY)
			out = append(out, k.Chunk)
		}
	}
	c.open = nil
	return out
}

// unixLines returns p, or a copy of it, with LF for each CRLF of a terminal.
func unixLines(p []byte, tty bool) []byte {
	if !tty || !bytes.Contains(p, []byte("\r\n")) {
		return p
	}
	return bytes.ReplaceAll(p, []byte("\r\n"), []byte("\n"))
}
