package cli

import (
	"context"
	"sync"
	"time"

	"ganger/ready"
)

// heard hears the lines of one life of a process, for which one of them means
// that it is ready. nil hears none, and holds nothing up.
type heard struct {
	lines *ready.Lines
	told  chan struct{} // closed when the supervisor knows what there was to hear

	mu      sync.Mutex
	waiting bool
	held    []func()
}

// hearsOut is how long the end of a process waits for its last lines. They are
// there at once, unless our reader is blocked.
const hearsOut = time.Second

// line is what the lines are given to.
func (h *heard) line() func([]byte) bool {
	if h == nil {
		return nil
	}
	return h.lines.Line
}

// end calls f, which tells that the process has ended, when its last lines have
// been heard: one of them may say that it was ready before.
func (h *heard) end(drained <-chan struct{}, f func()) {
	if h == nil {
		f()
		return
	}
	h.mu.Lock()
	h.waiting = true
	h.held = append(h.held, f)
	h.mu.Unlock()
	go func() {
		limit, cancel := context.WithTimeout(context.Background(), hearsOut)
		defer cancel()
		select {
		case <-drained:
		case <-h.told:
		case <-limit.Done():
		}
		if h.lines.Found() {
			select {
			case <-h.told: // never, where a stop came before it ran
			case <-limit.Done():
			}
		}
		h.release()
	}()
}

// then calls f, after what waits.
func (h *heard) then(f func()) {
	if h == nil {
		f()
		return
	}
	h.mu.Lock()
	if h.waiting {
		h.held = append(h.held, f)
		h.mu.Unlock()
		return
	}
	h.mu.Unlock()
	f()
}

func (h *heard) release() {
	for {
		h.mu.Lock()
		if len(h.held) == 0 {
			h.waiting = false
			h.mu.Unlock()
			return
		}
		f := h.held[0]
		h.held = h.held[1:]
		h.mu.Unlock()
		f()
	}
}
