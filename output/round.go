package output

import "sync"

// round is the lanes that have something to read. One lane's goroutine reads
// for all of them in turn, batch by batch, while the others' goroutines rest.
// If each read for itself, every batch would end with a lock handed to another
// goroutine, often on another thread that the kernel has to wake: with two
// processors that cost a quarter of the throughput of eight writers.
type round struct {
	mu    sync.Mutex
	lanes []*lane // waiting for their turn, the next first
	busy  bool    // somebody reads for all
}

// read returns when l has nothing to read any more, has ended, or is asked to
// drain.
func (r *round) read(l *lane) {
	r.mu.Lock()
	r.lanes = append(r.lanes, l)
	rest := r.busy
	r.busy = true
	r.mu.Unlock()
	if rest && !<-l.turn {
		return // somebody has read for l
	}
	for {
		next := r.next()
		if !next.readOnce() {
			r.again(next)
			continue
		}
		if next == l {
			r.handOver()
			return
		}
		next.turn <- false
	}
}

func (r *round) next() *lane {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lanes[0]
	n := copy(r.lanes, r.lanes[1:])
	r.lanes = r.lanes[:n]
	return l
}

func (r *round) again(l *lane) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lanes = append(r.lanes, l)
}

// handOver lets another lane's goroutine go on: ours has to wait for its own
// file now.
func (r *round) handOver() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lanes) == 0 {
		r.busy = false
		return
	}
	r.lanes[0].turn <- true
}

// readOnce reads one batch, and reports whether the lane's own goroutine has to
// go on.
func (l *lane) readOnce() bool {
	d := &l.copy.stream.mux.desk
	d.take()
	_, l.empty = l.batch(d, uintptr(l.fd))
	d.mu.Unlock()
	if l.empty || l.ended {
		return true
	}
	return l.asked().n > 0
}
