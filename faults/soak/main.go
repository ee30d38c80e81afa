// Soak runs ganger again and again for a long time and does to it at random
// what can be done to it: kills, crashes, ^Z, storms of signals, and commands
// that start, stop, restart, scale and reload, also when they are to be refused.
// At least each second it looks whether what should run by then runs, nothing
// else and nothing of an earlier life does, and both halves keep within bounds.
// The first thing that does not hold ends it with status 1; the seed it prints
// repeats the choices.
//
//	go run -race ./faults/soak -for 1h
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

func main() { os.Exit(soak()) }

func soak() int {
	length := flag.Duration("for", time.Minute, "how long")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "repeats the choices of an earlier soak")
	path := flag.String("ganger", "", "the program; without it one is built, as this one was: with the race detector or without")
	flag.Parse()
	if *path == "" {
		built, remove, err := build()
		if err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			return 1
		}
		defer remove()
		*path = built
	}
	heedAll()
	fmt.Printf("seed %d, %v\n", *seed, *length)
	random := rand.New(rand.NewPCG(*seed, 0))
	total := counts{}
	begin := time.Now()
	for n := 1; time.Since(begin) < *length; n++ {
		r := &run{rand: random, ganger: *path, n: n}
		err := r.play()
		total.add(r.did)
		if err != nil {
			fmt.Printf("run %d of seed %d, after %v: %v\nits last lines:\n%s\n", n, *seed, time.Since(begin).Round(time.Second), err, r.tail())
			return 1
		}
		if n%20 == 0 {
			fmt.Printf("%v: %d runs: %v\n", time.Since(begin).Round(time.Second), n, total)
		}
	}
	fmt.Printf("all held for %v, seed %d: %v\n", time.Since(begin).Round(time.Second), *seed, total)
	return 0
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
