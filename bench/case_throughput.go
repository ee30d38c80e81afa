package main

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/creack/pty"
)

// A stream is what flows in a case of throughput.
type stream struct {
	name    string
	about   string
	writers int
	lines   int // in all
	size    int // of a line in bytes, newline included
	json    bool
	pty     bool
}

func throughputs() []benchmark {
	streams := []stream{
		{name: "throughput1", about: "3 million lines of 100 bytes from one process into a pipe", writers: 1, lines: 3e6, size: 100},
		{name: "throughput8", about: "3 million lines of 100 bytes from eight processes into a pipe", writers: 8, lines: 3e6, size: 100},
		{name: "tiny4", about: "4 million lines of 16 bytes from four processes into a pipe", writers: 4, lines: 4e6, size: 16},
		{name: "json", about: "3 million lines of 100 bytes from one process, as JSON", writers: 1, lines: 3e6, size: 100, json: true},
		{name: "pty", about: "1 million lines of 100 bytes from one process on a pty", writers: 1, lines: 1e6, size: 100, pty: true},
	}
	all := make([]benchmark, len(streams))
	for i, s := range streams {
		all[i] = s.benchmark()
	}
	return all
}

func (s stream) benchmark() benchmark {
	b := benchmark{
		name:    s.name,
		about:   s.about,
		metrics: []metric{{name: s.name, unit: "MB/s", more: true}, {name: s.peakName(), unit: "MiB"}},
		floor:   s.throughCat,
		measure: s.throughManager,
	}
	if s.pty {
		b.floor = s.fromPTY
	}
	return b
}

func (s stream) linesEach(l *lab) int { return s.lines / s.writers / l.scale }

// producerArgs is the command line of one writer.
func (s stream) producerArgs(l *lab, fifo string, writer int) []string {
	return []string{
		l.self, "producer", fifo, string(rune(firstWriter + writer)),
		strconv.Itoa(s.linesEach(l)), strconv.Itoa(s.size),
	}
}

func (s stream) throughManager(l *lab, m manager) (out sample, err error) {
	r, err := newFlow(func(w *os.File) (*run, error) {
		return l.manage(m, s.app(l), w)
	})
	if err != nil {
		return out, err
	}
	defer r.close(&err)
	if out, err = r.measure(l, s, true); err != nil {
		return out, err
	}
	if peak, ok := r.peak(); ok {
		out.values[s.peakName()] = peak
	}
	return out, nil
}

func (s stream) typeName(writer int) string { return "web" + string(rune(firstWriter+writer)) }

func (s stream) peakName() string { return s.name + " peak" }

func (s stream) app(l *lab) func(fifo string) app {
	return func(fifo string) app {
		a := app{json: s.json, pty: s.pty}
		for i := range s.writers {
			a.types = append(a.types, processType{
				name:    s.typeName(i),
				command: strings.Join(s.producerArgs(l, fifo, i), " "),
				copies:  1,
			})
		}
		return a
	}
}

// throughCat is `producers | cat | sink`. Of several producers cat makes torn
// lines, which is why there are managers: the floor is only fast.
func (s stream) throughCat(l *lab) (out sample, err error) {
	r, err := newFlow(func(w *os.File) (*run, error) {
		return l.catting(w, s.writers, func(fifo string, i int) []string { return s.producerArgs(l, fifo, i) })
	})
	if err != nil {
		return out, err
	}
	defer r.close(&err)
	return r.measure(l, s, false)
}

// measure reads until every payload has come, or nothing comes any more. The
// clock runs from the first writer's start to the last payload. What is not
// checked is counted in bytes alone.
func (f *flow) measure(l *lab, s stream, checked bool) (out sample, err error) {
	check := newChecker(s.writers, s.linesEach(l), s.size-1)
	volume := s.writers * s.linesEach(l) * s.size
	var (
		last     int64
		whole    int
		total    int
		progress atomic.Int64
	)
	writers := f.awaiting(s.writers, deadline())
	watch := f.watch(&progress)
	err = readLines(int(f.source.Fd()), check.line, func(n int) {
		if check.whole > whole {
			whole, last = check.whole, monotonic()
		}
		total += n
		progress.Add(int64(n))
	}, func() bool {
		return check.done() || !checked && total >= volume
	})
	timedOut := watch()
	if err != nil {
		return out, err
	}
	if timedOut {
		return out, os.ErrDeadlineExceeded
	}
	reported := <-writers
	if reported.err != nil {
		return out, reported.err
	}
	out.values = map[string]float64{
		s.name: float64(volume) / 1e6 / (float64(last-earliest(reported.all)) / 1e9),
	}
	if checked {
		out.flaw = check.verdict()
	}
	f.processes = reported.all
	return out, nil
}

// peak is the most memory that the manager's parts have ever had, in MiB.
func (f *flow) peak() (mib float64, ok bool) {
	for _, p := range f.own(f.processes) {
		kb, err := kilobytes(p.pid, "status", "VmHWM")
		if err != nil {
			continue // it has just ended
		}
		mib += kb / 1024
	}
	return mib, mib > 0
}

// fromPTY is a loop that reads the pty that the producer writes to.
func (s stream) fromPTY(l *lab) (out sample, err error) {
	master, tty, err := pty.Open()
	if err != nil {
		return out, err
	}
	dir, mark, in, err := l.newRun()
	if err != nil {
		return out, errors.Join(err, master.Close(), tty.Close())
	}
	began, err := l.start(s.producerArgs(l, in.path, 0), dir, mark, tty, in)
	tty.Close()
	if err != nil {
		return out, errors.Join(err, master.Close(), in.close())
	}
	r := &flow{run: began, source: master}
	defer r.close(&err)
	return r.measure(l, s, true)
}
