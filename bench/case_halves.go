package main

import (
	"errors"
	"os"
	"slices"
	"syscall"
)

// asOne and asTwo run a command line in a pid namespace of its own: as PID 1,
// where ganger is one process, and not as PID 1. But for that they differ in
// nothing that is measured, which begins with the role stamped.
var (
	asOne = []string{"unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "/bin/sh", "-c", `exec "$@"`, "sh"}
	asTwo = []string{"unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "/bin/sh", "-c", `"$@"; exit`, "sh"}
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
			both, err := apartTime(l, m, asTwo)
			if err != nil {
				return s, err
			}
			alone, err := apartTime(l, m, asOne)
			if err != nil {
				return s, err
			}
			s.values = map[string]float64{two: both, one: alone, more: both - alone}
			return s, nil
		},
	}
}

// apartTime is from just before ganger's exec to the first instruction of its
// process.
func apartTime(l *lab, m manager, prefix []string) (ms float64, err error) {
	dir, mark, in, err := l.newRun()
	if err != nil {
		return 0, err
	}
	argv, err := m.commandLine(dir, l.sleepers(1)(in.path))
	if err != nil {
		return 0, errors.Join(err, in.close())
	}
	r, err := l.start(slices.Concat(prefix, []string{l.self, "stamped", in.path}, argv), dir, mark, nil, in)
	if err != nil {
		return 0, errors.Join(err, in.close())
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
