package process

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// outOfReach takes out of the rest of a tree that is being killed those that we
// may not signal, since they run as another user: they are named and left
// alone. It reports whether the first process itself is one of them.
func (k *Keeper) outOfReach(p *Process, rest []proc) (reachable []proc, firstToo bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !p.killing {
		return rest, false
	}
	note := func(m proc) {
		if p.foreign == nil {
			p.foreign = make(map[Member]bool)
		}
		p.foreign[memberOf(m, p.pid)] = true
	}
	for _, m := range rest {
		if forbidden(m.pid) {
			note(m)
		} else {
			reachable = append(reachable, m)
		}
	}
	if p.phase == running && forbidden(p.pid) {
		note(proc{pid: p.pid, pgrp: p.pid, comm: commOf(p.pid)})
		firstToo = true
	}
	return reachable, firstToo
}

// forbidden reports whether pid runs as a user whom we may not signal.
func forbidden(pid int) bool { return unix.Kill(pid, 0) == unix.EPERM }

// signalRest sends the signals that SignalRest asked for, and keeps them where the
// look that began as it is given has failed.
func (k *Keeper) signalRest(p *Process, rest []proc, seen look) {
	k.mu.Lock()
	asked := p.rest
	p.rest = nil
	k.mu.Unlock()
	missed := make(map[int]bool) // who has missed one gets none of the next: the order counts
	for i := range asked {
		to := slices.DeleteFunc(slices.Clone(rest), func(m proc) bool {
			return missed[m.pid] || asked[i].elsewhere && m.pgrp == p.pid
		})
		for _, m := range asked[i].send(to) {
			missed[m.pid] = true
		}
	}
	if len(asked) > 0 && seen.failed() {
		k.mu.Lock()
		p.rest = append(asked, p.rest...)
		k.mu.Unlock()
	}
}

// maxRounds bounds the hunt for what forks while it is being stopped. Each
// round stops every process found so far, so it can only go on as long as
// somebody new escapes from the group in time.
const maxRounds = 100

// kill ends the trees of those targets that are to be killed. What forks
// faster than it is killed is stopped first, until nothing new is found. It
// gives the last reading of the table; not read where nobody is to be killed.
func (k *Keeper) kill(targets []*Process) (trees trees, read bool) {
	var doomed []*Process
	k.mu.Lock()
	for _, p := range targets {
		if p.killing {
			doomed = append(doomed, p)
		}
	}
	k.mu.Unlock()
	if len(doomed) == 0 {
		return trees, false
	}
	for _, p := range doomed {
		_ = p.signal(p.group, unix.SIGSTOP) // the whole group in one step
	}
	halt := func(m proc) { k.halt(m, doomed) }
	trees = k.membersSeen(halt)
	stopped := make(map[int]bool)
	for range maxRounds {
		found := false
		for _, p := range doomed {
			for _, m := range trees.of[p] {
				if !stopped[m.pid] {
					stopped[m.pid], found = true, true
					m.signal(unix.SIGSTOP)
				}
			}
		}
		if !found {
			break
		}
		trees = k.membersSeen(halt)
	}
	for _, p := range doomed {
		_ = p.signal(p.group, unix.SIGKILL) // what the table does not show, too
		for _, m := range trees.of[p] {
			m.signal(unix.SIGKILL)
		}
		k.noteKilled(p, trees.of[p])
	}
	// Nobody would wake us for what a debugger holds.
	time.AfterFunc(killInterval, func() { wake(k.look) })
	return trees, true
}

// halt stops a child of ours that is to be killed, before it can fork again. It
// is not reaped meanwhile, so its pid is its own.
func (k *Keeper) halt(m proc, doomed []*Process) {
	k.mu.Lock()
	defer k.mu.Unlock()
	own := attribute([]proc{m}, k.first, k.strays, k.markIndex())
	for _, p := range doomed {
		if len(own.of[p]) > 0 {
			_ = unix.Kill(m.pid, unix.SIGSTOP)
		}
	}
}

// killInterval is when the killed are looked at and killed again that have not
// gone, as they do at once but for a debugger or a device that holds them.
const killInterval = 100 * time.Millisecond

// killedBefore reports whether p got KILL long enough ago to have ended by it.
func (k *Keeper) killedBefore(p *Process) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !p.killedAt.IsZero() && time.Since(p.killedAt) > killInterval/2
}

func (k *Keeper) noteKilled(p *Process, rest []proc) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p.killed == nil {
		p.killed = make(map[Member]bool)
		p.killedAt = time.Now()
	}
	for _, m := range membersOf(rest, p.pid) {
		p.killed[m] = true
	}
}
