package process

import (
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// treeLoop looks at the trees whenever one may have changed: a child of ours
// died, a first process ended, somebody asked for signals. It never polls
// where the system tells (Linux, FreeBSD); elsewhere it does while it waits
// for a tree to end.
func (k *Keeper) treeLoop() {
	defer k.loops.Done()
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
	strays := k.reapStrays()
	k.claimStrays()
	targets := k.targets()
	if len(targets) == 0 {
		return false
	}
	if !strays && allEnded(targets) {
		// A dead process's children are ours at once, so no stray child of
		// ours means that nothing of any ended tree lives.
		for _, p := range targets {
			k.release(p)
		}
		return false
	}
	trees := k.members()
	k.kill(targets, &trees)
	for _, p := range targets {
		rest := trees.of[p]
		k.signalRest(p, rest)
		rest, firstToo := k.outOfReach(p, rest)
		switch {
		case len(rest) == 0 && (firstToo || k.isEnded(p)):
			k.release(p)
			continue
		case !k.isEnded(p):
			continue
		}
		waiting = true
		k.tellLeft(p, rest)
	}
	return waiting
}

// reapStrays reaps those children of ours that ended and that we did not
// start: orphans that the kernel gave us. It reports whether any lives. It asks
// for pids by name, never with wait4(-1), which would steal the status of a
// first process.
func (k *Keeper) reapStrays() (alive bool) {
	before := k.spawns.now()
	children, ok := ourChildren()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.blind = !ok
	var unknown []int
	for _, pid := range children {
		if k.first[pid] == nil {
			unknown = append(unknown, pid)
		}
	}
	if len(unknown) == 0 {
		clear(k.strays)
		return false
	}
	if !k.spawns.quietSince(before) {
		// One of them may be the child of a fork that is under way.
		k.unsure.Store(true)
		return true
	}
	strays := make(map[int]*Process)
	for _, pid := range unknown {
		if !reap(pid) {
			alive = true
			strays[pid] = k.strays[pid]
		}
	}
	k.strays = strays
	return alive
}

// claimStrays gives those orphans to a first process that ends which were born
// just before that end: a daemon like nginx, which leaves its group and
// overwrites its environment, can be attributed by nothing else. Where two ended
// at one moment nobody can tell.
func (k *Keeper) claimStrays() {
	k.mu.Lock()
	defer k.mu.Unlock()
	var new []*Process
	for _, p := range k.first {
		if p.phase == ended && !p.claimed {
			p.claimed = true
			new = append(new, p)
		}
	}
	if len(new) != 1 {
		return
	}
	for pid, of := range k.strays {
		if of == nil && born(pid, claimWindow) {
			k.strays[pid] = new[0]
		}
	}
}

// claimWindow is how long a program takes at most from the fork of its daemon
// to its own end.
const claimWindow = time.Second

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

// reap takes the status of a child that has ended, and reports whether it has.
func reap(pid int) bool {
	var ws unix.WaitStatus
	for {
		got, err := unix.Wait4(pid, &ws, unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		return err != nil || got == pid
	}
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

func (k *Keeper) isEnded(p *Process) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return p.phase == ended
}

// release reaps the first process: its tree is empty, its pid may be reused.
func (k *Keeper) release(p *Process) {
	k.mu.Lock()
	p.phase = gone
	if k.blind {
		// Nothing shows who is left: end the group, while it is ours.
		_ = unix.Kill(-p.pid, unix.SIGKILL)
	}
	delete(k.first, p.pid)
	reap(p.pid)
	p.master = nil
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

// signalRest sends the signals that SignalRest asked for.
func (k *Keeper) signalRest(p *Process, rest []proc) {
	k.mu.Lock()
	asked := p.rest
	p.rest = nil
	k.mu.Unlock()
	for _, a := range asked {
		for _, m := range rest {
			if a.elsewhere && m.pgrp == p.pid {
				continue
			}
			m.signal(a.sig)
			if !jobControl(a.sig) {
				m.signal(unix.SIGCONT)
			}
		}
	}
}

// jobControl reports whether a signal is about stopping and going on itself.
// After any other one CONT is sent: to a stopped process it stays pending.
func jobControl(sig syscall.Signal) bool {
	return sig == unix.SIGCONT || sig == unix.SIGSTOP || sig == unix.SIGTSTP
}

// maxRounds bounds the hunt for what forks while it is being stopped. Each
// round stops every process found so far, so it can only go on as long as
// somebody new escapes from the group in time.
const maxRounds = 100

// kill ends the trees of those targets that are to be killed. What forks
// faster than it is killed is stopped first, until nothing new is found.
func (k *Keeper) kill(targets []*Process, trees *trees) {
	var doomed []*Process
	k.mu.Lock()
	for _, p := range targets {
		if p.killing {
			doomed = append(doomed, p)
		}
	}
	k.mu.Unlock()
	if len(doomed) == 0 {
		return
	}
	for _, p := range doomed {
		_ = p.signal(p.group, unix.SIGSTOP) // the whole group in one step
	}
	*trees = k.members()
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
		*trees = k.members()
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

func membersOf(rest []proc, group int) []Member {
	ms := make([]Member, len(rest))
	for i, m := range rest {
		ms[i] = memberOf(m, group)
	}
	return ms
}

func memberOf(m proc, group int) Member {
	return Member{PID: m.pid, Command: m.comm, Escaped: m.pgrp != group}
}

// proc is one line of the system's process table.
type proc struct {
	pid, ppid, pgrp, session int
	comm                     string
	zombie                   bool
	start                    uint64 // since boot, in the system's unit: with the pid it names a process for ever
}

// below orders those of the table that descend from root, parents first.
func below(root int, table []proc) []proc {
	children := make(map[int][]proc)
	for _, m := range table {
		children[m.ppid] = append(children[m.ppid], m)
	}
	out := append([]proc(nil), children[root]...)
	for i := 0; i < len(out); i++ {
		out = append(out, children[out[i].pid]...)
	}
	return out
}

// trees are the living members of each first process's tree, that process
// itself excepted, and of nobody's.
type trees struct {
	of     map[*Process][]proc
	nobody []proc
}

// members reads the process table and says who belongs to whom.
func (k *Keeper) members() trees {
	table := descendants()
	k.mu.Lock()
	defer k.mu.Unlock()
	return attribute(table, k.first, k.strays, k.markIndex())
}

// markIndex is our children's place in their GANGER_PROCESS.
func (k *Keeper) markIndex() int {
	if k.shellMark == "" {
		return 0
	}
	return strings.Count(k.shellMark, "/") + 1
}

// attribute gives every process of the table, in which a parent stands before
// its children, to a first process: by group, by session, by live descent,
// then by the mark in its environment, then by when it was orphaned.
func attribute(table []proc, first map[int]*Process, strays map[int]*Process, markIndex int) trees {
	t := trees{of: make(map[*Process][]proc)}
	owner := make(map[int]*Process, len(table))
	letGo := make(map[int]bool)
	byName := make(map[string]*Process, len(first))
	for _, p := range first {
		byName[p.spec.Name] = p
	}
	for _, m := range table {
		if p, ok := first[m.pid]; ok {
			owner[m.pid] = p
			continue
		}
		p := first[m.pgrp]
		if p == nil {
			p = first[m.session]
		}
		if p == nil && letGo[m.ppid] {
			letGo[m.pid] = true
			continue
		}
		if p == nil {
			p = owner[m.ppid]
		}
		if p == nil && !m.zombie {
			p = byName[markOf(m.pid, markIndex)]
		}
		if of := strays[m.pid]; p == nil && of != nil && first[of.pid] == of {
			p = of
		}
		if p != nil && p.letsGo(m) {
			letGo[m.pid] = true
			continue
		}
		if p != nil {
			owner[m.pid] = p
		}
		switch {
		case m.zombie:
		case p != nil:
			t.of[p] = append(t.of[p], m)
		default:
			t.nobody = append(t.nobody, m)
		}
	}
	return t
}

// letsGo reports whether the stop of p leaves m alone: a program named in
// leave= that is neither in p's group nor in its session.
func (p *Process) letsGo(m proc) bool {
	return m.pgrp != p.pid && m.session != p.pid && named(m.comm, p.spec.Leave)
}

func named(comm string, names []string) bool {
	for _, n := range names {
		// The kernel keeps 15 bytes of a name.
		if comm == n || len(n) > 15 && comm == n[:15] {
			return true
		}
	}
	return false
}

// markOf is the process named by the mark in pid's environment, in the run
// whose place in the mark is index.
func markOf(pid, index int) string {
	mark, ok := environOf(pid, MarkVar)
	if !ok {
		return ""
	}
	parts := strings.Split(mark, "/")
	if index >= len(parts) {
		return ""
	}
	return parts[index]
}

// signal sends sig to the process if it is still the one that was read.
func (m proc) signal(sig syscall.Signal) { signalProc(m, sig) }
