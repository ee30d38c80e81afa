// Package soak runs ganger again and again for a long time and does to it at random
// what can be done to it: kills, crashes, ^Z, storms of signals, and commands
// that start, stop, restart, scale and reload, also when they are to be refused.
// At least each second it looks whether what should run by then runs, nothing
// else and nothing of an earlier life does, and both halves keep within bounds.
//
//	go run -race ./bench soak --for 1h
package soak

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"
)

// Run soaks as args say (--help tells how) and reports on out. The error is the
// first thing that did not hold; the seed that is printed repeats the choices.
func Run(args []string, out io.Writer) error {
	flags := pflag.NewFlagSet("soak", pflag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprintf(out, "Usage: go run -race ./bench soak [OPTION...]\n\n%s", flags.FlagUsages())
	}
	length := flags.Duration("for", time.Minute, "how long: a `DURATION`, as 30s or 1h")
	seed := flags.Uint64("seed", 0, "repeat the choices of an earlier soak, which had the seed `N`; without it one is made up")
	path := flags.String("ganger", "", "soak the ganger at `PATH`; without it one is built, with the race detector if this has it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if !flags.Changed("seed") {
		*seed = uint64(time.Now().UnixNano())
	}
	if *path == "" {
		built, remove, err := build()
		if err != nil {
			return err
		}
		defer remove()
		*path = built
	}
	heedAll()
	fmt.Fprintf(out, "seed %d, %v\n", *seed, *length)
	random := rand.New(rand.NewPCG(*seed, 0))
	total := counts{}
	begin := time.Now()
	for n := 1; time.Since(begin) < *length; n++ {
		r := &run{rand: random, ganger: *path, n: n}
		err := r.play()
		total.add(r.did)
		if err != nil {
			return fmt.Errorf("run %d of seed %d, after %v: %w\nits last lines:\n%s", n, *seed, time.Since(begin).Round(time.Second), err, r.tail())
		}
		if n%20 == 0 {
			fmt.Fprintf(out, "%v: %d runs: %v\n", time.Since(begin).Round(time.Second), n, total)
		}
	}
	fmt.Fprintf(out, "all held for %v, seed %d: %v\n", time.Since(begin).Round(time.Second), *seed, total)
	return nil
}

// build builds ganger.
func build() (path string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "ganger-soaked-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	path = filepath.Join(dir, "ganger")
	args := []string{"build", "-o", path}
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "ganger")...).CombinedOutput(); err != nil {
		remove()
		return "", nil, fmt.Errorf("cannot build ganger: %w\n%s", err, out)
	}
	return path, remove, nil
}

// heedAll makes ganger start with the default for all signals: what we were
// started to ignore (nohup, a script's background) it would ignore as well.
func heedAll() {
	for _, sig := range []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
}

// counts says what was done how often.
type counts map[string]int

func (c counts) add(other counts) {
	for what, n := range other {
		c[what] += n
	}
}
