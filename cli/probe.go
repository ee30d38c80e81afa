package cli

import (
	"context"
	"sync"
	"time"

	"ganger/formation"
	"ganger/ready"
	"ganger/supervisor"
)

// probes finds out when processes are ready. The zero value knows none and
// costs nothing. Its methods are called from the supervisor's goroutine.
type probes struct {
	poller ready.Poller
	trees  forest
	begun  map[string]begunProbe // by process
}

// begunProbe is what was noted of a process before its start.
type begunProbe struct {
	condition ready.Condition
	before    ready.Before
	heard     *heard
}

// conditionOf is what ready means for a process. Loading the app has found no
// mistake in it.
func conditionOf(p formation.Process) ready.Condition {
	c, _ := ready.Parse(string(p.Settings.Ready))
	return c
}

// note notes who listens, for a process that is about to start. It returns who
// hears its lines, if they matter.
func (ps *probes) note(p formation.Process) *heard {
	if !p.Settings.Ready.Probed() {
		return nil
	}
	c := conditionOf(p)
	if ps.begun == nil {
		ps.begun = make(map[string]begunProbe)
	}
	noted := begunProbe{condition: c, before: ps.poller.Before(c, p.Port)}
	if lines := c.Lines(); lines != nil {
		noted.heard = &heard{lines: lines, told: make(chan struct{})}
	}
	ps.begun[p.Name] = noted
	return noted.heard
}

// probe implements [supervisor.Probe].
func (b *back) probe(p formation.Process, pid int, tell func(supervisor.Readiness)) (stop func()) {
	noted := b.probes.begun[p.Name]
	delete(b.probes.begun, p.Name)
	ctx, cancel := context.WithCancel(context.Background())
	target := ready.Target{
		Port:   p.Port,
		Before: noted.before,
		PIDs:   func() []int { return b.probes.trees.of(p.Name, b.keeper.Trees) },
		Seen:   func(what string) { tell(supervisor.Readiness{Seen: what}) },
	}
	if noted.heard != nil {
		target.Lines = noted.heard.lines
	}
	go func() {
		if noted.heard != nil {
			defer close(noted.heard.told)
		}
		r, err := b.probes.poller.Wait(ctx, noted.condition, target)
		if err == nil {
			tell(readiness(p, r))
		}
		cancel()
	}()
	return cancel
}

// readiness is what a probe found. That a process speaks HTTP is known of one
// that has answered, and of the type web, which is there for it.
func readiness(p formation.Process, r ready.Result) supervisor.Readiness {
	is := supervisor.Readiness{Ready: true, Port: r.Port}
	if r.Kind == ready.HTTP || p.Type == "web" {
		is.URL = r.URL()
	}
	return is
}

// forest shares one look at all trees among those who ask at about one time:
// each look reads the whole process table.
type forest struct {
	mu    sync.Mutex
	at    time.Time
	trees map[string][]int
}

func (f *forest) of(name string, look func() map[string][]int) []int {
	const fresh = 50 * time.Millisecond
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.trees == nil || time.Since(f.at) > fresh {
		f.trees, f.at = look(), time.Now()
	}
	return f.trees[name]
}
