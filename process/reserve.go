package process

import (
	"sync/atomic"
	"time"
)

// missed counts what could not be looked at for want of a descriptor or of
// memory. Whoever is not seen then may be there all the same.
var missed atomic.Uint64

// A look is a time in which the system is asked who is there.
type look struct{ missed uint64 }

func beginLook() look { return look{missed.Load()} }

// failed reports whether something could not be looked at since.
func (l look) failed() bool { return missed.Load() != l.missed }

// Looks that fail are repeated, but not for ever: what is short may stay so.
const (
	lookAgain = 20 * time.Millisecond
	lookMost  = 5 * time.Second
)

// misses bounds how long looks that fail one after another count for nothing.
type misses struct{ since time.Time }

// again reports whether one that failed is to be repeated.
func (m *misses) again(failed bool) bool {
	switch {
	case !failed:
		m.since = time.Time{}
		return false
	case m.since.IsZero():
		m.since = time.Now()
	}
	return time.Since(m.since) < lookMost
}
