package ready

import (
	"context"
	"strings"
	"unicode/utf8"

	"ganger/listen"
)

// log waits for a line. That it listens somewhere by then is worth knowing, and
// costs one look.
func (w *wait) log(ctx context.Context) (listen.Socket, error) {
	lines := w.target.Lines
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				lines = nil // its output has ended: nothing can come any more
				continue
			}
			line = printed(line)
			if w.condition.pattern.MatchString(line) {
				return w.listens(ctx)
			}
			w.see("its last line is %q", shorten(line))
		case <-ctx.Done():
			return listen.Socket{}, ctx.Err()
		}
	}
}

// listens returns a listener of the tree, on PORT if there is one there; none
// where that is not known.
func (w *wait) listens(ctx context.Context) (listen.Socket, error) {
	t, err := w.poller.look(ctx, 0)
	if err != nil {
		return listen.Socket{}, err
	}
	w.tree.refresh(t, w.target.PIDs, w.since)
	var found listen.Socket
	for _, l := range t.listeners {
		if !w.tree.mine[l.Inode] || auxiliary(l.Port()) && l.Port() != w.target.Port {
			continue
		}
		if l.Port() == w.target.Port || found == (listen.Socket{}) {
			found = l
		}
	}
	return found, nil
}

// printed is the line as it is read on a screen: without colours and other
// sequences for the terminal (ECMA-48).
func printed(line string) string {
	line = strings.TrimRight(line, "\r\n")
	if strings.IndexByte(line, esc) < 0 {
		return line
	}
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(line, string(rune(esc)))
		b.WriteString(text)
		if !found {
			return b.String()
		}
		line = rest[sequence(rest):]
	}
}

const esc = 0x1b

// sequence is the length of the sequence that s continues after its ESC.
func sequence(s string) int {
	if s == "" {
		return 0
	}
	switch s[0] {
	case '[': // parameters, then one letter
		for i := 1; i < len(s); i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1
			}
		}
		return len(s)
	case ']', 'P', '_', '^': // a string, up to BEL or ESC \
		for i := 1; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == esc && strings.HasPrefix(s[i+1:], `\`) {
				return i + 2
			}
		}
		return len(s)
	case '(', ')': // a character set
		return min(2, len(s))
	default:
		return 1
	}
}

// shorten keeps a line of output from filling the screen.
func shorten(line string) string {
	const most = 80
	if len(line) <= most {
		return line
	}
	cut := most
	for !utf8.RuneStart(line[cut]) {
		cut--
	}
	return line[:cut] + "..."
}
