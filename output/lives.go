package output

import "slices"

// join makes c one of the stream's, and returns what is closed when all has been
// read that there was of those of them that have ended.
func (s *Stream) join(c *Copy) (ended []<-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.copies {
		if o.hasEnded() {
			ended = append(ended, o.Drained())
		}
	}
	s.copies = append(s.copies, c)
	return ended
}

func (s *Stream) leave(c *Copy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copies = slices.DeleteFunc(s.copies, func(o *Copy) bool { return o == c })
}

func (c *Copy) hasEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ends > 0
}

// live begins to read a life, after telling of it.
func (c *Copy) live() {
	c.stream.began(c.pid)
	c.begin()
}

// Unread is how many copies of a process name have ended and are not read to the
// end: a reader of ours that is blocked keeps them. It returns at once.
func (m *Mux) Unread(name string) (n int) {
	m.mu.Lock()
	s := m.streams[name]
	m.mu.Unlock()
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.copies {
		if c.hasEnded() {
			n++
		}
	}
	return n
}

// Drained returns a channel that is closed when all of a process name that was in
// pipes has been shown, as Drained of each of its copies says.
func (m *Mux) Drained(name string) <-chan struct{} {
	m.mu.Lock()
	s := m.streams[name]
	m.mu.Unlock()
	var all []<-chan struct{}
	if s != nil {
		s.mu.Lock()
		for _, c := range s.copies {
			all = append(all, c.Drained())
		}
		s.mu.Unlock()
	}
	done := make(chan struct{})
	if allClosed(all) {
		close(done)
		return done
	}
	go func() {
		awaitAll(all)
		close(done)
	}()
	return done
}

func awaitAll(all []<-chan struct{}) {
	for _, c := range all {
		<-c
	}
}

func allClosed(all []<-chan struct{}) bool {
	for _, c := range all {
		select {
		case <-c:
		default:
			return false
		}
	}
	return true
}

// began tells followers of a life of which nothing has been read yet.
func (s *Stream) began(pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.followers {
		if sub.opts.Lives {
			sub.put(s.birth(pid))
		}
	}
	for _, sub := range s.stalled {
		sub.began = pid
	}
}

// birth is what says that a life begins.
func (s *Stream) birth(pid int) Chunk {
	return Chunk{Time: s.mux.opts.Now(), Process: s.name, Type: s.typ, PID: pid, Began: true}
}

// put adds the beginning of a life to the queue. If that is full it takes the
// place of the one before it, unless something of that was read.
func (s *subscription) put(c Chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if s.size+chunkCost > followSize {
		for i, o := range slices.Backward(s.chunks) {
			if o.Process != c.Process {
				continue
			}
			if o.Began {
				s.chunks = slices.Delete(s.chunks, i, i+1)
				s.size -= chunkCost
			}
			break
		}
	}
	s.chunks = append(s.chunks, c)
	s.size += chunkCost
	token(s.ready)
}
