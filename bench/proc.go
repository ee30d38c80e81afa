package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A proc is a living process as /proc shows it. A zombie is no longer one.
type proc struct {
	pid    int
	parent int
	name   string
	marked bool // carries the environment variable that was asked for
}

// processes lists what lives now. What ends while it is looked at is left out.
func processes(variable string) []proc {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	all := make([]proc, 0, len(stats))
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// The name stands in parentheses and may contain some.
		open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
		if open < 0 || end < open {
			continue
		}
		fields := strings.Fields(string(stat[end+1:]))
		if len(fields) < 2 || fields[0] == "Z" || fields[0] == "X" {
			continue
		}
		p := proc{name: string(stat[open+1 : end])}
		p.pid, _ = strconv.Atoi(filepath.Base(filepath.Dir(path)))
		p.parent, _ = strconv.Atoi(fields[1])
		environ, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "environ"))
		p.marked = bytes.Contains(append([]byte{0}, environ...), []byte("\x00"+variable))
		all = append(all, p)
	}
	return all
}

// withDescendants picks the chosen ones and everything below them.
func withDescendants(all []proc, chosen func(proc) bool) []proc {
	in := make(map[int]bool)
	for grown := true; grown; {
		grown = false
		for _, p := range all {
			if !in[p.pid] && (in[p.parent] || chosen(p)) {
				in[p.pid] = true
				grown = true
			}
		}
	}
	var picked []proc
	for _, p := range all {
		if in[p.pid] {
			picked = append(picked, p)
		}
	}
	return picked
}

// kilobytes reads a line such as "Pss:  123 kB" of a file of a process.
func kilobytes(pid int, file, key string) (float64, error) {
	values, err := column(fmt.Sprintf("/proc/%d/%s", pid, file), key)
	if err != nil {
		return 0, err
	}
	return values[key], nil
}

// contextSwitches counts those of every thread that lives.
func contextSwitches(pid int) (float64, error) {
	const voluntary, involuntary = "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		return 0, err
	}
	var sum float64
	for _, path := range paths {
		values, err := column(path, voluntary, involuntary)
		if err != nil {
			return 0, err
		}
		sum += values[voluntary] + values[involuntary]
	}
	return sum, nil
}

// column reads the numbers behind the named keys of a "Key: value" file.
func column(path string, keys ...string) (map[string]float64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	values := make(map[string]float64)
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		for _, wanted := range keys {
			if key != wanted {
				continue
			}
			number, _, _ := strings.Cut(strings.TrimSpace(value), " ")
			if values[key], err = strconv.ParseFloat(number, 64); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	for _, wanted := range keys {
		if _, ok := values[wanted]; !ok {
			return nil, fmt.Errorf("%s: no %s in it", path, wanted)
		}
	}
	return values, nil
}
