package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"ganger/faults/soak"

	"github.com/spf13/pflag"
)

func main() {
	if len(os.Args) > 1 {
		if play := role(os.Args[1]); play != nil {
			if err := play(os.Args[2:]); err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
				os.Exit(1)
			}
			return
		}
	}
	var err error
	if len(os.Args) > 1 && os.Args[1] == "soak" {
		err = soak.Run(os.Args[2:], os.Stdout)
	} else {
		err = compare(os.Args[1:], os.Stdout, os.Stderr)
	}
	switch {
	case err == nil:
	case errors.Is(err, pflag.ErrHelp):
	case errors.Is(err, context.Canceled):
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// options are what the command line chooses.
type options struct {
	rounds int
	ganger string
	peers  []string
	paths  map[string]string
	quick  bool
	json   bool
	list   bool
	cases  []string
}

func parse(args []string, help io.Writer) (o options, err error) {
	flags := pflag.NewFlagSet("bench", pflag.ContinueOnError)
	flags.SetOutput(help)
	flags.Usage = func() {
		fmt.Fprintf(help, "Usage: go run ./bench [OPTION...] [CASE...]\n       go run -race ./bench soak [OPTION...]\n\n%s", flags.FlagUsages())
	}
	flags.IntVar(&o.rounds, "runs", 5, "measure each case `N` times and take the median")
	flags.StringVar(&o.ganger, "ganger", "", "measure the ganger at `PATH`, or none; without it one is built")
	flags.StringSliceVar(&o.peers, "peers", []string{"all"}, "`NAMES` of the peers to measure: all that are found, or none, or a list")
	flags.StringToStringVar(&o.paths, "peer", nil, "a peer that is not on the PATH: `NAME=PATH`")
	flags.BoolVar(&o.quick, "quick", false, "a tenth of the lines, and ten seconds instead of a minute of idleness")
	flags.BoolVar(&o.json, "json", false, "print everything that was measured as JSON")
	flags.BoolVar(&o.list, "list", false, "list the cases")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.cases = flags.Args()
	if o.rounds < 1 {
		return o, fmt.Errorf("bad --runs %d: at least 1 is needed", o.rounds)
	}
	return o, nil
}

func compare(args []string, out, progress io.Writer) (err error) {
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	cases, err := choose(o.cases)
	if err != nil {
		return err
	}
	if o.list {
		for _, b := range cases {
			fmt.Fprintf(out, "%-12s %s\n", b.name, b.about)
		}
		return nil
	}
	if runtime.GOOS != "linux" {
		return fmt.Errorf("cannot measure on %s: what a process needs is read from /proc", runtime.GOOS)
	}
	if err := raiseFileLimit(); err != nil {
		return err
	}
	l, err := newLab()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if o.quick {
		l.window, l.scale = 10*time.Second, 10
	}
	managers, err := find(l, o, progress)
	if err != nil {
		return err
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	measured := make(chan []outcome, 1)
	go func() {
		var all []outcome
		for _, b := range cases {
			all = append(all, measure(ctx, b, subjectsOf(l, managers), o.rounds, func(line string) {
				fmt.Fprintln(progress, line)
			})...)
		}
		measured <- all
	}()
	var outcomes []outcome
	select {
	case outcomes = <-measured:
	case <-ctx.Done(): // closing the lab ends what is under way
		return ctx.Err()
	}
	if o.json {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(struct {
			Machine  string    `json:"machine"`
			Outcomes []outcome `json:"outcomes"`
		}{machine(l, o.rounds), outcomes})
	}
	fmt.Fprintf(out, "%s\n\n", machine(l, o.rounds))
	return writeTables(out, outcomes)
}

// choose returns the named cases, or all of them.
func choose(names []string) ([]benchmark, error) {
	all := benchmarks()
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, b := range all {
		known = append(known, b.name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("no case %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(b benchmark) bool { return !slices.Contains(names, b.name) }), nil
}

// raiseFileLimit lets every manager open as many files as the system allows.
// A thousand processes are a thousand pipes, and Go's runtime would raise the
// limit for itself alone.
func raiseFileLimit() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot read the limit of open files: %w", err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot raise the limit of open files: %w", err)
	}
	return nil
}
