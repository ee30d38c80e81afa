package faults

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

var (
	tableFlag  = flag.Bool("table", false, "print the table of all cases and supervisors")
	starveFlag = flag.Bool("starve", false, "address space too small for a thread, which is not held every time")
	longFlag   = flag.Bool("long", false, "10,000 restarts and 10,000 children, and crash loops of a minute")
	peersFlag  = flag.String("peers", "", "a folder with peers, besides PATH, for the table")
	readmeFlag = flag.String("readme", "", "a file to put the table into, between its marks")
	onlyFlag   = flag.String("only", "", "for the table: the supervisors to ask, separated by commas")
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == childName {
		child(os.Args[1:])
		return
	}
	flag.Parse()
	for _, sig := range []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP} {
		if signal.Ignored(sig) { // under nohup, or in a script's background; it is not to be handed on
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	for fd := 3; fd < 256; fd++ {
		unix.CloseOnExec(fd) // what we were given is no business of the cases
	}
	if p := flag.Lookup("test.parallel"); p.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = p.Value.Set("6") // most of a case is waiting
	}
	code := m.Run()
	if binaryDir != "" {
		os.RemoveAll(binaryDir)
	}
	os.Exit(code)
}

// binaryDir is where the binary under test was built; TestMain removes it.
var binaryDir string

// binary builds ganger once for all cases, with the race detector if they have
// it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "ganger-faults-")
	if err != nil {
		return "", err
	}
	binaryDir = dir
	args := []string{"build", "-o", filepath.Join(dir, "ganger")}
	if raced() {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "ganger")...)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build ganger: %w\n%s", err, out)
	}
	return filepath.Join(dir, "ganger"), nil
})

// raced reports whether the race detector is on, which takes memory and time
// of its own.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

// A fault is one case: something goes wrong, and its name says what holds.
type fault struct {
	point string // what the case is about, for its group in the table
	name  string
	peers bool // needs nothing but a Procfile, so any supervisor can be asked
	alone bool // measures time or needs the machine: not beside the others
	run   func(b *bed)
}

// long chooses between a number for every day and the one for -long.
func long[N any](short, full N) N {
	if *longFlag {
		return full
	}
	return short
}

// faults are all cases.
func faults() []fault {
	var all []fault
	for _, group := range []func() []fault{
		treeFaults, commandFaults, endFaults, signalFaults, secondFaults, jobFaults, pidOneFaults, exitFaults, shortFaults, loopFaults, costFaults, clockFaults, holdFaults,
	} {
		all = append(all, group()...)
	}
	return all
}

func TestFaults(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what is left over is found in Linux's /proc")
	}
	if testing.Short() {
		t.Skip("real runs take a minute")
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults() {
		t.Run(f.point+"/"+f.name, func(t *testing.T) {
			if !f.alone {
				t.Parallel()
			}
			r := try(f, ganger(path))
			for _, line := range r.notes {
				t.Log(line)
			}
			switch {
			case r.skipped != "":
				t.Skip(r.skipped)
			case r.err != nil:
				t.Errorf("%v\nits output:\n%s", r.err, r.output)
			}
		})
	}
}
