package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ganger/control"

	"github.com/spf13/pflag"
)

// target is how a command line says which running app it means.
type target struct {
	opts   *options // root and procfile
	socket string
}

func newTarget() *target {
	t := &target{opts: &options{byName: make(map[string]*option)}}
	for _, s := range targetFlags() {
		t.opts.define(s)
	}
	return t
}

// targetFlags are those of filesFlags that say where an app is.
func targetFlags() []spec {
	return []spec{
		{name: "root", short: "d", value: "DIR", usage: "the app root (the folder of -f, else the nearest with a Procfile)", aliases: []string{"app-root"}},
		{name: "procfile", short: "f", value: "FILE", usage: "the app in the folder of this Procfile"},
	}
}

// flags offers the flags. A command in which -f means something else leaves its
// letter out.
func (t *target) flags(fs *pflag.FlagSet) {
	specs := targetFlags()
	for i := range specs {
		if fs.ShorthandLookup(specs[i].short) != nil {
			specs[i].short = ""
		}
	}
	t.opts.flags(fs, specs)
	fs.StringVar(&t.socket, "socket", "", "`PATH`the app that has this socket")
}

// running is an app that runs.
type running struct {
	*control.Client
	root  string                      // "" where only its socket was named
	facts control.Facts               // what its lock says; zero where its socket was named
	again func(command string) string // a command line for this app, as it has to be typed here
}

// connect finds the app. Nothing is asked of it yet.
func (t *target) connect() (*running, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, fileError(fmt.Sprintf("cannot tell the current folder: %v", err), "")
	}
	if t.socket == "none" {
		return nil, usageError("--socket none names no app", "name the path of its socket, or its folder with -d")
	}
	if t.socket != "" {
		return bySocket(absolute(cwd, t.socket), again(" --socket "+shellWord(t.socket))), nil
	}
	root, named, err := t.findRoot(cwd)
	if err != nil {
		return nil, err
	}
	if named {
		return t.byRoot(root)
	}
	here, isRoot := nearestRoot(cwd)
	// A process of an app is told which it belongs to, wherever its folder is;
	// but one that has gone to another app's folder means that one.
	if path := os.Getenv("GANGER_SOCKET"); path != "" && path != "none" && (!isRoot || sameFolder(here, os.Getenv("GANGER_ROOT"))) {
		return bySocket(absolute(cwd, path), again("")), nil
	}
	if isRoot {
		return t.byRoot(here)
	}
	return t.byTree(cwd)
}

// findRoot finds the app root as start does. named says that it, or a Procfile
// in it, was named.
func (t *target) findRoot(cwd string) (root string, named bool, err error) {
	if err := t.opts.fromEnvironment(os.LookupEnv); err != nil {
		return "", false, err
	}
	file := t.opts.get("procfile")
	if v := os.Getenv("PROCFILE"); v != "" && !file.isSet() {
		if err := file.add(given{v, "PROCFILE", fromShell}); err != nil {
			return "", false, err
		}
	}
	root, _, err = findRoot(cwd, t.opts.get("root").last(), file.last())
	return root, file.isSet() || t.opts.get("root").isSet(), err
}

// appRoot is the root of the app that is meant, whether it runs or not.
func (t *target) appRoot() (string, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return "", fileError(fmt.Sprintf("cannot tell the current folder: %v", err), "")
	}
	root, _, err := t.findRoot(cwd)
	return root, err
}

// again gives command lines with these flags.
func again(flags string) func(string) string {
	return func(command string) string { return "ganger " + command + flags }
}

func bySocket(path string, again func(string) string) *running {
	return &running{Client: control.Dial(path), again: again}
}

func (t *target) byRoot(root string) (*running, error) {
	again := again(t.typed())
	facts, err := control.Find(control.DefaultPlaces(), root)
	if err != nil {
		return nil, (&running{root: root, again: again}).explain(err)
	}
	return atFacts(facts, again)
}

// atFacts is the app whose lock says these facts.
func atFacts(facts control.Facts, again func(string) string) (*running, error) {
	if facts.Socket == "" {
		return nil, fileError(fmt.Sprintf("the app in %s runs without a socket, as pid %d", facts.Root, facts.PID),
			fmt.Sprintf("start it without --socket none; kill %d stops it", facts.PID))
	}
	awaitSocket(facts)
	return &running{Client: control.Dial(facts.Socket), root: facts.Root, facts: facts, again: again}, nil
}

const (
	// socketTime bounds the wait for a run that has its lock, and not yet its
	// socket: that is made just before the first processes.
	socketTime = 5 * time.Second
	socketTick = 5 * time.Millisecond
	// coarse is how far behind the time the clock of a file system may be.
	coarse = 20 * time.Millisecond
)

// awaitSocket waits until a run that has just begun takes commands.
func awaitSocket(f control.Facts) {
	tick := time.NewTicker(socketTick)
	defer tick.Stop()
	for end := time.Now().Add(socketTime); f.State == control.Running && time.Now().Before(end); <-tick.C {
		// An older one is of a run that was killed.
		if st, err := os.Stat(f.Socket); err == nil && !st.ModTime().Before(f.Since.Add(-coarse)) {
			return
		}
		now, err := control.Find(control.DefaultPlaces(), f.Root)
		if err != nil || now.PID != f.PID {
			return
		}
		f.State = now.State
	}
}

// byTree finds an app whose root does not look like one, and lies above.
func (t *target) byTree(cwd string) (*running, error) {
	for dir := cwd; ; dir = filepath.Dir(dir) {
		if _, err := control.Find(control.DefaultPlaces(), dir); err == nil {
			return t.byRoot(dir)
		}
		if dir == filepath.Dir(dir) {
			return t.byRoot(cwd) // which says that there is none
		}
	}
}

// typed are the flags that say which app it is, to be typed again.
func (t *target) typed() string {
	var b strings.Builder
	for _, s := range []struct{ name, typed string }{{"root", "-d"}, {"procfile", "--procfile"}} {
		if g := t.opts.get(s.name).last(); g.rank == fromFlag {
			b.WriteString(" " + s.typed + " " + shellWord(g.text))
		}
	}
	return b.String()
}

func sameFolder(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
