package output

import (
	"path"
	"slices"
	"sync"
	"time"
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
	// Partial says that the line goes on in the next chunk of this process: it
	// is too long to be kept whole, or unfinished.
	Partial bool
	// Missed is how many lines of this process were lost just before this
	// chunk because the follower did not keep up. Data is empty if nothing
	// has come since.
	Missed int
	// Began says that a life of the process begins, that of PID. Data is empty.
	Began bool

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
	// Lives has a chunk with Began come before the first of each life of a
	// process that begins from now on. It is for Raw.
	Lives bool
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
	mux  *Mux
	opts FollowOptions

	// Of the caller of Next.
	cutter cutter
	taken  time.Time // when the queue was emptied last, or was found to lack lines
	lossy  bool      // it was the latter, just now
	more   bool      // the queue was not emptied

	mu      sync.Mutex
	backlog []Chunk         // of the history
	chunks  []Chunk         // what was written since
	size    int             // what chunks take, in bytes
	stalled []*subscription // those that have nothing pushed until half of the queue is free
	ended   bool
	ready   chan struct{} // holds a token when there is something to take
	urgent  chan struct{} // holds a token when that is not to wait
}

// Follow begins with the history, in the order of time, and goes on with what is
// written from then on; nothing is lost or doubled in between. The follower must
// be closed.
func (m *Mux) Follow(o FollowOptions) *Follower {
	f := &Follower{mux: m, opts: o, ready: make(chan struct{}, 1), urgent: make(chan struct{}, 1)}
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
	token(f.ready)
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
