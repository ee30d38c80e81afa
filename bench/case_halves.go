package main

import (
	"os"
	"syscall"
)

// The scripts of a namespace's PID 1. Ganger that takes its place is one process;
// beside it it has two halves. What is measured begins after them.
const (
	asPIDOne     = `exec "$@"`
	besidePIDOne = `"$@"; exit`
)

func halves() benchmark {
	const two, one, more = "halves", "halves/alone", "halves/second"
	return benchmark{
		name:  "halves",
		about: "as first, as root: with both halves; with one, as PID 1; what the second adds",
		metrics: []metric{
			{name: two, unit: "ms"},
			{name: one, unit: "ms"},
			{name: more, unit: "ms"},
		},
		measure: func(l *lab, m manager) (s sample, err error) {
			if m.name != ours {
				return s, cannotError("it has no second half")
			}
			both, err := apartTime(l, m, besidePIDOne)
			if err != nil {
				return s, err
			}
			alone, err := apartTime(l, m, asPIDOne)
			if err != nil {
				return s, err
			}
			s.values = map[string]float64{two: both, one: alone, more: both - alone}
			return s, nil
		},
	}
}

// apartTime is from just before ganger's exec, in a pid namespace of its own, to
// the first instruction of its process.
func apartTime(l *lab, m manager, script string) (ms float64, err error) {
	r, err := l.manage(m, func(fifo string) app {
		a := l.sleepers(1)(fifo)
		a.under = []string{
			"unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
			"/bin/sh", "-c", script, "sh", l.self, "stamped", fifo,
		}
		return a
	}, nil)
	if err != nil {
		return 0, err
	}
	defer ending(r, &err)
	all, err := r.await(2, deadline())
	if err != nil {
		return 0, err
	}
	return milliseconds(latest(all) - earliest(all)), nil
}

// stamped FIFO PROGRAM ARG...: reports the moment and becomes the program.
func stamped(args []string) error {
	if len(args) < 2 {
		return errArguments
	}
	if _, err := sendReport(args[0], monotonic()); err != nil {
		return err
	}
	return syscall.Exec(args[1], args[1:], os.Environ())
}
