package output

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/fatih/color"
)

// Stream is the output of one process name, across its restarts.
type Stream struct {
	mux   *Mux
	name  string
	typ   string
	quiet atomic.Bool

	label label   // guarded by the desk
	log   logFile // guarded by the desk
	open  *lane   // whose unfinished line was recorded last; guarded by the desk

	mu        sync.Mutex // never held across a read or write
	history   history
	copies    []*Copy // that are read
	prompt    prompt
	followers []*subscription
	stalled   []*subscription // their queues are full
	lines     uint64          // written while there were such
	torn      bool            // what was written last of that is an unfinished line
}

// Stream returns the stream of a process name, which is made when the name is
// new and otherwise goes on, with its colour and its history. What a quiet
// stream gets is kept and not shown. It returns at once.
func (m *Mux) Stream(name, typ string, quiet bool) *Stream {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.streams[name]
	if s == nil {
		s = &Stream{mux: m, name: name, typ: typ}
		s.history = history{limit: uint64(max(m.opts.History, 0)), dir: m.opts.HistoryDir, name: name, typ: typ}
		if m.opts.Color {
			s.label.on = m.color(typ)
		}
		for f := range m.follow {
			if f.opts.match(name, typ) {
				s.followers = append(s.followers, &subscription{Follower: f, stream: s})
			}
		}
		m.streams[name] = s
	}
	s.quiet.Store(quiet)
	return s
}

// color gives types the colours of the palette in the order in which they come.
func (m *Mux) color(typ string) string {
	if typ == systemName {
		return paint(color.Bold)
	}
	i, ok := m.types[typ]
	if !ok {
		i = len(m.types)
		m.types[typ] = i
	}
	colors := palette()
	return paint(38, 5, color.Attribute(colors[i%len(colors)]))
}

// Name is the process name.
func (s *Stream) Name() string { return s.name }

// Type is the process type.
func (s *Stream) Type() string { return s.typ }

// Tail returns copies of the last n lines of the history, oldest first, without
// their line ends, otherwise as the process wrote them. It returns at once.
func (s *Stream) Tail(n int) [][]byte {
	s.mu.Lock()
	b := s.history.from(s.history.lastLines(max(n, 0)))
	s.mu.Unlock()
	return splitLines(b)
}

// History returns a copy of the whole history. It returns at once.
func (s *Stream) History() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.history.from(s.history.begin())
}

// record keeps p: in the history, for the followers and in the log file. The
// desk is held.
func (s *Stream) record(p []byte, from *lane) {
	if len(p) == 0 {
		return
	}
	if s.open != nil && s.open != from {
		s.open.endRecord() // else what runs beside the process, or another life, would go on in its line
	}
	s.open = nil
	if p[len(p)-1] != '\n' {
		s.open = from
	}
	now := s.mux.opts.Now()
	var by source
	if from != nil {
		by = source{from.copy.pid, from.stderr, from.copy.tty}
	}
	s.mu.Lock()
	s.history.write(p, now.UnixNano(), by)
	failed := s.history.err
	s.history.err = nil
	s.pushAll(p, now, by)
	if by.tty {
		s.watchPrompt(p, by.pid)
	}
	s.mu.Unlock()
	if failed != nil {
		s.mux.historyFailed(failed)
	}
	if s.mux.opts.LogDir != "" {
		s.log.write(s, p, from)
	}
}

// historyFailed says once that histories are on the heap that were to be in
// files.
func (m *Mux) historyFailed(err error) {
	if !m.heapOnly.Swap(true) {
		m.System(Event{Name: "history-failed", Text: fmt.Sprintf("cannot keep the history in a file, so it ends with this run: %v", err)})
	}
}
