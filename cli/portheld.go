package cli

import (
	"fmt"
	"sync"
	"time"

	"ganger/formation"
	"ganger/portalloc"
	"ganger/supervisor"
)

// heldPorts names who holds the port of a process that has died of it. The zero
// value has named nobody.
type heldPorts struct {
	looks sync.WaitGroup

	mu    sync.Mutex
	named map[string]portalloc.Holder // by process
}

// diesOfPort is how soon a server ends that finds its port taken, at most: it
// may have a lot to load before it binds.
const diesOfPort = time.Minute

// blamePort looks who holds the port of a process that has just failed, if
// anybody does. Nothing of the process itself is left by then. To look may take
// its time, so it is done beside.
func (b *back) blamePort(n supervisor.Ended) {
	p := n.Process
	if p.Port == 0 || n.Asked || n.Lives || n.Err != nil || n.Status.OK() || n.Lived > diesOfPort {
		return
	}
	b.held.looks.Go(func() {
		if !portalloc.Taken(p.Port) {
			return
		}
		h := portalloc.Holders([]int{p.Port})[p.Port]
		if b.held.isNews(p, h) {
			b.say(message{name: "port", about: n.About, text: fmt.Sprintf("port %d of %s is held%s", p.Port, p.Name, holderText(h))}, nil)
		}
	})
}

// isNews reports whether the holder was not named for that process before.
func (hp *heldPorts) isNews(p formation.Process, h portalloc.Holder) bool {
	hp.mu.Lock()
	defer hp.mu.Unlock()
	if last, named := hp.named[p.Name]; named && last == h {
		return false
	}
	if hp.named == nil {
		hp.named = make(map[string]portalloc.Holder)
	}
	hp.named[p.Name] = h
	return true
}
