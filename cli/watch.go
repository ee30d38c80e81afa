package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"ganger/control"
	"ganger/output"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

const (
	watchTick = time.Second
	// firstTick is the time from the first look to the second, without which
	// no rate is known.
	firstTick = 250 * time.Millisecond
)

// Control sequences of the watch: the alternate screen without a cursor, and a
// frame that replaces another without flicker (synchronized output; a terminal
// that does not know it passes over it).
const (
	watchOn    = "\x1b[?1049h\x1b[?25l"
	watchOff   = "\x1b[?25h\x1b[?1049l"
	frameBegin = "\x1b[?2026h\x1b[H"
	lineEnd    = "\x1b[K"
	frameEnd   = "\x1b[J\x1b[?2026l"
)

// look is what one look at the processes has seen.
type look struct {
	procs []control.Process
	err   error
	at    time.Time
}

// watch shows the processes anew again and again.
func (m *program) watch(r *running, asJSON bool, names []string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	looks := make(chan look)
	terminal := term.IsTerminal(int(m.stdout.Fd())) && !asJSON
	w := &watcher{m: m, r: r, rates: rates{last: make(map[string]used)}}
	w.term = newRawTerminal(os.Stdin, m.stdout, func() string { return watchOff })
	go func() {
		defer w.term.guard()
		r.looks(ctx, names, looks)
	}()
	if terminal {
		return w.screen(looks)
	}
	return w.blocks(looks, asJSON)
}

// looks looks at the processes until ctx ends.
func (r *running) looks(ctx context.Context, names []string, to chan<- look) {
	tick := time.NewTimer(firstTick)
	defer tick.Stop()
	for {
		procs, err := r.Processes(ctx, control.ProcessQuery{Names: names, Tree: true})
		select {
		case to <- look{procs, err, time.Now()}:
		case <-ctx.Done():
			return
		}
		select {
		case <-tick.C:
			tick.Reset(watchTick)
		case <-ctx.Done():
			return
		}
	}
}

// watcher is one watch.
type watcher struct {
	m     *program
	r     *running
	term  *rawTerminal
	rates rates
	last  look
}

// blocks prints one block after another.
func (w *watcher) blocks(looks <-chan look, asJSON bool) error {
	for first := true; ; first = false {
		l := <-looks
		if l.err != nil {
			return w.r.explain(l.err)
		}
		if asJSON {
			if err := writeJSON(w.m.stdout, l.procs); err != nil {
				return err
			}
			continue
		}
		lines := processTable(l.procs, l.at, w.rates.of(l)).lines(w.m.window())
		if !first {
			lines = append([]string{""}, lines...)
		}
		if err := writeLines(w.m.stdout, lines); err != nil {
			return err
		}
	}
}

// screen draws each look over the last.
func (w *watcher) screen(looks <-chan look) error {
	sigs, stop := w.term.signals()
	defer stop()
	done := make(chan struct{})
	defer close(done)
	if err := w.term.enter(watchOn); err != nil {
		return writeFailed(err)
	}
	defer w.term.leave()
	keys := w.term.keys(done)
	var frame []byte
	for {
		var err error
		select {
		case l := <-looks:
			if l.err != nil {
				return w.r.explain(l.err)
			}
			w.last, w.rates.now = l, w.rates.of(l)
			frame, err = w.draw(frame)
		case key, more := <-keys:
			switch {
			case !more:
				keys = nil
			case bytes.ContainsAny(key, "qQ\x03\x04"):
				return nil
			case bytes.ContainsRune(key, '\x1a'):
				err = w.suspend(sigs)
			}
		case sig := <-sigs:
			switch sig {
			case unix.SIGWINCH:
				frame, err = w.draw(frame)
			case unix.SIGTSTP:
				err = w.suspend(sigs)
			case unix.SIGCONT:
			case unix.SIGINT:
				return nil // where the input is no terminal, ^C is a signal
			default:
				return endedBy(sig)
			}
		}
		if err != nil {
			return writeFailed(err)
		}
	}
}

func (w *watcher) suspend(sigs chan os.Signal) error {
	w.term.suspend(sigs)
	if err := w.term.enter(watchOn); err != nil {
		return err
	}
	_, err := w.draw(nil)
	return err
}

// draw draws the last look. frame is used again.
func (w *watcher) draw(frame []byte) ([]byte, error) {
	if w.last.at.IsZero() {
		return frame, nil
	}
	cols, rows, err := term.GetSize(int(w.m.stdout.Fd()))
	if err != nil || cols == 0 || rows == 0 {
		cols, rows = 80, 24
	}
	_, color := w.m.window()
	// A line that fills the row leaves the cursor on its last character, which
	// the erasing would take away.
	table := processTable(w.last.procs, w.last.at, w.rates.now).lines(max(cols-1, 1), color)
	lines := append([]string{w.title(cols - 1), ""}, table...)
	if len(lines) > rows {
		rest := fmt.Sprintf("... and %d more", len(lines)-rows+1)
		lines = append(lines[:rows-1], output.Cut(rest, cols-1))
	}
	frame = append(frame[:0], frameBegin...)
	frame = append(frame, strings.Join(lines, lineEnd+"\r\n")...)
	frame = append(frame, lineEnd...)
	frame = append(frame, frameEnd...)
	_, err = w.m.stdout.Write(frame)
	return frame, err
}

// title is the line above the table.
func (w *watcher) title(cols int) string {
	text := w.last.at.Format(time.TimeOnly)
	if w.r.root != "" {
		text += fmt.Sprintf("  %s, up %s", oneLine(w.r.root), age(w.last.at.Sub(w.r.facts.Since)))
	}
	return output.Cut(text+"  (q leaves)", cols)
}

// rates are the shares of a processor between two looks.
type rates struct {
	last map[string]used
	now  func(control.Process) float64
}

// used is how much of a processor a process had used at a time.
type used struct {
	pid     int
	seconds float64
	at      time.Time
}

// of gives the rates since the look before, -1 where that has not seen the
// process: as it was started just now.
func (rs *rates) of(l look) func(control.Process) float64 {
	shares := make(map[string]float64, len(l.procs))
	seen := make(map[string]used, len(l.procs))
	for _, p := range l.procs {
		if p.Tree == nil {
			continue
		}
		now := used{p.PID, p.Tree.CPUSeconds, l.at}
		before, ok := rs.last[p.Name]
		seen[p.Name], shares[p.Name] = now, -1
		if span := now.at.Sub(before.at).Seconds(); ok && before.pid == now.pid && span > 0 {
			// What a descendant had used is gone with it.
			shares[p.Name] = max(0, 100*(now.seconds-before.seconds)/span)
		}
	}
	rs.last = seen
	return func(p control.Process) float64 { return shares[p.Name] }
}
