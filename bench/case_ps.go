package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// asks is how often a command is called, of which the median is taken.
const asks = 25

func listing(n int) benchmark {
	const name = "ps"
	return benchmark{
		name:    name,
		about:   fmt.Sprintf("the command that shows %d running processes, from its start to its end", n),
		metrics: []metric{{name: name, unit: "ms"}},
		floor: func(l *lab) (s sample, err error) {
			dir, mark, in, err := l.newRun()
			if err != nil {
				return s, err
			}
			defer in.close()
			socket := filepath.Join(dir, controlSocket)
			listener, err := net.Listen("unix", socket)
			if err != nil {
				return s, err
			}
			defer listener.Close()
			// About as long as ours.
			go tell(listener, strings.Repeat(strings.Repeat("x", 79)+"\n", n))
			took, err := l.ask(append(slices.Clone(l.asker), socket), dir, mark, n)
			s.values = map[string]float64{name: took}
			return s, err
		},
		measure: func(l *lab, m manager) (s sample, err error) {
			if m.list == nil {
				return s, cannotError("it has no such command")
			}
			r, err := l.manage(m, func(fifo string) app {
				a := l.sleepers(n)(fifo)
				a.asked = true
				return a
			}, nil)
			if err != nil {
				return s, err
			}
			defer ending(r, &err)
			if _, err := r.await(n, deadline()); err != nil {
				return s, err
			}
			time.Sleep(settle)
			took, err := l.ask(append([]string{m.path}, m.list...), r.cmd.Dir, r.mark, n)
			s.values = map[string]float64{name: took}
			return s, err
		},
	}
}

// tell gives everybody who connects the same answer.
func tell(l net.Listener, answer string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Write([]byte(answer))
		conn.Close()
	}
}

// ask calls a command again and again, and returns the median of how long it
// took, in milliseconds. The first call is not counted: its file may have to be
// read. Each has to answer with a line for each of n processes.
func (l *lab) ask(argv []string, dir, mark string, n int) (float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var took []float64
	for i := range 1 + asks/l.scale {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Dir = dir
		cmd.Env = l.environ(dir, mark)
		var problem bytes.Buffer
		cmd.Stderr = &problem
		began := monotonic()
		text, err := cmd.Output()
		ended := monotonic()
		if err != nil {
			return 0, fmt.Errorf("%s: %w: %s", filepath.Base(argv[0]), err, bytes.TrimSpace(problem.Bytes()))
		}
		if lines := bytes.Count(text, []byte{'\n'}); lines < n {
			return 0, fmt.Errorf("it showed %d lines of %d processes", lines, n)
		}
		if i > 0 {
			took = append(took, milliseconds(ended-began))
		}
	}
	return median(took), nil
}
