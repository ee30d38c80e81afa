package process

import (
	"time"

	"golang.org/x/sys/unix"
)

// reapStrays reaps those children of ours that ended and that we did not
// start: orphans that the kernel gave us. It reports whether any lives, and
// whether it knows: while a fork is under way a child may be one of ours. It asks
// for pids by name, never with wait4(-1), which would steal the status of a
// first process.
func (k *Keeper) reapStrays() (alive, known bool) {
	for range chaseRounds {
		alive, reaped, known := k.reapStraysOnce()
		switch {
		case !known:
			// Said before the count is read: so that either we see that the fork has
			// ended, or the spawner sees that a look is due.
			k.unsure.Store(true)
			if k.spawns.underWay() {
				return true, false
			}
		case k.unsure.Swap(false):
			wake(k.sure)
		}
		if known && !reaped {
			return alive, true
		}
		// What it has left behind is in a later list.
	}
	return true, !k.unsure.Load()
}

func (k *Keeper) reapStraysOnce() (alive, reaped, known bool) {
	before := k.spawns.now()
	look := beginLook()
	children, ok := ourChildren()
	if look.failed() {
		return true, false, true // what is known of the strays is still what is known
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.blind = !ok
	for pid := range k.lost {
		if reap(pid) {
			delete(k.lost, pid)
		}
	}
	var unknown []int
	for _, pid := range children {
		if k.first[pid] == nil && !k.lost[pid] {
			unknown = append(unknown, pid)
		}
	}
	if len(unknown) == 0 {
		clear(k.strays)
		return false, false, true
	}
	if !k.spawns.quietSince(before) {
		return true, false, false
	}
	strays := make(map[int]*Process)
	for _, pid := range unknown {
		if reap(pid) {
			reaped = true
		} else {
			alive = true
			strays[pid] = k.strays[pid]
		}
	}
	k.strays = strays
	return alive, reaped, true
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
		if of == nil && born(pid, claimWindow+time.Since(new[0].endedAt)) {
			k.strays[pid] = new[0]
		}
	}
}

// claimWindow is how long a program takes at most from the fork of its daemon
// to its own end.
const claimWindow = time.Second

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
