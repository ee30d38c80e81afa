package main

import (
	"bytes"
	"fmt"
	"strings"
)

// A checker reads a manager's lines and tells whether every payload came
// through: whole, once, and in its writer's order. It compares each line with
// the one that is due, so that checking costs a few nanoseconds and the figure
// stays the manager's.
type checker struct {
	due   [][]byte // by writer: the payload that comes next
	size  int      // of a payload
	lines int      // each writer writes
	want  int
	whole int // payloads that came through, out of order or not

	torn    int // lines that hold something else than one payload
	skipped int // numbers passed over, less those that came later
	swapped int // payloads that came after a later one, or again
}

func newChecker(writers, lines, size int) *checker {
	c := &checker{size: size, lines: lines, want: writers * lines}
	for i := range writers {
		c.due = append(c.due, payload(firstWriter+byte(i), size))
	}
	return c
}

// line takes one line of a manager, without its newline. A line without a
// tilde is the manager's own.
func (c *checker) line(line []byte) {
	i := bytes.IndexByte(line, tilde)
	if i < 0 {
		return
	}
	line = line[i:]
	if len(line) < c.size || bytes.IndexByte(line[c.size:], tilde) >= 0 {
		c.torn++
		return
	}
	p := line[:c.size]
	writer := int(p[1]) - firstWriter
	if writer < 0 || writer >= len(c.due) {
		c.torn++
		return
	}
	due := c.due[writer]
	if !bytes.Equal(p, due) && !c.outOfTurn(p, due) {
		return
	}
	c.whole++
	advance(due)
}

// outOfTurn looks at a payload that is not the one due. It reports whether the
// payload is a later one, which is due now.
func (c *checker) outOfTurn(p, due []byte) bool {
	n, ok := lineNumber(p)
	if !ok || !bytes.Equal(p[fillerFrom:], due[fillerFrom:]) {
		c.torn++
		return false
	}
	next, _ := lineNumber(due)
	if n < next {
		c.whole++
		c.swapped++
		c.skipped--
		return false
	}
	c.skipped += n - next
	setLineNumber(due, n)
	return true
}

// done reports that as many payloads came as were written.
func (c *checker) done() bool { return c.whole >= c.want }

// verdict says what is wrong with the lines seen, or "" for nothing. A torn
// line's number counts as lost, too.
func (c *checker) verdict() string {
	lost := c.skipped
	for _, due := range c.due {
		next, _ := lineNumber(due)
		lost += c.lines - next
	}
	var flaws []string
	for _, flaw := range []struct {
		n    int
		what string
	}{{lost, "lost"}, {c.torn, "torn"}, {c.swapped, "out of order"}} {
		if flaw.n > 0 {
			flaws = append(flaws, fmt.Sprintf("%d %s", flaw.n, flaw.what))
		}
	}
	return strings.Join(flaws, ", ")
}
