package main

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

func latency() benchmark {
	const typical, tail = "latency p50", "latency p99"
	ticks := func(l *lab) int { return 3000 / l.scale }
	argv := func(l *lab, fifo string) []string {
		return []string{l.self, "metronome", fifo, strconv.Itoa(ticks(l))}
	}
	measure := func(l *lab, start func(*os.File) (*run, error)) (s sample, err error) {
		f, err := newFlow(start)
		if err != nil {
			return s, err
		}
		defer f.close(&err)
		took, err := f.delays(l, ticks(l))
		if err != nil {
			return s, err
		}
		s.values = map[string]float64{typical: percentile(took, 50), tail: percentile(took, 99)}
		return s, nil
	}
	return benchmark{
		name:    "latency",
		about:   "a process's write to ours, a line a millisecond from one process",
		metrics: []metric{{name: typical, unit: "ms"}, {name: tail, unit: "ms"}},
		floor: func(l *lab) (sample, error) {
			return measure(l, func(w *os.File) (*run, error) {
				return l.catting(w, 1, func(fifo string, _ int) []string { return argv(l, fifo) })
			})
		},
		measure: func(l *lab, m manager) (sample, error) {
			return measure(l, func(w *os.File) (*run, error) {
				return l.manage(m, func(fifo string) app {
					return app{types: []processType{{"web", strings.Join(argv(l, fifo), " "), 1}}}
				}, w)
			})
		},
	}
}

// delays are those of n lines, in milliseconds. The first tenth is left out:
// caches and heaps are cold.
func (f *flow) delays(l *lab, n int) ([]float64, error) {
	var (
		took     []float64
		broken   bool
		progress atomic.Int64
	)
	watch := f.watch(&progress)
	err := readLines(int(f.source.Fd()), func(line []byte) {
		now := monotonic()
		i := bytes.IndexByte(line, tilde)
		if i < 0 {
			return
		}
		number, _, _ := bytes.Cut(line[i+1:], []byte{tilde})
		at, err := strconv.ParseInt(string(number), 10, 64)
		broken = broken || err != nil
		took = append(took, milliseconds(now-at))
	}, func(n int) { progress.Add(int64(n)) }, func() bool { return len(took) >= n })
	switch timedOut := watch(); {
	case err != nil:
		return nil, err
	case timedOut:
		return nil, os.ErrDeadlineExceeded
	case broken || len(took) != n:
		return nil, errors.New("lines were lost or torn")
	}
	return took[n/10:], nil
}
