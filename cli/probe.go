package cli

import (
	"context"
	"strings"
	"sync"
	"time"

	"ganger/formation"
	"ganger/output"
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
}

// conditionOf is what ready means for a process. Loading the app has found no
// mistake in it.
func conditionOf(p formation.Process) ready.Condition {
	c, _ := ready.Parse(string(p.Settings.Ready))
	return c
}

// note notes who listens, for a process that is about to start.
func (ps *probes) note(p formation.Process) {
	if !p.Settings.Ready.Probed() {
		return
	}
	c := conditionOf(p)
	if ps.begun == nil {
		ps.begun = make(map[string]begunProbe)
	}
	ps.begun[p.Name] = begunProbe{c, ps.poller.Before(c, p.Port)}
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
	if noted.condition.Kind == ready.Log {
		target.Lines = b.lines(ctx, p.Name, pid)
	}
	go func() {
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

// lines gives what the process with this pid writes, from its first line on.
func (b *back) lines(ctx context.Context, name string, pid int) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		f := b.out.Follow(output.FollowOptions{Names: []string{name}, Lines: -1})
		defer f.Close()
		for {
			chunks, err := f.Next(ctx)
			if err != nil {
				return
			}
			for _, c := range chunks {
				if c.PID != pid {
					continue // of an earlier life, or of a stop-command
				}
				for line := range strings.Lines(string(c.Data)) {
					select {
					case lines <- line:
					case <-ctx.Done():
						return
					}
				}
			}
		}
	}()
	return lines
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
