package process

import (
	"maps"
	"time"

	"golang.org/x/sys/unix"
)

// undead is a back that has ended but for a thread that the system does not let
// go, in a file system that does not answer: nobody is told of its end, and its
// descriptors stay open. The front's main loop alone calls it.
type undead struct {
	due   <-chan time.Time // of the next look; nil: nothing makes one expect it
	looks int              // in a row that found it so
}

// Between two looks, and how many are sure: a moment of it belongs to every end.
const (
	undeadLook = 700 * time.Millisecond
	undeadSure = 3
)

// expect begins to look.
func (u *undead) expect() {
	if u.due == nil {
		u.due = time.After(undeadLook)
	}
}

// watch begins to look where it seems to be so.
func (u *undead) watch(pid int) {
	if m, ok := readProc(pid); ok && (m.zombie || m.undead) {
		u.expect()
	}
}

// confirmed looks once more.
func (u *undead) confirmed(pid int) bool {
	u.due = time.After(undeadLook)
	if m, ok := readProc(pid); ok && (m.zombie || m.undead) {
		u.looks++
	} else {
		u.looks = 0
	}
	return u.looks == undeadSure
}

// expectEnd lets the front look whether the back comes to an end.
func (f *front) expectEnd() {
	select {
	case f.ending <- struct{}{}:
	default:
	}
}

// endUndead is the end without having heard of that of the back: with the status
// that it said, or as if it was killed. It is not ours to end any more.
func (f *front) endUndead() int {
	status := Status{Signal: unix.SIGKILL}
	if said := f.bye.Load(); said != nil {
		status = *said
	}
	spared := maps.Clone(f.guests.list())
	if spared == nil {
		spared = make(map[int]uint64)
	}
	if m, ok := readProc(f.pid); ok {
		spared[m.pid] = m.start
	}
	return f.end(status, spared)
}
