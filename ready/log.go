package ready

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"ganger/listen"
)

// Lines are what a process writes, to be handed in from its very first line on:
// one that is lost may be the one that is waited for.
type Lines struct {
	pattern *regexp.Regexp
	found   chan struct{} // closed when one has matched

	mu   sync.Mutex
	last string // shortened
	over bool   // none is wanted any more
}

// Lines returns nil where the condition does not ask for a line.
func (c Condition) Lines() *Lines {
	if c.Kind != Log {
		return nil
	}
	return &Lines{pattern: c.pattern, found: make(chan struct{})}
}

// Line takes a line, or the beginning of one that is unfinished. It is false
// when no more of them are wanted. It does not block.
func (ls *Lines) Line(line []byte) (more bool) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.over {
		return false
	}
	text := printed(string(line))
	// Where a CR has rewritten the line, its end is what is read.
	end := text[strings.LastIndexByte(text, '\r')+1:]
	if ls.pattern.MatchString(text) || len(end) < len(text) && ls.pattern.MatchString(end) {
		ls.over = true
		close(ls.found)
		return false
	}
	ls.last = shorten(end)
	return true
}

// Found reports whether one has matched.
func (ls *Lines) Found() bool {
	select {
	case <-ls.found:
		return true
	default:
		return false
	}
}

func (ls *Lines) end() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.over = true
}

func (ls *Lines) seen() string {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.last == "" {
		return "it has written nothing yet"
	}
	return fmt.Sprintf("its last line is %q", ls.last)
}

// log waits for a line. That it listens somewhere by then is worth knowing, and
// costs one look. What is seen meanwhile is looked at now and then: there may be
// a million lines a second.
func (w *wait) log(ctx context.Context) (listen.Socket, error) {
	lines := w.target.Lines
	defer lines.end()
	for {
		timer := time.NewTimer(w.pause())
		select {
		case <-lines.found:
			timer.Stop()
			return w.listens(ctx)
		case <-timer.C:
			w.see("%s", lines.seen())
		case <-ctx.Done():
			timer.Stop()
			w.see("%s", lines.seen())
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
