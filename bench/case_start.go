package main

import (
	"slices"
	"strings"
)

// sleepers is an app of n processes that report and wait.
func (l *lab) sleepers(n int) func(fifo string) app {
	return func(fifo string) app {
		command := strings.Join(slices.Concat(l.sleeper, []string{fifo}), " ")
		return app{types: []processType{{"web", command, n}}}
	}
}

func starting(name string, n int, about string) benchmark {
	return benchmark{
		name:    name,
		about:   about,
		metrics: []metric{{name: name, unit: "ms"}},
		floor: func(l *lab) (sample, error) {
			return startTime(l, name, n, func() (*run, error) { return l.spawn(n) })
		},
		measure: func(l *lab, m manager) (sample, error) {
			return startTime(l, name, n, func() (*run, error) { return l.manage(m, l.sleepers(n), nil) })
		},
	}
}

// startTime is from just before the exec to the first instruction of the last
// process, which that process itself noted.
func startTime(l *lab, name string, n int, start func() (*run, error)) (s sample, err error) {
	r, err := start()
	if err != nil {
		return s, err
	}
	defer ending(r, &err)
	all, err := r.await(n, deadline())
	if err != nil {
		return s, err
	}
	s.values = map[string]float64{name: milliseconds(latest(all) - r.began)}
	return s, nil
}
