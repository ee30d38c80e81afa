package ready

import (
	"context"
	"sync"
	"time"
)

// Poller looks at the kernel's table of listeners for all who wait, and only
// while somebody does. The zero value is ready to use.
type Poller struct {
	mu   sync.Mutex
	next *round
	read func() table // readTable, other than in tests
}

// round is one look at the table, for everybody who joined before it.
type round struct {
	due   time.Time
	timer *time.Timer
	done  chan struct{}
	table table // set when done is closed
}

// look returns what the table says at the next round, which is no later than
// the given time from now. The error is that of the context.
func (p *Poller) look(ctx context.Context, within time.Duration) (table, error) {
	r := p.join(within)
	select {
	case <-r.done:
		return r.table, nil
	case <-ctx.Done():
		return table{}, ctx.Err()
	}
}

func (p *Poller) join(within time.Duration) *round {
	p.mu.Lock()
	defer p.mu.Unlock()
	due := time.Now().Add(within)
	r := p.next
	switch {
	case r == nil:
		r = &round{due: due, done: make(chan struct{})}
		r.timer = time.AfterFunc(within, func() { p.run(r) })
		p.next = r
	case due.Before(r.due):
		r.due = due
		r.timer.Reset(within)
	}
	return r
}

func (p *Poller) run(r *round) {
	p.mu.Lock()
	if p.next != r { // the timer was set anew while it went off
		p.mu.Unlock()
		return
	}
	// Whoever comes from here on did not see the table before it came.
	p.next = nil
	p.mu.Unlock()
	r.table = p.table()
	close(r.done)
}

func (p *Poller) table() table {
	if p.read != nil {
		return p.read()
	}
	return readTable()
}

// pause is the time from one look to the next: a part of what was waited
// already, so that ready is seen soon by those who are quick, and a long wait
// costs little.
func pause(waited time.Duration) time.Duration {
	return min(max(waited/8, 10*time.Millisecond), 500*time.Millisecond)
}

// sleep returns early, with the error, when the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
