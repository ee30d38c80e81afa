package control

import (
	"context"
	"sync"
	"time"
)

// followRate is how many bytes a second all followers together are served, and
// as much at once. More would be the app's time: followers that cannot keep up
// lose lines instead, and are told how many.
const followRate = 32 << 20

// pacer shares followRate out. The zero value is ready for use.
type pacer struct {
	mu   sync.Mutex
	next time.Time // when all that was served would have been, at the rate
}

// wait waits until n more bytes may be served.
func (p *pacer) wait(ctx context.Context, n int) error {
	now := time.Now()
	p.mu.Lock()
	if full := now.Add(-time.Second); p.next.Before(full) {
		p.next = full
	}
	p.next = p.next.Add(time.Duration(n) * time.Second / followRate)
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
