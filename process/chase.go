package process

import (
	"slices"
	"time"
)

// chaseRounds bounds a chase. A reading of our children takes microseconds, so
// that a process of a chain lives through one in most rounds.
const chaseRounds = 100

// chase shows each child of ours to see, as soon as it is listed, until a list
// has none that was not shown.
//
// A process that forks and exits on and on is not in every reading of the whole
// table: that takes longer than each of its processes lives. But whoever adopts
// orphans is at every moment the parent of one of them, alive or dead, or of the
// one that has just forked it.
func chase(see func(pid int)) {
	seen := make(map[int]bool)
	for range chaseRounds {
		pids, err := adopted()
		if err != nil {
			return
		}
		news := false
		for _, pid := range pids {
			if !seen[pid] {
				seen[pid], news = true, true
				see(pid)
			}
		}
		if !news {
			return
		}
	}
}

// chaseOrphans completes a reading of the table by those of our children that we
// did not start; see is told of each at once.
func (k *Keeper) chaseOrphans(table []proc, see func(proc)) []proc {
	chase(func(pid int) {
		if k.isFirst(pid) {
			return
		}
		m, ok := readMarked(pid)
		if !ok || m.zombie {
			return
		}
		see(m)
		if i := slices.IndexFunc(table, func(t proc) bool { return t.pid == m.pid }); i >= 0 {
			m.ppid = table[i].ppid
			table[i] = m
		} else {
			table = append(table, m)
		}
	})
	return table
}

func (k *Keeper) isFirst(pid int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.first[pid] != nil
}

// readMarked reads the mark first: of what is alive after that it was to be had.
// While a program takes another's place (execve(2)) there is none to be read, nor
// are there arguments; that is waited for.
func readMarked(pid int) (m proc, ok bool) {
	for range execRounds {
		m.mark, _ = environOf(pid, MarkVar)
		mark := m.mark
		m, ok = readProc(pid)
		m.mark, m.marked = mark, true
		if mark != "" || !ok || m.zombie || !inExec(pid) {
			break
		}
		time.Sleep(execRound)
	}
	return m, ok
}

// An exec takes a tenth of a millisecond, longer on a busy machine.
const (
	execRounds = 100
	execRound  = 100 * time.Microsecond
)
