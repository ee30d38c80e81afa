package cli

import (
	"maps"
	"slices"
	"strings"
	"time"

	"ganger/formation"
)

// promise tells the front how to end all that runs or is to run without us, and
// these.
func (b *back) promise(more ...formation.Process) {
	if b.link == nil {
		return
	}
	b.promising.Lock()
	defer b.promising.Unlock()
	procs := slices.Concat(b.all(), more)
	timeout, leave := b.terms(procs)
	b.link.Promise(timeout, notTypes(leave, procs))
}

// all are the processes that run or are to run. What has left the formation may
// still be stopping.
func (b *back) all() []formation.Process {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.AppendSeq(slices.Clone(b.wanted.Load().procs), maps.Values(b.begun))
}

// terms are how long a stop of these takes at most and whom it lets go: what has
// been let go is still let go when who left it is gone.
func (b *back) terms(procs []formation.Process) (timeout time.Duration, leave []string) {
	b.mu.Lock()
	leave = slices.Clone(b.let)
	b.mu.Unlock()
	for _, p := range procs {
		timeout = max(timeout, p.Settings.StopTimeout)
		for _, name := range p.Settings.Leave {
			if !slices.Contains(leave, name) {
				leave = append(leave, name)
			}
		}
	}
	return timeout, leave
}

// notTypes leaves out those programs that a type runs itself. To the front, which
// has to do without us, its first process would look like one that went away.
func notTypes(names []string, procs []formation.Process) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(procs, func(p formation.Process) bool {
			return strings.Contains(strings.Join(p.Command.Argv, " "), name)
		})
	})
}
