package process

import (
	"strings"
	"syscall"
)

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
	undead                   bool   // its main thread has ended, others have not
	start                    uint64 // since boot, in the system's unit: with the pid it names a process for ever
	mark                     string // its GANGER_PROCESS, where marked
	marked                   bool   // its mark was read
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
func (k *Keeper) members() trees { return k.membersSeen(func(proc) {}) }

// membersSeen shows those of our children that we did not start as soon as it
// knows of them.
func (k *Keeper) membersSeen(see func(proc)) trees {
	table := k.chaseOrphans(descendants(), see)
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
			p = byName[m.markedAs(markIndex)]
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

// markedAs is the process named by the mark in m's environment, in the run whose
// place in the mark is index.
func (m proc) markedAs(index int) string {
	mark := m.mark
	if !m.marked {
		mark, _ = environOf(m.pid, MarkVar)
	}
	if mark == "" {
		return ""
	}
	parts := strings.Split(mark, "/")
	if index >= len(parts) {
		return ""
	}
	return parts[index]
}

// signal sends sig to the process if it is still the one that was read, and
// reports whether it was sent.
func (m proc) signal(sig syscall.Signal) bool { return signalProc(m, sig) }
