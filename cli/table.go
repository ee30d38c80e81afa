package cli

import (
	"math"
	"strings"

	"ganger/output"
)

// cell is a text of a table, and what stands around it on a terminal with
// colours.
type cell struct {
	text    string
	on, off string
}

func plain(text string) cell { return cell{text: text} }

// column says how one column of a table stands.
type column struct {
	head  string
	right bool // its texts end together
}

// table is text in columns. The last is as long as it likes.
type table struct {
	columns []column
	rows    [][]cell
}

// gap divides columns.
const gap = "  "

// lines are the table's, each at most so many columns of a terminal wide;
// 0: of any width. With color the cells have theirs.
func (t *table) lines(width int, color bool) []string {
	rows := make([][]cell, 0, len(t.rows)+1)
	head := make([]cell, len(t.columns))
	for i, c := range t.columns {
		head[i] = cell{c.head, sgrBold, sgrReset}
	}
	rows = append(append(rows, head), t.rows...)
	widths := make([]int, len(t.columns))
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], output.Width(c.text))
		}
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = t.line(row, widths, width, color)
	}
	return lines
}

func (t *table) line(row []cell, widths []int, width int, color bool) string {
	if width <= 0 {
		width = math.MaxInt
	}
	var b strings.Builder
	blanks := func(n int) {
		n = min(n, width)
		width -= n
		b.WriteString(strings.Repeat(" ", n))
	}
	for i, c := range row {
		pad := widths[i] - output.Width(c.text)
		if t.columns[i].right {
			blanks(pad)
			pad = 0
		}
		text := output.Cut(c.text, width)
		width -= output.Width(text)
		if color && text != "" {
			text = c.on + text + c.off
		}
		b.WriteString(text)
		if i < len(row)-1 {
			blanks(pad + len(gap))
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// Colours of ours (ECMA-48): those of the terminal's own palette, so that they
// fit its theme.
const (
	sgrReset  = "\x1b[0m"
	sgrBold   = "\x1b[1m"
	sgrFaint  = "\x1b[2m"
	sgrRed    = "\x1b[31m"
	sgrGreen  = "\x1b[32m"
	sgrYellow = "\x1b[33m"
)
