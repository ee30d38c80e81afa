package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

func stopping(n int) benchmark {
	name := fmt.Sprintf("stop%d", n)
	return benchmark{
		name:    name,
		about:   fmt.Sprintf("TERM to the manager until it and its %d processes are gone", n),
		metrics: []metric{{name: name, unit: "ms"}},
		floor: func(l *lab) (sample, error) {
			return stopTime(l, name, n, func() (*run, error) { return l.spawn(n) })
		},
		measure: func(l *lab, m manager) (sample, error) {
			return stopTime(l, name, n, func() (*run, error) { return l.manage(m, l.sleepers(n), nil) })
		},
	}
}

// stopTime is until the last process is dead and the manager has been waited
// for. A manager that exits before its processes do leaves them to nobody: it
// gets three seconds more, and then no figure.
func stopTime(l *lab, name string, n int, start func() (*run, error)) (s sample, err error) {
	r, err := start()
	if err != nil {
		return s, err
	}
	defer ending(r, &err)
	if _, err = r.await(n, deadline()); err != nil {
		return s, err
	}
	time.Sleep(settle)

	began := monotonic()
	if err = r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return s, err
	}
	gone := make(chan int64, 1)
	go func() {
		if r.reports.allGone(deadline()) == nil {
			gone <- monotonic()
		}
	}()
	select {
	case <-r.exited:
	case <-time.After(limit):
		return s, os.ErrDeadlineExceeded
	}
	ended := monotonic()
	select {
	case last := <-gone:
		ended = max(ended, last)
	case <-time.After(10 * settle):
	}
	s.values = map[string]float64{name: milliseconds(ended - began)}
	if left := r.members(); len(left) > 0 {
		s.flaw = "left behind: " + names(left)
	}
	return s, nil
}

// settle is how long things are left alone between a start and a measurement.
const settle = 300 * time.Millisecond

// ending ends a run at the end of a function that returns *err.
func ending(r *run, err *error) {
	if e := r.end(); *err == nil {
		*err = e
	}
}
