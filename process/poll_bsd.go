//go:build darwin || freebsd

package process

import "time"

// poll looks again by time while a tree is to end: where orphans are not ours
// their death is not told.
type poll struct{ t *time.Timer }

const pollInterval = 50 * time.Millisecond

func newPoll() poll {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return poll{t}
}

func (p poll) c() <-chan time.Time { return p.t.C }

func (p poll) set(waiting bool) {
	if waiting {
		p.t.Reset(pollInterval)
	} else {
		p.t.Stop()
	}
}

func (p poll) stop() { p.t.Stop() }
