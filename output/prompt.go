package output

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// silence is how long nothing has come after an unfinished line before
	// it is asked whether that is a prompt. It doubles from one time of
	// asking to the next.
	silence = time.Second
	// maxAsks is how often that is asked of a line to which nothing is
	// added: a program may be slow to begin to read.
	maxAsks = 4
	// promptSize bounds the line that is looked at, in bytes.
	promptSize = 4096
)

// Prompt is a line that a process has left unfinished on its terminal.
type Prompt struct {
	Process string
	Type    string
	PID     int
	Text    string // as it stands on the terminal, without colours
	// Likely says that the text ends as prompts do, with a colon, a
	// question mark, an angle and so on, and maybe blanks.
	Likely bool
}

// prompt finds out that nothing follows an unfinished line. The stream's lock
// guards it. A process that goes on writing costs no timer a batch: one that is
// under way finds out itself that it has come too early.
type prompt struct {
	timer *time.Timer
	armed bool
	open  bool      // the line is unfinished
	said  bool      // it was found to be a prompt
	asks  int       // how often that was asked since the last byte
	lines uint64    // how many times a line was finished
	last  time.Time // of the last byte; the real time: it is for timers
	pid   int
}

// watchPrompt takes note of p, which came through a terminal. The stream is
// locked.
func (s *Stream) watchPrompt(p []byte, pid int) {
	if s.mux.opts.Prompt == nil {
		return
	}
	w := &s.prompt
	if bytes.IndexByte(p, '\n') >= 0 {
		w.lines++
		w.said = false
	}
	w.open = p[len(p)-1] != '\n'
	if w.open && !w.said && (!w.armed || w.asks > 0) { // sooner than it was to be asked again
		w.arm(s, silence)
	}
	w.pid, w.asks, w.last = pid, 0, time.Now()
}

func (w *prompt) arm(s *Stream, d time.Duration) {
	w.armed = true
	if w.timer == nil {
		w.timer = time.AfterFunc(d, s.silent)
	} else {
		w.timer.Reset(d)
	}
}

// silent asks whether an unfinished line is a prompt, if nothing has come for
// long enough.
func (s *Stream) silent() {
	s.mux.mu.Lock()
	closed := s.mux.closed
	s.mux.mu.Unlock()

	s.mu.Lock()
	w := &s.prompt
	w.armed = false
	if closed || !w.open || w.said {
		s.mu.Unlock()
		return
	}
	if early := silence<<w.asks - time.Since(w.last); early > 0 {
		w.arm(s, early)
		s.mu.Unlock()
		return
	}
	w.asks++
	line, pid := w.lines, w.pid
	h := &s.history
	b := h.from(max(h.lastLines(1), h.head-min(h.head, promptSize)))
	s.mu.Unlock()

	text := onTerminal(b)
	said := s.mux.opts.Prompt(Prompt{s.name, s.typ, pid, text, likelyPrompt(text)})

	s.mu.Lock()
	defer s.mu.Unlock()
	if w.lines != line {
		return // the line was finished meanwhile; another may have begun
	}
	w.said = said
	if !said && w.open && !w.armed && w.asks < maxAsks {
		w.arm(s, silence<<w.asks-time.Since(w.last))
	}
}

// onTerminal is what a terminal would show of an unfinished line.
func onTerminal(line []byte) string {
	var f filter
	f.feed(line)
	var text []byte
	for p := f.line; len(p) > 0; {
		n := sequenceLen(p)
		if n == 0 {
			n = 1
			text = append(text, p[0])
		}
		p = p[n:]
	}
	return string(text)
}

// likelyPrompt says whether text ends as prompts do. A percent sign is left to
// progress bars.
func likelyPrompt(text string) bool {
	text = strings.TrimRight(text, " \t\u00a0")
	last, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune(">:?)]}$#»›❯λ", last)
}
