package cli

import (
	"errors"
	"sync"
	"syscall"

	"ganger/process"
	"ganger/supervisor"
)

// gate is a process that the supervisor has started and that begins when it is
// let through.
type gate struct {
	begin  func() supervisor.Process
	notify func(process.Event)

	mu     sync.Mutex
	inner  supervisor.Process // nil: it has not begun
	closed bool               // and will not
}

var _ supervisor.Process = (*gate)(nil)

// open lets the process begin.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed && g.inner == nil {
		g.inner = g.begin()
	}
}

// through is the process, nil before it has begun.
func (g *gate) through() supervisor.Process {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inner
}

// shut takes back a start that has not begun, or gives the process.
func (g *gate) shut() supervisor.Process {
	g.mu.Lock()
	first := g.inner == nil && !g.closed
	g.closed = true
	inner := g.inner
	g.mu.Unlock()
	if first {
		// The supervisor, which calls this, is the one that takes it.
		go g.notify(process.NotStarted{Err: errNotBegun, Canceled: true})
	}
	return inner
}

var errNotBegun = errors.New("canceled")

// Cancel implements [supervisor.Process].
func (g *gate) Cancel() {
	if p := g.shut(); p != nil {
		p.Cancel()
	}
}

// Kill implements [supervisor.Process].
func (g *gate) Kill() {
	if p := g.shut(); p != nil {
		p.Kill()
	}
}

// Signal implements [supervisor.Process].
func (g *gate) Signal(sig syscall.Signal) error {
	if p := g.through(); p != nil {
		return p.Signal(sig)
	}
	return errNotBegun
}

// SignalGroup implements [supervisor.Process].
func (g *gate) SignalGroup(sig syscall.Signal) error {
	if p := g.through(); p != nil {
		return p.SignalGroup(sig)
	}
	return errNotBegun
}

// SignalRest implements [supervisor.Process].
func (g *gate) SignalRest(sig syscall.Signal, elsewhere bool) {
	if p := g.through(); p != nil {
		p.SignalRest(sig, elsewhere)
	}
}
