package output

import (
	"bytes"
	"slices"
	"time"
)

const (
	// followSize bounds what waits for a follower that does not read, in
	// bytes, the backlog that it asked for excepted.
	followSize = 1 << 20
	// chunkCost is what a chunk takes beside its data.
	chunkCost = 128
)

// subscription is one stream of a follower.
type subscription struct {
	*Follower
	stream *Stream
	from   uint64 // the stream's count of lines when it was stalled
	at     uint64 // where in the history was what it did not get
	began  int    // the pid of the life that began since then; 0: none
}

// batch is what was read at once, for all followers of a stream: what they
// share is made once, by the first that needs it.
type batch struct {
	chunk Chunk
	raw   []byte
}

func (b *batch) shared() Chunk {
	if b.chunk.Data == nil {
		b.chunk.Data = bytes.Clone(b.raw)
	}
	return b.chunk
}

// pushAll hands p to the followers. One whose queue is full costs nothing from
// then on: it is told later how many lines there were meanwhile. The stream is
// locked.
func (s *Stream) pushAll(p []byte, now time.Time, by source) {
	if len(s.followers) > 0 {
		b := batch{raw: p, chunk: Chunk{Time: now, Process: s.name, Type: s.typ, PID: by.pid, Stderr: by.stderr, TTY: by.tty}}
		s.followers = slices.DeleteFunc(s.followers, func(sub *subscription) bool { return !s.pushOne(sub, &b) })
	}
	if len(s.stalled) > 0 {
		s.lines += uint64(bytes.Count(p, []byte{'\n'}))
		s.torn = p[len(p)-1] != '\n'
	}
}

func (s *Stream) pushOne(sub *subscription, b *batch) bool {
	if sub.push(b) {
		return true
	}
	sub.from, sub.at = s.lines, s.history.head-min(s.history.head, uint64(len(b.raw)))
	s.stalled = append(s.stalled, sub)
	return false
}

// push puts a batch into the queue, unless that is full.
func (s *subscription) push(b *batch) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return true
	case s.size+len(b.raw) > followSize && s.size > 0:
		s.Follower.stalled = append(s.Follower.stalled, s)
		token(s.urgent)
		return false
	}
	s.chunks = append(s.chunks, b.shared())
	s.size += len(b.raw) + chunkCost
	if len(s.chunks) == 1 {
		token(s.ready)
	}
	if s.size > followSize/2 {
		token(s.urgent)
	}
	return true
}

// token puts one into a channel that holds one.
func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// resume has the stream push again, and puts what was lost meanwhile into the
// queue: how many lines there were, and at the end of the Mux the last of them,
// which the history has.
func (s *subscription) resume(now time.Time) {
	st := s.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	c := Chunk{Time: now, Process: st.name, Type: st.typ, Missed: int(st.lines - s.from), torn: st.torn}
	var last []Chunk
	if i := slices.Index(st.stalled, s); i >= 0 { // not closed meanwhile
		st.stalled = slices.Delete(st.stalled, i, i+1)
		st.followers = append(st.followers, s)
		if _, ended := s.state(); ended {
			last = s.last(&c)
		}
	}
	if s.opts.Raw && c.torn {
		c.Missed = max(c.Missed, 1) // who cuts lines counts it when it ends
	}
	lost := []Chunk{c}
	if s.began != 0 && s.opts.Lives {
		born := st.birth(s.began)
		i := slices.IndexFunc(last, func(c Chunk) bool { return c.PID == born.PID })
		if i < 0 {
			i = len(last)
		}
		last = slices.Insert(last, i, born)
	}
	s.began = 0
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range append(lost, last...) {
		s.chunks = append(s.chunks, c)
		s.size += len(c.Data) + chunkCost
	}
}

// last takes what the history has of what was lost out of lost. The stream is
// locked.
func (s *subscription) last(lost *Chunk) []Chunk {
	h := &s.stream.history
	at := max(s.at, h.begin())
	chunks := h.chunks(at)
	if len(chunks) == 0 {
		return nil
	}
	for _, c := range chunks {
		lost.Missed -= bytes.Count(c.Data, []byte{'\n'})
	}
	lost.torn = false
	if at > s.at {
		lost.Missed = max(lost.Missed, 1) // what follows continues nothing
	}
	return chunks
}
