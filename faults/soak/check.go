package soak

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// check holds the process table against what should be.
func (r *run) check() error {
	table := r.ours(processes())
	first := r.firsts()
	r.did["checks"]++
	if err := r.nothingOld(table, first); err != nil {
		return err
	}
	if r.suspended && !r.stopped() {
		return errors.New("the front has not stopped at ^Z")
	}
	if !r.suspended {
		if err := r.running(table, first); err != nil {
			return err
		}
		if err := r.nothingElse(table); err != nil {
			return err
		}
	}
	return r.bounded(table)
}

// nothingOld: all of a life is gone before the next begins.
func (r *run) nothingOld(table []process, first map[string]int) error {
	for _, p := range table {
		pid, ok := first[p.mark]
		if !ok || p.pid == pid {
			continue
		}
		leader, ok := find(pid)
		// The clock ticks a hundred times a second: the same tick says nothing.
		if ok && p.start < leader.start && p.still() && leader.still() {
			return fmt.Errorf("%s (pid %d, %s) lives from before pid %d", p.mark, p.pid, p.comm, pid)
		}
	}
	return nil
}

// expected are the models one of which holds: a command may be under way.
func (r *run) expected() []*model {
	if r.asked != nil {
		return []*model{r.model, r.asked.after}
	}
	return []*model{r.model}
}

// running: nobody that should run is away for longer than a restart takes.
func (r *run) running(table []process, first map[string]int) error {
	for _, name := range r.model.names() {
		if slices.ContainsFunc(r.expected(), func(m *model) bool { return !m.wants(name) }) {
			delete(r.since, name)
			continue
		}
		pid := first[name]
		// Where many start at once their pids are not said: then the mark has to do.
		runs := func(p process) bool { return p.pid == pid || pid == 0 && p.mark == name }
		here := pid != r.last[name] || slices.ContainsFunc(table, runs)
		r.last[name] = pid
		if away := r.lasts(name, !here); away > startLimit {
			return fmt.Errorf("%s (last pid %d) has not run for %v", name, pid, away)
		}
	}
	return nil
}

// nothingElse: what was stopped, or has left the formation, and what the
// Procfile no longer says, runs no longer than a stop takes. A process without
// mark cleared its environment, and may live as long as the run.
func (r *run) nothingElse(table []process) error {
	for _, p := range table {
		if p.mark == "" {
			continue
		}
		wanted := slices.ContainsFunc(r.expected(), func(m *model) bool { return m.wants(p.mark) })
		if here := r.lasts(fmt.Sprint("unwanted ", p.pid, p.start), !wanted); here > endLimit && p.still() {
			return fmt.Errorf("%s (pid %d, %s) should not run, and has for %v", p.mark, p.pid, p.comm, here)
		}
		current := p.number == "" || slices.ContainsFunc(r.expected(), func(m *model) bool { return m.runs(p.number) })
		if here := r.lasts(fmt.Sprint("outdated ", p.pid, p.start), !current); here > endLimit && p.still() {
			return fmt.Errorf("%s (pid %d, %s %s) runs for %v what the Procfile no longer says", p.mark, p.pid, p.comm, p.number, here)
		}
	}
	return nil
}

// lasts is for how long something has been seen to hold, each time that it was
// asked.
func (r *run) lasts(what string, holds bool) time.Duration {
	if !holds {
		delete(r.since, what)
		return 0
	}
	since, seen := r.since[what]
	if !seen {
		since = time.Now()
		r.since[what] = since
	}
	return time.Since(since)
}

// bounded: neither half needs more than it has to.
func (r *run) bounded(table []process) error {
	for _, m := range r.expected() {
		r.most = max(r.most, len(m.names()))
	}
	for _, p := range table {
		if !r.itself(p) {
			continue
		}
		if rss := p.kib("VmRSS"); rss > 80*1024 {
			return fmt.Errorf("%s has %d KiB", p.comm, rss)
		}
		if n := p.descriptors(); n > 40+3*r.most {
			return fmt.Errorf("%s has %d descriptors", p.comm, n)
		}
	}
	return nil
}
