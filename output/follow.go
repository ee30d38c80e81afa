package output

import (
	"bytes"
	"context"
	"io"
	"path"
	"slices"
	"sync"
	"time"
)

const (
	// followSize bounds what waits for a follower that does not read, in
	// bytes, the backlog that it asked for excepted.
	followSize = 1 << 20
	// chunkCost is what a chunk takes beside its data.
	chunkCost = 128
)

// Chunk is bytes of one process, with when they came and from where.
type Chunk struct {
	Time    time.Time // when the first of them was read
	Process string    // or "system"
	Type    string
	PID     int // 0 for ganger's own lines
	Stderr  bool
	TTY     bool // they came through a terminal: a raw line ends with CRLF
	Data    []byte
	// Partial says that the line is too long to be kept whole, and goes on
	// in the next chunk of this process.
	Partial bool
	// Missed is how many lines were lost just before this chunk because the
	// follower did not keep up. Data may then be empty.
	Missed int

	torn bool // what was lost ended within a line
}

// FollowOptions say what a follower gets.
type FollowOptions struct {
	// Names are process names, process types, or shell patterns of either
	// (worker.*); processes that come later are followed too. None mean all,
	// ganger's own lines under the name "system" included.
	Names []string
	// Lines is how many lines of the history of each process come first; a
	// negative number means all of them.
	Lines int
	// Since leaves out the lines of the history that are older.
	Since time.Time
	// Raw gives the bytes as the processes wrote them, cut where the reads
	// were. Otherwise a chunk is whole lines, each with an LF at its end,
	// and an unfinished line comes when it is finished.
	Raw bool
}

func (o *FollowOptions) match(name, typ string) bool {
	if len(o.Names) == 0 {
		return true
	}
	return slices.ContainsFunc(o.Names, func(pattern string) bool {
		if pattern == name || pattern == typ {
			return true
		}
		byName, _ := path.Match(pattern, name)
		byType, _ := path.Match(pattern, typ)
		return byName || byType
	})
}

// Follower gets what processes write. One that does not read loses lines, is
// told how many, and never makes anybody wait.
type Follower struct {
	mux    *Mux
	opts   FollowOptions
	cutter cutter // of the caller of Next

	mu      sync.Mutex
	backlog []Chunk         // of the history
	chunks  []Chunk         // what was written since
	size    int             // what chunks take, in bytes
	lost    []*subscription // those with lines missed
	ended   bool
	ready   chan struct{} // holds a token when there is something to take
}

// subscription is one stream of a follower.
type subscription struct {
	*Follower
	stream *Stream
	missed int  // lines
	torn   bool // what was lost ended within a line
}

// Follow begins with the history, in the order of time, and goes on with what is
// written from then on; nothing is lost or doubled in between. The follower must
// be closed.
func (m *Mux) Follow(o FollowOptions) *Follower {
	f := &Follower{mux: m, opts: o, ready: make(chan struct{}, 1)}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		f.ended = true
	} else {
		m.follow[f] = struct{}{}
	}
	var backlog [][]Chunk
	for _, s := range m.streams {
		if !o.match(s.name, s.typ) {
			continue
		}
		s.mu.Lock()
		h := &s.history
		at := h.lastLines(o.Lines)
		if !o.Since.IsZero() {
			at = max(at, h.since(o.Since))
		}
		backlog = append(backlog, h.chunks(at))
		s.followers = append(s.followers, &subscription{Follower: f, stream: s})
		s.mu.Unlock()
	}
	merged := MergeChunks(backlog...)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.backlog = merged
	f.signal()
	return f
}

// MergeChunks joins the chunks of several processes in the order of their
// times. The order within each list stays, also where the clock was set back.
func MergeChunks(lists ...[]Chunk) []Chunk {
	type placed struct {
		Chunk
		at time.Time
	}
	var all []placed
	for _, list := range lists {
		var last time.Time
		for _, c := range list {
			if c.Time.After(last) {
				last = c.Time
			}
			all = append(all, placed{c, last})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		if c := a.at.Compare(b.at); c != 0 || a.Process == b.Process {
			return c
		}
		if a.Process < b.Process {
			return -1
		}
		return 1
	})
	merged := make([]Chunk, len(all))
	for i := range all {
		merged[i] = all[i].Chunk
	}
	return merged
}

// batch is what was read at once, for all followers of a stream: what they
// share is made once, by the first that needs it.
type batch struct {
	chunk Chunk
	raw   []byte
	lines int // in raw; negative: not counted yet
}

func (b *batch) shared() Chunk {
	if b.chunk.Data == nil {
		b.chunk.Data = bytes.Clone(b.raw)
	}
	return b.chunk
}

func (b *batch) count() int {
	if b.lines < 0 {
		b.lines = bytes.Count(b.raw, []byte{'\n'})
	}
	return b.lines
}

// push hands a batch over. The stream is locked.
func (s *subscription) push(b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if s.size+len(b.raw) > followSize && s.size > 0 {
		if s.missed == 0 && !s.torn {
			s.lost = append(s.lost, s)
		}
		s.missed += b.count()
		s.torn = b.raw[len(b.raw)-1] != '\n'
		return
	}
	c := b.shared()
	if s.missed > 0 || s.torn {
		s.settle(&c)
		s.lost = slices.DeleteFunc(s.lost, func(o *subscription) bool { return o == s })
	}
	s.chunks = append(s.chunks, c)
	s.size += len(c.Data) + chunkCost
	s.signal()
}

// settle has c say what was lost. Who cuts lines counts one that was lost in
// part when its end comes.
func (s *subscription) settle(c *Chunk) {
	c.Missed, c.torn = s.missed, s.torn
	if s.opts.Raw {
		c.Missed = max(c.Missed, 1)
	}
	s.missed, s.torn = 0, false
}

func (f *Follower) signal() {
	select {
	case f.ready <- struct{}{}:
	default:
	}
}

// take empties the queue.
func (f *Follower) take() (chunks []Chunk, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	chunks = append(f.backlog, f.chunks...)
	f.backlog, f.chunks, f.size = nil, nil, 0
	for _, s := range f.lost {
		c := Chunk{Time: f.mux.opts.Now(), Process: s.stream.name, Type: s.stream.typ}
		s.settle(&c)
		chunks = append(chunks, c)
	}
	f.lost = nil
	return chunks, f.ended
}

// Next returns what has come since the last call, and waits if that is nothing.
// The error is that of ctx, or io.EOF after the Mux or the follower was closed.
// Only one goroutine may call it at a time; it must not change the data.
func (f *Follower) Next(ctx context.Context) ([]Chunk, error) {
	for {
		chunks, ended := f.take()
		if !f.opts.Raw {
			chunks = f.cutter.cut(chunks)
			if ended {
				chunks = append(chunks, f.cutter.flush()...)
			}
		}
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
		s.followers = slices.DeleteFunc(s.followers, func(o *subscription) bool { return o.Follower == f })
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
