package main

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

//go:embed child/sleeper.c
var sleeperSource string

//go:embed child/spawner.c
var spawnerSource string

//go:embed child/asker.c
var askerSource string

// A lab is the folder and the programs that the cases share.
type lab struct {
	dir     string
	self    string   // this program
	sleeper []string // command lines; arguments follow
	spawner []string
	asker   []string
	helpers string        // what the three are written in
	window  time.Duration // in which an idle manager is watched
	scale   int           // lines and ticks are divided by it
	port    string        // was free on the loopback address
	runs    atomic.Int64
}

func newLab() (*lab, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{dir: dir, self: self, window: time.Minute, scale: 1, port: port}
	l.buildHelpers()
	return l, nil
}

// buildHelpers compiles the C programs, linked statically where that works: a
// dynamic linker's work would stand between the start of a process and its
// first instruction.
func (l *lab) buildHelpers() {
	l.sleeper = []string{l.self, "sleeper"}
	l.spawner = []string{l.self, "spawner"}
	l.asker = []string{l.self, "asker"}
	l.helpers = "Go"
	for _, kind := range []struct {
		name string
		flag []string
	}{{"static C", []string{"-static"}}, {"C", nil}} {
		sleeper, err1 := l.compile("sleeper", sleeperSource, kind.flag)
		spawner, err2 := l.compile("spawner", spawnerSource, kind.flag)
		asker, err3 := l.compile("asker", askerSource, kind.flag)
		if errors.Join(err1, err2, err3) == nil {
			l.sleeper, l.spawner, l.asker = []string{sleeper}, []string{spawner}, []string{asker}
			l.helpers = kind.name
			return
		}
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

func (l *lab) compile(name, source string, flags []string) (string, error) {
	in, out := filepath.Join(l.dir, name+".c"), filepath.Join(l.dir, name)
	if err := os.WriteFile(in, []byte(source), 0o600); err != nil {
		return "", err
	}
	return out, exec.Command("cc", append(flags, "-O2", "-o", out, in)...).Run()
}

// buildGanger builds the module's own program as it is released.
func (l *lab) buildGanger() (string, error) {
	out := filepath.Join(l.dir, "ganger")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "ganger")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build ganger: %w\n%s", err, text)
	}
	return out, nil
}

// newRun makes a folder with a FIFO for the reports, and a mark.
func (l *lab) newRun() (dir, mark string, in *reports, err error) {
	n := strconv.FormatInt(l.runs.Add(1), 10)
	dir = filepath.Join(l.dir, n)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", "", nil, err
	}
	in, err = newReports(filepath.Join(dir, "reports"))
	return dir, l.mark() + n, in, err
}

func (l *lab) mark() string { return strconv.Itoa(os.Getpid()) + "-" }

// manage starts an app under a manager. The manager's stdout is out, or
// nowhere.
func (l *lab) manage(m manager, a func(fifo string) app, out *os.File) (*run, error) {
	dir, mark, in, err := l.newRun()
	if err != nil {
		return nil, err
	}
	argv, err := m.commandLine(dir, a(in.path))
	if err != nil {
		return nil, errors.Join(err, in.close())
	}
	r, err := l.start(argv, dir, mark, out, in)
	if err != nil {
		return nil, errors.Join(err, in.close())
	}
	return r, nil
}

// spawn starts n sleepers by the floor's means.
func (l *lab) spawn(n int) (*run, error) {
	dir, mark, in, err := l.newRun()
	if err != nil {
		return nil, err
	}
	argv := slices.Concat(l.spawner, []string{strconv.Itoa(n)}, l.sleeper, []string{in.path})
	r, err := l.start(argv, dir, mark, nil, in)
	if err != nil {
		return nil, errors.Join(err, in.close())
	}
	return r, nil
}

// catting starts a shell's pipeline: writers, each with its own command line,
// into one cat, into out.
func (l *lab) catting(out *os.File, writers int, argv func(fifo string, writer int) []string) (*run, error) {
	dir, mark, in, err := l.newRun()
	if err != nil {
		return nil, err
	}
	script := ""
	for i := range writers {
		script += strings.Join(argv(in.path, i), " ") + " & "
	}
	script = "{ " + script + "wait; } | cat"
	r, err := l.start([]string{"/bin/sh", "-c", script}, dir, mark, out, in)
	if err != nil {
		return nil, errors.Join(err, in.close())
	}
	return r, nil
}

// limit is what one round of one subject may take.
const limit = 30 * time.Second

func deadline() time.Time { return time.Now().Add(limit) }

// close ends whatever any run left behind and removes the folder.
func (l *lab) close() error {
	prefix := runVariable + "=" + l.mark()
	err := killAll(func() []proc {
		return withDescendants(processes(prefix), func(p proc) bool { return p.marked })
	})
	return errors.Join(err, os.RemoveAll(l.dir))
}
