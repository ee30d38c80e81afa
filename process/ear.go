package process

import "sync"

// An ear tells what is heard to one listener after another.
type ear struct {
	mu    sync.Mutex // held while f runs, so that events keep their order
	f     func(LinkEvent) bool
	kept  []LinkEvent // what nobody has acted on yet
	begin func()      // begins to hear; nil once it has
}

// Listen calls f for all that is heard from now on, in place of an earlier one,
// from a goroutine of its own. f reports whether it has acted on the event: what
// it leaves is kept for the next one that listens, which is called for that at
// once.
func (r *ear) Listen(f func(LinkEvent) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.f = f
	kept := r.kept
	r.kept = nil
	for _, e := range kept {
		r.tellLocked(e)
	}
	if begin := r.begin; begin != nil {
		r.begin = nil
		begin()
	}
}

func (r *ear) tell(e LinkEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tellLocked(e)
}

func (r *ear) tellLocked(e LinkEvent) {
	// One that repeats the last says no more: a window may be dragged for long.
	if !r.f(e) && len(r.kept) < keptMost && (len(r.kept) == 0 || r.kept[len(r.kept)-1] != e) {
		r.kept = append(r.kept, e)
	}
}

// keptMost is as much as whoever listens next takes at once.
const keptMost = 32
