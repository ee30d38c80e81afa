package output

import (
	"bytes"
	"fmt"
	"sync"
)

// Event is a line of ganger's own, or several with line ends between them.
type Event struct {
	Name    string // started, exited, restarting, stopping and so on, for JSON
	Process string // the process it is about, or empty
	PID     int    // 0: none
	Port    int    // 0: none
	Status  *int   // the exit status, nil: none
	Text    string // what is shown, and "message" in JSON

	// After has the event wait until what is in this Copy now has been
	// shown, as Drained does. What is written while that goes on does not
	// prolong it for ever.
	After *Copy
	// Tail adds that many last lines of After's process, once they are read.
	Tail int
}

// queueSize bounds the lines of our own that wait for a reader who does not
// read: of those beyond it only the number is kept.
const queueSize = 4096

// queue holds the events that were not written yet, in their order.
type queue struct {
	mux    *Mux
	stream *Stream

	mu      sync.Mutex // never held across a read or write
	events  []queued
	lost    int
	busy    bool
	closed  bool
	idle    []chan struct{}
	arrived sync.Cond
}

type queued struct {
	Event
	after <-chan struct{}
}

func (q *queue) init(m *Mux) {
	q.mux = m
	q.arrived.L = &q.mu
	q.stream = m.Stream(systemName, systemName, false)
}

// System shows a line of ganger's own under the label "system". Events keep
// their order among themselves. It returns at once; when thousands wait already
// because nobody reads the output, the event is counted and dropped.
func (m *Mux) System(e Event) {
	var after <-chan struct{}
	if e.After != nil {
		after = e.After.Drained()
	}
	q := &m.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
	case len(q.events) >= queueSize:
		q.lost++
	default:
		q.events = append(q.events, queued{e, after})
		q.arrived.Signal()
	}
}

// flushed returns a channel that is closed when the queue is empty.
func (q *queue) flushed() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	done := make(chan struct{})
	if len(q.events) == 0 && !q.busy {
		close(done)
	} else {
		q.idle = append(q.idle, done)
	}
	return done
}

// close lets run end when it has written what is queued.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.arrived.Signal()
}

func (q *queue) run() {
	defer q.mux.running.Done()
	for {
		events, lost := q.next()
		if events == nil {
			return
		}
		for _, e := range events {
			if e.after != nil {
				<-e.after
			}
			q.show(e.Event)
		}
		if lost > 0 {
			q.show(Event{Name: "lost", Text: fmt.Sprintf("%d lines of ganger's own were dropped, since nobody read", lost)})
		}
	}
}

// next waits for events. It returns none when the queue is closed and empty.
func (q *queue) next() (events []queued, lost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy = false
	for len(q.events) == 0 {
		for _, done := range q.idle {
			close(done)
		}
		q.idle = nil
		if q.closed {
			return nil, 0
		}
		q.arrived.Wait()
	}
	events, lost = q.events, q.lost
	q.events, q.lost, q.busy = nil, 0, true
	return events, lost
}

// show writes an event, and keeps it in the history of "system".
func (q *queue) show(e Event) {
	text := []byte(e.Text)
	var tail [][]byte
	if e.After != nil && e.Tail > 0 {
		tail = e.After.stream.Tail(e.Tail)
	}
	d := &q.mux.desk
	d.take()
	defer d.mu.Unlock()
	now := d.now()
	if q.mux.opts.JSON {
		d.breakLine(nil)
		d.out = appendEvent(d.out, now, &e, tail)
		q.stream.record(append(text, '\n'), nil)
		d.flush()
		return
	}
	for _, line := range tail {
		text = append(append(text, "\n  "...), bytes.TrimSuffix(line, []byte{'\r'})...)
	}
	text = append(text, '\n')
	q.stream.record(text, nil)
	q.stream.label.update(q.mux, systemName)
	var f filter
	for _, line := range bytes.SplitAfter(text, []byte{'\n'}) {
		if len(line) == 0 {
			break
		}
		if q.mux.opts.Terminal {
			line = f.plain(line)
		}
		d.breakLine(nil)
		d.full(len(q.stream.label.line) + len(line))
		d.out = append(d.out, q.stream.label.line...)
		d.out = append(d.out, line...)
	}
	d.flush()
}
