package output

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"
	"time"
)

// followSize bounds what waits for a follower that does not read, in bytes.
const followSize = 1 << 20

// Chunk is what a follower gets: bytes of one process as it wrote them, not cut
// at line ends unless stdout and stderr are read apart.
type Chunk struct {
	Time    time.Time // when it was read; of the history: zero
	Process string    // or "system"
	Type    string
	PID     int // 0 for the history and for ganger's own lines
	Stderr  bool
	TTY     bool // a line ends with CRLF
	Data    []byte
	// Missed is how many lines were lost just before this chunk because the
	// follower did not keep up.
	Missed int
}

// Follower gets a copy of what processes write. One that does not read loses
// lines, and never makes anybody wait.
type Follower struct {
	mux   *Mux
	names []string // nil: all, also those that come later

	mu     sync.Mutex
	chunks []Chunk
	size   int
	missed map[string]int
	ended  bool
	ready  chan struct{} // holds a token when there is something to take
}

// Follow begins with the last lines of the history of each process named and
// goes on with what they write from then on; nothing is lost or doubled in
// between. No names mean all processes, those to come included. The follower
// must be closed.
func (m *Mux) Follow(names []string, lines int) *Follower {
	f := &Follower{mux: m, names: names, missed: make(map[string]int), ready: make(chan struct{}, 1)}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		f.ended = true
	} else {
		m.follow[f] = struct{}{}
	}
	var streams []*Stream
	for _, s := range m.streams {
		if f.wants(s.name) {
			streams = append(streams, s)
		}
	}
	slices.SortFunc(streams, func(a, b *Stream) int { return bytes.Compare([]byte(a.name), []byte(b.name)) })
	for _, s := range streams {
		s.mu.Lock()
		if tail := s.ring.tail(lines); len(tail) > 0 {
			f.add(Chunk{Process: s.name, Type: s.typ, Data: tail})
		}
		s.followers = append(s.followers, f)
		s.mu.Unlock()
	}
	return f
}

func (f *Follower) wants(name string) bool {
	return f.names == nil || slices.Contains(f.names, name)
}

// push hands over a copy of p. The stream is locked.
func (f *Follower) push(s *Stream, from *lane, p []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return
	}
	if f.size+len(p) > followSize && f.size > 0 {
		f.missed[s.name] += bytes.Count(p, []byte{'\n'})
		return
	}
	c := Chunk{Time: f.mux.opts.Now(), Process: s.name, Type: s.typ, Data: bytes.Clone(p), Missed: f.missed[s.name]}
	delete(f.missed, s.name)
	if from != nil {
		c.PID, c.Stderr, c.TTY = from.copy.pid, from.stderr, from.copy.tty
	}
	f.append(c)
}

func (f *Follower) add(c Chunk) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.append(c)
}

func (f *Follower) append(c Chunk) {
	f.chunks = append(f.chunks, c)
	f.size += len(c.Data)
	f.signal()
}

func (f *Follower) signal() {
	select {
	case f.ready <- struct{}{}:
	default:
	}
}

// Next returns what has come since the last call, and waits if that is nothing.
// The error is that of ctx, or io.EOF after the Mux or the follower was closed.
func (f *Follower) Next(ctx context.Context) ([]Chunk, error) {
	for {
		f.mu.Lock()
		chunks, ended := f.chunks, f.ended
		f.chunks, f.size = nil, 0
		f.mu.Unlock()
		if len(chunks) > 0 {
			return chunks, nil
		}
		if ended {
			return nil, io.EOF
		}
		select {
		case <-f.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close ends the following. It returns at once.
func (f *Follower) Close() {
	m := f.mux
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.follow, f)
	for _, s := range m.streams {
		s.mu.Lock()
		s.followers = slices.DeleteFunc(s.followers, func(o *Follower) bool { return o == f })
		s.mu.Unlock()
	}
	f.end()
}

func (f *Follower) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	f.signal()
}
