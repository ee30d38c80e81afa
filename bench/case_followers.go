package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// following is the case of throughput1, three times as long, while n others
// follow the same output, the first of whom never reads. It is measured between
// two of the same without them: what counts is the ratio, and a machine changes
// its pace from one second to the next.
func following(n int) benchmark {
	const with, alone = "followers", "followers/alone"
	s := stream{name: with, writers: 1, lines: 9e6, size: followedSize}
	return benchmark{
		name:    with,
		about:   fmt.Sprintf("9 million lines of 100 bytes from one process into a pipe while %d clients follow them, one of whom is stuck; beside the same without clients", n),
		metrics: []metric{{name: with, unit: "MB/s", more: true}, {name: s.peakName(), unit: "MiB"}, {name: alone, unit: "ratio", more: true}},
		measure: func(l *lab, m manager) (sample, error) {
			if m.follow == "" {
				return sample{}, cannotError("nobody can follow its output")
			}
			var sides [3]sample
			var flaw string
			for i, clients := range []int{0, n, 0} {
				var err error
				if sides[i], err = s.followed(l, m, clients); err != nil {
					return sample{}, err
				}
				flaw = cmp.Or(flaw, sides[i].flaw)
			}
			out := sides[1]
			out.flaw = flaw
			out.values[alone] = 2 * out.values[with] / (sides[0].values[with] + sides[2].values[with])
			return out, nil
		},
	}
}

// followedSize is what the lines take that are followed, newline included.
const followedSize = 100

// followed measures a stream that begins when n clients follow it.
func (s stream) followed(l *lab, m manager, n int) (out sample, err error) {
	f, err := newFlow(func(w *os.File) (*run, error) {
		return l.manage(m, s.gatedApp(l), w)
	})
	if err != nil {
		return out, err
	}
	defer f.close(&err)
	gate, err := openGate(f.cmd.Dir)
	if err != nil {
		return out, err
	}
	defer gate.Close()
	c, err := l.follow(f.run, m.follow+s.typeName(0), n)
	if err != nil {
		return out, err
	}
	defer ending(c.run, &err)
	if _, err := gate.Write([]byte{'\n'}); err != nil {
		return out, err
	}
	if out, err = f.measure(l, s, true); err != nil {
		return out, err
	}
	if peak, ok := f.peak(); ok {
		out.values[s.peakName()] = peak
	}
	out.detail, err = c.verdict()
	return out, err
}

// gatedApp is app with a process that waits at the gate.
func (s stream) gatedApp(l *lab) func(fifo string) app {
	return func(fifo string) app {
		a := s.app(l)(fifo)
		a.asked = true
		web := &a.types[0]
		web.command = strings.Join([]string{l.self, "after", gatePath(filepath.Dir(fifo)), strings.TrimPrefix(web.command, l.self+" ")}, " ")
		return a
	}
}

func gatePath(dir string) string { return filepath.Join(dir, "gate") }

// openGate opens the FIFO on which the role after waits for a byte. Both make
// it: either may be the first.
func openGate(dir string) (*os.File, error) {
	if err := makeGate(gatePath(dir)); err != nil {
		return nil, err
	}
	// For reading too, so that it does not wait for the other.
	return os.OpenFile(gatePath(dir), os.O_RDWR, 0)
}

func makeGate(path string) error {
	if err := unix.Mkfifo(path, 0o600); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("cannot make %q: %w", path, err)
	}
	return nil
}

// clients are the run of the role followers.
type clients struct {
	*run
	said string // the file that takes their stdout
}

// follow has n clients follow a run's output.
func (l *lab) follow(r *run, path string, n int) (*clients, error) {
	dir, mark, in, err := l.newRun()
	if err != nil {
		return nil, err
	}
	said, err := os.Create(filepath.Join(dir, "stdout"))
	if err != nil {
		return nil, errors.Join(err, in.close())
	}
	defer said.Close()
	argv := []string{l.self, "followers", in.path, filepath.Join(r.cmd.Dir, controlSocket), path, strconv.Itoa(n)}
	started, err := l.start(argv, dir, mark, said, in)
	if err != nil {
		return nil, errors.Join(err, in.close())
	}
	c := &clients{started, said.Name()}
	if _, err := c.await(1, deadline()); err != nil {
		return nil, errors.Join(err, c.end())
	}
	return c, nil
}

// verdict ends the clients and says what they got. An error is that what one
// got is not what was written.
func (c *clients) verdict() (string, error) {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return "", err
	}
	select {
	case <-c.exited:
	case <-time.After(limit):
		return "", os.ErrDeadlineExceeded
	}
	if !c.cmd.ProcessState.Success() {
		return "", errors.New(c.lastWords())
	}
	text, err := os.ReadFile(c.said)
	return strings.TrimSpace(string(text)), err
}
