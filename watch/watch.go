// Package watch tells when files change that a process type wants to be
// restarted for.
//
//	patterns, err := watch.Parse("src/**/*.go,templates/**,!**/*_test.go")
//	w := watch.New(watch.Options{Changed: restart, Polling: warn})
//	err = w.Add("web", dir, patterns)
//	...
//	w.Close()
//
// Only folders are watched, and of them those alone that may hold a file that
// matches; what .gitignore names, .git and node_modules are not among them. So
// an app of 50,000 files needs as many watches as it has folders.
//
// A change is told once nothing has changed for 100 ms. Permissions are no
// change, and a file that came and went is none.
//
// What the system does not watch is looked at each second: folders on network
// file systems, and those for which no watch is left.
package watch

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Change is a burst of changes.
type Change struct {
	Name   string // of the type, as Add was given it
	File   string // relative to the folder that Add was given
	Others int    // files that changed beside it
}

// Options is what a Watcher tells, and to whom. The functions are called from
// its own goroutine and must not block; after Close has returned, neither is
// called again.
type Options struct {
	Changed func(Change)
	// Polling, unless nil, is told why folders are looked at each second: a
	// *LimitError or a *SilentError, each once.
	Polling func(error)
	// Restless, unless nil, is told of changes that come without a pause for
	// so long that it is worth a word, once: until they end, they are not told
	// to Changed. File is the one that changed last.
	Restless func(Change)
}

// Watcher watches files for any number of types. Its methods may be called from
// any goroutine, except from within the functions of Options.
type Watcher struct {
	opts     Options
	requests chan func()
	overflow chan struct{} // events were lost
	done     chan struct{}
	ended    chan struct{}

	mu     sync.Mutex // held while a function of Options runs
	closed bool

	// What follows is the loop's own.
	sets    map[string]*set
	ignored map[string]*ignores // by folder
	folders map[string]*folder
	paths   map[identity][]string // of those that are watched; the watch is under the first
	events  *fsnotify.Watcher     // nil where there is none
	full    bool                  // no more watches
	told    map[string]bool       // what Polling was told
	spelled map[string][]string   // the paths that are spelled out, with where they lead if they are links
	links   map[string][]string   // those, by where they lead
	bursts  map[string]*burst
	storm   time.Time // since when there was no moment without events
	last    time.Time // of the last event
	timer   *time.Timer
	poll    *time.Timer
	quiet   time.Duration           // Quiet, other than in tests
	silent  func(dir string) string // other than in tests, that of this system

	restless time.Duration // Restless, other than in tests
}

// New returns a Watcher that watches nothing yet, and holds nothing of the
// system's until it does.
func New(opts Options) *Watcher {
	w := &Watcher{
		opts:     opts,
		requests: make(chan func()),
		overflow: make(chan struct{}, 1),
		done:     make(chan struct{}),
		ended:    make(chan struct{}),
		sets:     make(map[string]*set),
		ignored:  make(map[string]*ignores),
		folders:  make(map[string]*folder),
		paths:    make(map[identity][]string),
		told:     make(map[string]bool),
		bursts:   make(map[string]*burst),
		timer:    newTimer(),
		poll:     newTimer(),
		quiet:    Quiet,
		silent:   silent,
		restless: Restless,
	}
	go w.loop()
	return w
}

func newTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

var errClosed = errors.New("cannot watch: the watcher is closed")

// Add watches for a type, in place of what it watched before. The patterns are
// relative to dir. It returns when all is watched: what changes from then on is
// told. Folders that are not there yet are watched when they come.
func (w *Watcher) Add(name, dir string, patterns Patterns) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("cannot watch %q: %w", dir, err)
	}
	return w.do(func() {
		w.sets[name] = newSet(dir, patterns, w.ignores)
		delete(w.bursts, name)
		w.followLinks()
		w.prune()
		for i := range w.sets[name].include {
			w.adoptRoot(w.sets[name].include[i].root)
		}
		w.followLinks() // those that were changed before their folders were watched
	})
}

// Remove watches no longer for the type.
func (w *Watcher) Remove(name string) {
	_ = w.do(func() { // closed: it watches nothing
		delete(w.sets, name)
		delete(w.bursts, name)
		w.followLinks()
		w.prune()
	})
}

// do has the loop call f.
func (w *Watcher) do(f func()) error {
	finished := make(chan struct{})
	select {
	case w.requests <- func() { f(); close(finished) }:
	case <-w.done:
		return errClosed
	}
	select {
	case <-finished:
		return nil
	case <-w.ended:
		return errClosed
	}
}

// Close ends the watching. It does not wait for a network file system that does
// not answer.
func (w *Watcher) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.closed = true
		close(w.done)
	}
}

// tell calls a function of Options, unless Close was called.
func (w *Watcher) tell(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		f()
	}
}

func (w *Watcher) loop() {
	defer close(w.ended)
	defer w.timer.Stop()
	defer w.poll.Stop()
	defer func() {
		if w.events != nil {
			_ = w.events.Close()
		}
	}()
	for {
		var events chan fsnotify.Event
		if w.events != nil {
			events = w.events.Events
		}
		select {
		case <-w.done:
			return
		case f := <-w.requests:
			f()
		case e := <-events:
			w.event(e)
		case <-w.overflow:
			w.rescan(w.storm.Add(-time.Second))
		case <-w.timer.C:
			w.finish(time.Now())
		case <-w.poll.C:
			w.pollAll()
		}
	}
}

// changed notes that a file is not what it was.
func (w *Watcher) changed(path string, created bool) {
	for name, s := range w.sets {
		if s.file(path) {
			w.note(name, path, created)
		}
		for _, link := range w.links[path] {
			if s.file(link) {
				w.note(name, link, false)
			}
		}
	}
}

func (w *Watcher) note(name, path string, created bool) {
	b, now := w.bursts[name], time.Now()
	if b == nil {
		b = &burst{since: now}
		w.bursts[name] = b
		if len(w.bursts) == 1 { // else it is set, to a time before this one's
			w.timer.Reset(w.quiet)
		}
	}
	b.add(path, created, now.Add(w.quiet))
	if b.told || now.Sub(b.since) < w.restless || w.opts.Restless == nil {
		return
	}
	b.told = true
	c := Change{Name: name, File: w.sets[name].shown(path), Others: len(b.files) + b.others - 1}
	w.tell(func() { w.opts.Restless(c) })
}

// finish tells the bursts that are over.
func (w *Watcher) finish(now time.Time) {
	var next time.Time
	for name, b := range w.bursts {
		if now.Before(b.due) {
			if next.IsZero() || b.due.Before(next) {
				next = b.due
			}
			continue
		}
		delete(w.bursts, name)
		if file, n := b.end(); n > 0 {
			c := Change{Name: name, File: w.sets[name].shown(file), Others: n - 1}
			w.tell(func() { w.opts.Changed(c) })
		}
	}
	if !next.IsZero() {
		w.timer.Reset(next.Sub(now))
	}
}
