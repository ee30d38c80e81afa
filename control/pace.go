package control

import (
	"context"
	"sync"
	"time"
)

// followRate is how many bytes a second all followers together are served, after
// followBurst at once. What is done for them, and what they do, takes the processor
// from the app: for 200 "ganger logs -f" at this rate, a sixth of one. Followers
// that want more lose lines and are told how many.
const (
	followRate  = 4 << 20
	followBurst = 2 << 20
)

// pacer shares the two out. The zero value is ready for use.
type pacer struct {
	mu   sync.Mutex
	next time.Time // when all that was served would have been, at the rate
}

// wait waits until n more bytes may be served.
func (p *pacer) wait(ctx context.Context, n int) error {
	now := time.Now()
	p.mu.Lock()
	if full := now.Add(-share(followBurst)); p.next.Before(full) {
		p.next = full
	}
	p.next = p.next.Add(share(n))
	pause := p.next.Sub(now)
	p.mu.Unlock()
	if pause <= 0 {
		return nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// share is the time that n bytes take at the rate.
func share(n int) time.Duration { return time.Duration(n) * time.Second / followRate }
