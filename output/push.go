package output

import (
	"bytes"
	"context"
	"io"
	"slices"
	"time"
)

const (
	// followSize bounds what waits for a follower that does not read, in
	// bytes, the backlog that it asked for excepted.
	followSize = 1 << 20
	// chunkCost is what a chunk takes beside its data.
	chunkCost = 128
	// followPace is the time between two readings of a queue that fills
	// slowly. To be woken costs more than what is read.
	followPace = 10 * time.Millisecond
	// lossPace is the same after lines were lost, for each follower that
	// there is: all together may not take the processor from the app. It
	// lets through 100 MB/s or so.
	lossPace = 10 * time.Millisecond
)

// subscription is one stream of a follower.
type subscription struct {
	*Follower
	stream *Stream
	from   uint64 // the stream's count of lines when it was stalled
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
	sub.from = s.lines
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

// resume has the stream push again, and says what was lost meanwhile.
func (s *subscription) resume(now time.Time) Chunk {
	st := s.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	if i := slices.Index(st.stalled, s); i >= 0 { // not closed meanwhile
		st.stalled = slices.Delete(st.stalled, i, i+1)
		st.followers = append(st.followers, s)
	}
	c := Chunk{Time: now, Process: st.name, Type: st.typ, Missed: int(st.lines - s.from), torn: st.torn}
	if s.opts.Raw && c.torn {
		c.Missed = max(c.Missed, 1) // who cuts lines counts it when it ends
	}
	return c
}

// take empties the queue.
func (f *Follower) take() (chunks []Chunk, ended bool) {
	f.mu.Lock()
	chunks = append(f.backlog, f.chunks...)
	stalled := f.stalled
	f.backlog, f.chunks, f.size, f.stalled = nil, nil, 0, nil
	ended = f.ended
	f.mu.Unlock()
	f.taken = time.Now()
	f.lossy = len(stalled) > 0
	for _, s := range stalled {
		chunks = append(chunks, s.resume(f.mux.opts.Now()))
	}
	return chunks, ended
}

// await returns when there is something to take, and it is time for that.
func (f *Follower) await(ctx context.Context) error {
	there, ended := f.state()
	for !there && !ended {
		select {
		case <-f.ready: // maybe of what was taken already
		case <-ctx.Done():
			return ctx.Err()
		}
		there, ended = f.state()
	}
	pace := followPace
	if f.lossy {
		f.mux.mu.Lock()
		pace = lossPace * time.Duration(len(f.mux.follow))
		f.mux.mu.Unlock()
	}
	rest := pace - time.Since(f.taken)
	if ended || rest <= 0 {
		return nil
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return nil
		case <-f.urgent:
			if _, ended := f.state(); ended || !f.lossy {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *Follower) state() (there, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.backlog)+len(f.chunks)+len(f.stalled) > 0, f.ended
}

// Next returns what has come since the last call, and waits if that is nothing.
// After the Mux or the follower was closed it returns what is left, unfinished
// lines too, and then io.EOF; another error is that of ctx. Only one goroutine
// may call it at a time; it must not change the data.
func (f *Follower) Next(ctx context.Context) ([]Chunk, error) {
	for {
		if err := f.await(ctx); err != nil {
			return nil, err
		}
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
	}
}

// Close ends the following. It returns at once.
func (f *Follower) Close() {
	m := f.mux
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.follow, f)
	ours := func(s *subscription) bool { return s.Follower == f }
	for _, s := range m.streams {
		s.mu.Lock()
		s.followers = slices.DeleteFunc(s.followers, ours)
		s.stalled = slices.DeleteFunc(s.stalled, ours)
		s.mu.Unlock()
	}
	f.end()
}

func (f *Follower) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	token(f.ready)
	token(f.urgent)
}
