package main

import (
	"fmt"
	"strings"
	"time"
)

func idle() benchmark {
	const name = "idle"
	return benchmark{
		name:     name,
		about:    "context switches a minute of the manager with one process, both idle; all its parts together",
		metrics:  []metric{{name: name, unit: "/min"}},
		together: true,
		measure: func(l *lab, m manager) (s sample, err error) {
			r, err := l.manage(m, l.sleepers(1), nil)
			if err != nil {
				return s, err
			}
			defer ending(r, &err)
			all, err := r.await(1, deadline())
			if err != nil {
				return s, err
			}
			// Long enough for the others' starts, and for a runtime's own
			// tidying, to be over.
			time.Sleep(10 * settle)

			own := r.own(all)
			before := make([]float64, len(own))
			for i, p := range own {
				if before[i], err = contextSwitches(p.pid); err != nil {
					return s, err
				}
			}
			time.Sleep(l.window)
			var sum float64
			var parts []string
			for i, p := range own {
				after, err := contextSwitches(p.pid)
				if err != nil {
					return s, err
				}
				switches := (after - before[i]) * float64(time.Minute) / float64(l.window)
				sum += switches
				parts = append(parts, fmt.Sprintf("%s %s", p.name, number(switches)))
			}
			s.values = map[string]float64{name: sum}
			s.detail = strings.Join(parts, ", ")
			return s, nil
		},
	}
}
