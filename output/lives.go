package output

// live begins to read a life of the process, once all has been read of the one
// before it that was there at its end.
func (s *Stream) live(c *Copy) {
	s.mu.Lock()
	last := s.last
	s.last = c
	s.mu.Unlock()
	if last == nil || closed(last.over()) {
		s.began(c.pid)
		c.begin()
		return
	}
	go func() {
		<-last.over()
		s.began(c.pid)
		c.begin()
	}()
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
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

// put adds a chunk without data to the queue.
func (s *subscription) put(c Chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.chunks = append(s.chunks, c)
	s.size += chunkCost
	token(s.ready)
}
