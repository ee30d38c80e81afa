package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// monotonic is the one clock that processes share, in nanoseconds. The time
// package keeps its own monotonic readings private to a process.
func monotonic() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // fails for a clock that is not there, and this one is
	return t.Nano()
}

func milliseconds(ns int64) float64 {
	return float64(ns) / float64(time.Millisecond)
}
