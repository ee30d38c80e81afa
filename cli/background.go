package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"ganger/control"

	"github.com/spf13/pflag"
)

// starting is how a start is to go on once it is begun.
type starting struct {
	noWait bool // where the app runs: do not wait for the processes that are named
	detach bool // in the background
	ready  bool // and until all is ready
}

func (s *starting) flags(fs *pflag.FlagSet) {
	fs.BoolVar(&s.detach, "detach", false, "run the app in the background")
	fs.BoolVar(&s.ready, "wait", false, "with --detach: return when all is ready")
	fs.BoolVar(&s.noWait, "no-wait", false, "where the app runs: return when the start is begun")
}

func (s *starting) check() error {
	switch {
	case s.ready && !s.detach:
		return usageError("--wait is for a start in the background", "add --detach; ganger wait waits for an app that runs")
	case s.ready && s.noWait:
		return usageError("--wait and --no-wait contradict each other", "leave out one of them")
	}
	return nil
}

// background starts the app in the background and returns when it answers. What
// keeps it from starting is said here, with the status that it has.
func (m *program) background(opts *options, args []string, how starting) error {
	a, err := locateApp(opts)
	if err != nil {
		return err
	}
	if a.socketPath() == noSocket {
		return usageError("a run in the background needs a socket", "leave out --socket none, or --detach")
	}
	for {
		err := m.backgroundOnce(a, args, how)
		if !errors.Is(err, errEnds) {
			return err
		}
		time.Sleep(goneTick) // between two looks
	}
}

// backgroundOnce fails with errEnds where the app runs, and ends before it takes
// the command.
func (m *program) backgroundOnce(a *app, args []string, how starting) error {
	root := a.place.root
	if f, err := control.Find(control.DefaultPlaces(), root); err == nil && !ending(f) {
		return m.runsThere(a, f, args, how)
	}
	l := &outset{m: m, app: a, ready: how.ready}
	facts, err := l.start()
	held := new(control.HeldError)
	switch {
	case errors.As(err, &held): // another start was faster
		return m.runsThere(a, held.Facts, args, how)
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(m.stdout, "the app in %s runs in the background, as pid %d: %s follows it, %s ends it\n",
		oneLine(root), facts.PID, a.again("logs -f"), a.again("stop"))
	if err != nil || !how.ready {
		return writeFailed(err)
	}
	return l.awaitReady(facts)
}

// runsThere is what a start in the background comes to where the app runs.
func (m *program) runsThere(a *app, f control.Facts, args []string, how starting) error {
	how.noWait = how.noWait || how.ready // what fails is said below, with its last lines
	if err := m.runsAlready(a, f, args, how); err != nil || !how.ready {
		return err
	}
	r, err := atFacts(f, a.again)
	if err != nil {
		return err
	}
	defer r.Close()
	return m.awaitReady(context.Background(), r, nil)
}

// locateApp finds the app without reading it. The options stay as they are.
func locateApp(opts *options) (*app, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, fileError(fmt.Sprintf("cannot tell the current folder: %v", err), "")
	}
	a := &app{cwd: cwd, opts: newOptions()}
	a.opts.takeFlags(opts)
	return a, a.locate()
}
