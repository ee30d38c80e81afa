package main

import (
	"errors"
	"os"
	"sync/atomic"
	"time"
)

// A flow is a run whose output is read.
type flow struct {
	*run
	source    *os.File
	processes []report // whose output it is, once it has been read
}

// newFlow gives a run the writing end of a pipe, and keeps the other.
func newFlow(start func(stdout *os.File) (*run, error)) (*flow, error) {
	source, sink, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r, err := start(sink)
	sink.Close()
	if err != nil {
		return nil, errors.Join(err, source.Close())
	}
	return &flow{run: r, source: source}, nil
}

func (f *flow) close(err *error) {
	ending(f.run, err)
	f.source.Close()
}

// watch ends a run that takes longer than the limit, or that has been silent
// for five seconds with output still due: the reader then sees the end. The
// function it returns stops watching, and reports that the limit was passed.
func (f *flow) watch(progress *atomic.Int64) (stop func() bool) {
	const silence = 5 * time.Second
	quit, result := make(chan struct{}), make(chan bool, 1)
	go func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		began := time.Now()
		moved, at := progress.Load(), began
		for {
			select {
			case <-quit:
				result <- false
				return
			case <-tick.C:
			}
			if now := progress.Load(); now != moved {
				moved, at = now, time.Now()
			}
			late := time.Since(began) > limit
			if late || (moved > 0 && time.Since(at) > silence) {
				f.kill()
				result <- late
				return
			}
		}
	}()
	return func() bool {
		close(quit)
		return <-result
	}
}
