package main

import (
	"fmt"
	"time"
)

// idleAfter is when a manager that has started its processes has nothing left to
// do, nor to give back.
const idleAfter = 3 * time.Second

func memory(n int) benchmark {
	const one, each = "memory", "memory/process"
	return benchmark{
		name:  "memory",
		about: fmt.Sprintf("PSS of the manager, idle, with one process; what each of %d adds", n),
		metrics: []metric{
			{name: one, unit: "MB"},
			{name: each, unit: "KB"},
		},
		measure: func(l *lab, m manager) (s sample, err error) {
			few, parts, err := idleMemory(l, m, 1)
			if err != nil {
				return s, err
			}
			many, _, err := idleMemory(l, m, n)
			if err != nil {
				return s, err
			}
			s.values = map[string]float64{
				one:  few / 1024,
				each: (many - few) / float64(n-1),
			}
			s.detail = parts
			return s, nil
		},
	}
}

// idleMemory is in KB, with the names of what it is the sum of.
func idleMemory(l *lab, m manager, n int) (sum float64, parts string, err error) {
	r, err := l.manage(m, l.sleepers(n), nil)
	if err != nil {
		return 0, "", err
	}
	defer ending(r, &err)
	all, err := r.await(n, deadline())
	if err != nil {
		return 0, "", err
	}
	time.Sleep(idleAfter)
	own := r.own(all)
	for _, p := range own {
		pss, err := kilobytes(p.pid, "smaps_rollup", "Pss")
		if err != nil {
			return 0, "", err
		}
		sum += pss
	}
	return sum, names(own), nil
}
