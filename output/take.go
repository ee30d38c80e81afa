package output

import (
	"bytes"
	"context"
	"io"
	"slices"
	"time"
)

const (
	// takeSize is about how many bytes are taken from a queue at a time. What
	// is done with them (lines, JSON) takes many times their memory, and is
	// lost work where the reader has to wait for its turn.
	takeSize = 8 << 10
	// followPace is the time between two readings of a queue that fills
	// slowly. To be woken costs more than what is read.
	followPace = 10 * time.Millisecond
	// lossPace is the same after lines were lost, when half a queue has been
	// read, for each follower that there is: all together may not take the
	// processor from the app. It lets through 100 MB/s or so.
	lossPace = 5 * time.Millisecond
)

// take takes the backlog, or the beginning of the queue. When half of the queue
// is free again, the streams that had found it full go on.
func (f *Follower) take() (chunks []Chunk, ended bool) {
	f.mu.Lock()
	chunks, f.backlog = f.backlog, nil
	if len(chunks) == 0 {
		chunks = f.cutOff()
	}
	var stalled []*subscription
	if f.size <= followSize/2 {
		stalled, f.stalled = f.stalled, nil
	}
	f.mu.Unlock()
	for _, s := range stalled {
		s.resume(f.mux.opts.Now())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.more = len(f.chunks) > 0
	f.lossy = len(stalled) > 0
	if !f.more || f.lossy {
		f.taken = time.Now()
	}
	return chunks, f.ended && !f.more
}

// cutOff takes about takeSize bytes from the queue: chunks, or the first lines
// of one that is larger. f.mu is held.
func (f *Follower) cutOff() []Chunk {
	n, size := 0, 0
	for n < len(f.chunks) && size+len(f.chunks[n].Data) <= takeSize {
		size += len(f.chunks[n].Data)
		n++
	}
	if n == 0 && len(f.chunks) > 0 {
		first := &f.chunks[0]
		at := bytes.LastIndexByte(first.Data[:takeSize], '\n') + 1
		if at == 0 {
			at = takeSize
		}
		piece := *first
		piece.Data, first.Data = first.Data[:at:at], first.Data[at:]
		first.Missed, first.torn = 0, false
		f.size -= at
		return []Chunk{piece}
	}
	chunks := slices.Clone(f.chunks[:n])
	f.chunks = slices.Delete(f.chunks, 0, n)
	f.size -= size + n*chunkCost
	return chunks
}

// await returns when there is something to take, and it is time for that.
func (f *Follower) await(ctx context.Context) error {
	there, ended := f.state()
	for !there && !ended {
		select {
		case <-f.ready: // maybe of what was taken already
		case <-ctx.Done():
			return f.canceled(ctx)
		}
		there, ended = f.state()
	}
	if f.more && !f.lossy {
		return nil
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
			return f.canceled(ctx)
		}
	}
}

// canceled is the error of ctx, unless the following has ended too: then what is
// left is still to be taken.
func (f *Follower) canceled(ctx context.Context) error {
	if _, ended := f.state(); ended {
		return nil
	}
	return ctx.Err()
}

func (f *Follower) state() (there, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.backlog)+len(f.chunks)+len(f.stalled) > 0, f.ended
}

// Next returns what has come since the last call, and waits if that is nothing.
// After the Mux or the follower was closed it returns what is left, unfinished
// lines too, and then io.EOF, whatever ctx says; another error is that of ctx.
// Only one goroutine may call it at a time; it must not change the data.
func (f *Follower) Next(ctx context.Context) ([]Chunk, error) {
	for {
		if err := f.await(ctx); err != nil {
			return nil, err
		}
		if chunks, err := f.Now(); err != nil || len(chunks) > 0 {
			return chunks, err
		}
	}
}

// Now returns some of what there is, nothing when there is nothing, and waits for
// nothing. It is otherwise like Next, and called by whom Next is.
func (f *Follower) Now() ([]Chunk, error) {
	chunks, ended := f.take()
	if !f.opts.Raw {
		chunks = f.cutter.cut(chunks)
		if ended {
			chunks = append(chunks, f.cutter.flush()...)
		}
	}
	if len(chunks) == 0 && ended {
		return nil, io.EOF
	}
	return chunks, nil
}

// Unfinished returns what there is, of what Next has read, of lines that are
// unfinished, as partial chunks: they go on in those that Next returns. It waits
// for nothing, and is called by whom Next is.
func (f *Follower) Unfinished() []Chunk { return f.cutter.unfinished() }

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
