package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"ganger/supervisor"
	"ganger/watch"
)

// watching restarts types whose files change. The zero value watches nothing
// and costs nothing.
type watching struct {
	begun bool // the supervisor's goroutine alone

	turn  sync.Mutex         // held as long as it takes to begin to watch
	types map[string]watched // what is watched

	mu      sync.Mutex
	watcher *watch.Watcher // nil until something is to be watched
	ended   bool
	held    map[string]watch.Change // of types; they came while the app was suspended
	chains  map[string]chain        // of types
}

// chain is changes that came one soon after another.
type chain struct {
	n    int
	last time.Time
	told bool
}

// A process that writes what it watches is restarted as long as it runs. Nobody
// saves files so often for so long.
const (
	chainGap  = 3 * time.Second
	chainLong = 10
)

// grows takes one more restart for a change into account. It is true once, when there are so
// many that the process is likely to make them.
func (ch *chain) grows(now time.Time) bool {
	if now.Sub(ch.last) > chainGap {
		ch.n = 0
	}
	ch.n++
	ch.last = now
	if ch.n < chainLong || ch.told {
		return false
	}
	ch.told = true
	return true
}

// loops reports, once for a type, that it is likely to be restarted for what it
// does itself.
func (w *watching) loops(typ string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.chains == nil {
		w.chains = make(map[string]chain)
	}
	ch := w.chains[typ]
	defer func() { w.chains[typ] = ch }()
	return ch.grows(time.Now())
}

// watched is what a type watches: patterns, below a folder.
type watched struct{ dir, patterns string }

// watches are the types of the run whose files are to be watched.
func (r *run) watches() map[string]watched {
	var all map[string]watched
	for _, p := range r.procs {
		if len(p.Settings.Watch) == 0 || p.Release() {
			continue
		}
		if all == nil {
			all = make(map[string]watched)
		}
		all[p.Type] = watched{p.Dir, watchText(p.Settings.Watch)}
	}
	return all
}

// watchText is what the lists of a type come to.
func watchText(lists []string) string { return strings.Join(lists, ",") }

// watch begins to watch, if there is anything to watch and it has not begun yet.
// Nobody waits for it.
func (b *back) watch() {
	if b.watching.begun {
		return
	}
	b.watching.begun = true
	if len(b.wanted.Load().watches()) > 0 {
		go b.rewatch()
	}
}

// rewatch has the files watched that the formation asks for. It takes the time
// that it takes to read all their folders.
func (b *back) rewatch() {
	w := &b.watching
	w.turn.Lock()
	defer w.turn.Unlock()
	next := b.wanted.Load().watches()
	watcher := b.watcher(len(next) > 0)
	if watcher == nil {
		return
	}
	for typ, old := range w.types {
		if next[typ] != old {
			watcher.Remove(typ)
		}
	}
	for typ, now := range next {
		if w.types[typ] == now {
			continue
		}
		patterns, _ := watch.Parse(now.patterns) // it was checked when it was read
		_ = watcher.Add(typ, now.dir, patterns)  // the folder is absolute; closed means that the run ends
	}
	w.types = next
}

// watcher is what watches, made where it is not there and needed; nil where
// there is nothing to do.
func (b *back) watcher(needed bool) *watch.Watcher {
	w := &b.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watcher == nil && needed && !w.ended {
		w.watcher = watch.New(watch.Options{
			Changed: func(c watch.Change) { go b.fileChanged(c) },
			Polling: b.polling,
			Restless: func(c watch.Change) {
				b.say(message{name: "warning", text: fmt.Sprintf(
					"the files of %s do not rest, so that it is not restarted: %s was the last to change, and may be left out by watch=!%[2]s",
					c.Name, oneLine(c.File))}, nil)
			},
		})
	}
	return w.watcher
}

// stopWatching ends it. It does not wait.
func (b *back) stopWatching() {
	w := &b.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	if w.watcher != nil {
		w.watcher.Close()
	}
}

// fileChanged restarts a type, but for those of its processes that were stopped
// by command.
func (b *back) fileChanged(c watch.Change) {
	_, err := b.sup.Do(context.Background(), supervisor.Command{
		Op:    supervisor.OpRestart,
		Names: []string{c.Name},
		Why:   changeText(c),
	})
	if err == nil && b.watching.loops(c.Name) {
		b.say(message{name: "warning", text: fmt.Sprintf(
			"%s is restarted again and again, the last time for %s: if it writes that itself, leave it out, as in watch=!%[2]s",
			c.Name, oneLine(c.File))}, nil)
	}
	// Any other error means that there is nothing to restart any more.
	if !errors.Is(err, supervisor.ErrSuspended) {
		return
	}
	b.watching.hold(c)
	if shot, err := b.sup.Snapshot(context.Background()); err == nil && !shot.Suspended {
		b.resumeWatching() // it was resumed just now
	}
}

func changeText(c watch.Change) string {
	text := oneLine(c.File)
	if c.Others > 0 {
		text += " and " + plural(c.Others, "other", "others")
	}
	return text + " changed"
}

func (w *watching) hold(c watch.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		w.held = make(map[string]watch.Change)
	}
	w.held[c.Name] = c
}

// resumeWatching does what had to wait for the end of a suspension.
func (b *back) resumeWatching() {
	w := &b.watching
	w.mu.Lock()
	held := w.held
	w.held = nil
	w.mu.Unlock()
	for _, c := range held {
		b.fileChanged(c)
	}
}

// polling says why files are looked at each second.
func (b *back) polling(err error) {
	text := err.Error()
	limit := new(watch.LimitError)
	if errors.As(err, &limit) {
		text += " (" + limit.Hint + ")"
	}
	b.say(message{name: "warning", text: text}, nil)
}
