package process

import (
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// treeLoop looks at the trees whenever one may have changed: a child of ours
// died, a first process ended, somebody asked for signals. It never polls
// where the system tells (Linux, FreeBSD); elsewhere it does while it waits
// for a tree to end.
func (k *Keeper) treeLoop() {
	defer k.loops.Done()
	signal.Notify(k.chld, unix.SIGCHLD)
	wake(k.look) // for what ended before
	poll := newPoll()
	defer poll.stop()
	for {
		select {
		case <-k.chld:
		case <-k.look:
		case <-poll.c():
		case <-k.done:
			return
		}
		poll.set(k.lookAtTrees())
	}
}

// lookAtTrees does what was asked for and tells what is gone. It reports
// whether something is still to end.
func (k *Keeper) lookAtTrees() (waiting bool) {
	k.findEnded()
	// Before the strays are looked at: whose first process ends after that may
	// have left some since.
	targets := k.targets()
	look := beginLook()
	strays, known := k.reapStrays()
	if known && !look.failed() {
		k.claimStrays()
	}
	if len(targets) == 0 {
		if !look.failed() {
			k.misses = misses{}
		}
		return false
	}
	if !strays && !look.failed() && allEnded(targets) {
		// A dead process's children are ours at once, so no stray child of
		// ours means that nothing of any ended tree lives.
		for _, p := range targets {
			k.release(p)
		}
		return false
	}
	var missing []*Process // whose trees may be empty
	trees, read := k.kill(targets)
	if !read {
		trees = k.members()
	}
	// One reading of the table is no snapshot: who forks after the list was read
	// and ends before its own turn shows neither itself nor its child.
	again := sync.OnceValue(func() map[*Process][]proc { return k.members().of })
	for _, p := range targets {
		rest := trees.of[p]
		k.signalRest(p, rest, look)
		rest, firstToo := k.outOfReach(p, rest)
		if len(rest) == 0 && k.isEnded(p) {
			rest, _ = k.outOfReach(p, again()[p])
			for n := 0; n < sureLooks && len(rest) == 0 && k.toldLeft(p); n++ {
				rest, _ = k.outOfReach(p, k.members().of[p])
			}
		}
		switch {
		case len(rest) == 0 && (firstToo || k.isEnded(p)):
			if look.failed() {
				missing = append(missing, p)
			} else if known || k.isClaimed(p) {
				k.release(p)
			} // else the spawner has us look again
			continue
		case !k.isEnded(p):
			continue
		}
		waiting = true
		k.tellLeft(p, rest)
	}
	if k.misses.again(look.failed()) {
		time.AfterFunc(lookAgain, func() { wake(k.look) })
		return true
	}
	for _, p := range missing {
		k.release(p) // it may have left somebody, who ends with the run
	}
	return waiting
}

// sureLooks is how many readings more have to find nobody of a tree that left
// somebody: a chain of short lives is looked at at each of its deaths.
const sureLooks = 5

func (k *Keeper) toldLeft(p *Process) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return p.left
}

// targets are the processes about which something is to be found out or done.
func (k *Keeper) targets() []*Process {
	k.mu.Lock()
	defer k.mu.Unlock()
	var ps []*Process
	for _, p := range k.first {
		if p.phase == ended && p.told || p.phase != ended && (p.killing || len(p.rest) > 0) {
			ps = append(ps, p)
		}
	}
	return ps
}

// inPhase are the first processes that have come so far.
func (k *Keeper) inPhase(ph phase) []*Process {
	k.mu.Lock()
	defer k.mu.Unlock()
	var ps []*Process
	for _, p := range k.first {
		if p.phase == ph {
			ps = append(ps, p)
		}
	}
	return ps
}

func allEnded(ps []*Process) bool {
	for _, p := range ps {
		if !p.k.isEnded(p) {
			return false
		}
	}
	return true
}

func (k *Keeper) isClaimed(p *Process) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return p.claimed
}

func (k *Keeper) isEnded(p *Process) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return p.phase == ended
}

// release reaps the first process: its tree is empty, its pid may be reused. One
// that lives, and is not ours to end, is given up.
func (k *Keeper) release(p *Process) {
	k.mu.Lock()
	p.phase = gone
	if k.blind {
		// Nothing shows who is left: end the group, while it is ours.
		_ = unix.Kill(-p.pid, unix.SIGKILL)
	}
	delete(k.first, p.pid)
	if !reap(p.pid) {
		k.lost[p.pid] = true
	}
	if p.master != nil {
		_ = p.master.SetWriteDeadline(longAgo())
		p.master = nil
	}
	close(p.over)
	e := Gone{}
	for m := range p.killed {
		if !p.foreign[m] {
			e.Killed = append(e.Killed, m)
		}
	}
	for m := range p.foreign {
		e.Foreign = append(e.Foreign, m)
	}
	k.mu.Unlock()
	k.tellSessions(p.spec.Name, Life{})
	p.notify(e)
}

func (k *Keeper) tellLeft(p *Process, rest []proc) {
	k.mu.Lock()
	tell := !p.left
	p.left = true
	k.mu.Unlock()
	if tell {
		p.notify(Left{membersOf(rest, p.pid)})
	}
}
