package cli

import (
	"testing"
	"time"
)

// Many changes, one soon after another, are told of once; pauses begin anew.
func TestChain(t *testing.T) {
	var ch chain
	now := time.Now()
	told := 0
	grow := func(n int, gap time.Duration) {
		for range n {
			now = now.Add(gap)
			if ch.grows(now) {
				told++
			}
		}
	}
	grow(chainLong-1, time.Second)
	grow(chainLong, 2*chainGap)
	if told != 0 {
		t.Errorf("told %d times of changes that are too few, or too far apart", told)
	}
	grow(3*chainLong, chainGap)
	grow(3*chainLong, time.Second)
	if told != 1 {
		t.Errorf("told %d times of many, want once", told)
	}
}
