package supervisor

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"
)

// A Change is a process that came to be in another state or that began another
// life. One without a name is the run itself, which came to be StateSuspended,
// StateRunning again or StateStopping.
type Change struct {
	At time.Time
	ProcessView
}

// feedRoom is how many changes wait for a reader before the oldest are lost.
const feedRoom = 1024

// A Feed gives the changes since it was subscribed to, to one reader.
type Feed struct {
	mu      sync.Mutex
	changes []Change
	missed  int
	ended   bool
	wake    chan struct{} // has room for one
}

// Subscribe tells how everything is now and gives what changes from then on.
// The feed ends with the run; it has to be closed by a reader who ends sooner.
func (s *Supervisor) Subscribe(ctx context.Context) (Snapshot, *Feed, error) {
	f := &Feed{wake: make(chan struct{}, 1)}
	shot, err := ask(ctx, s, func() (Snapshot, error) {
		s.feeds = append(slices.DeleteFunc(s.feeds, (*Feed).over), f)
		return s.snapshot(), nil
	})
	if err != nil {
		f.Close()
		return Snapshot{}, nil, err
	}
	return shot, f, nil
}

// Next waits for changes and returns all that there are, and how many before
// them were lost because nobody read. The error is io.EOF after the last, or
// that of ctx.
func (f *Feed) Next(ctx context.Context) (changes []Change, missed int, err error) {
	for {
		f.mu.Lock()
		changes, missed = f.changes, f.missed
		f.changes, f.missed = nil, 0
		ended := f.ended
		f.mu.Unlock()
		switch {
		case len(changes) > 0:
			return changes, missed, nil
		case ended:
			return nil, 0, io.EOF
		}
		select {
		case <-f.wake:
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}

// News gets a value when there may be something that Next does not wait for. It
// is for one who waits for other things as well, and is not to be used while Next
// waits.
func (f *Feed) News() <-chan struct{} { return f.wake }

// Close ends the feed. What it has is still read.
func (f *Feed) Close() {
	f.mu.Lock()
	f.ended = true
	f.mu.Unlock()
	f.poke()
}

func (f *Feed) over() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended
}

// put adds a change and never waits.
func (f *Feed) put(c Change) {
	f.mu.Lock()
	defer f.poke()
	defer f.mu.Unlock()
	if f.ended {
		return
	}
	if len(f.changes) == feedRoom {
		// Many at once, so that a reader who never reads costs little.
		f.changes = slices.Delete(f.changes, 0, feedRoom/4)
		f.missed += feedRoom / 4
	}
	f.changes = append(f.changes, c)
}

// look notes that something about a process may have changed.
func (s *Supervisor) look(e *entry) {
	if !e.changed {
		e.changed = true
		s.changed = append(s.changed, e)
	}
}

// tell gives a change of a process to those who subscribed.
func (s *Supervisor) tell(e *entry) {
	now := seen{state: e.state(), life: e.life, pid: e.pid}
	if e.leaving && !e.st.phase.active() {
		now.state = StateRemoved
	}
	if now.at = e.seen.at; now == e.seen {
		return
	}
	now.at = time.Now()
	e.seen = now
	if len(s.feeds) == 0 {
		return
	}
	v := e.view()
	v.State = now.state
	s.publish(v)
}

// tellRun gives a change of the run.
func (s *Supervisor) tellRun(to State) { s.publish(ProcessView{State: to}) }

func (s *Supervisor) publish(v ProcessView) {
	c := Change{At: time.Now(), ProcessView: v}
	for _, f := range s.feeds {
		f.put(c)
	}
}

func (f *Feed) poke() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}
