//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take to come true.
const patience = 90 * time.Second

// lab is an engine that is up, and a folder to work in.
type lab struct {
	*testing.T
	env  []string // with the engine's own variables
	root string   // the app root, readable to all
	dir  string   // for exports and logs
	base int      // the base port of exports
}

// report is what the probe answers.
type report struct {
	Life      int64
	Args, Env [][]byte
	Dir       string
	UID       int
}

// enginesProgram is the one that brings engines up and down.
func enginesProgram() string { return cmp.Or(os.Getenv("GANGER_ENGINES"), "engines") }

// newLab brings an engine up until the test ends.
func newLab(t *testing.T, engine string, image bool) *lab {
	t.Helper()
	engines := enginesProgram()
	_, missing := exec.LookPath(engines)
	own, ok := plainEngine(engine)
	if missing != nil && !ok {
		t.Skipf("no engines: %v", missing)
	}
	// Not below a folder for temporary files, of which a hardened unit has its own.
	base, err := os.MkdirTemp("/srv", "ganger-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	l := &lab{T: t, env: os.Environ(), root: filepath.Join(base, "app"), dir: base, base: freePorts(t)}
	for _, dir := range []string{base, l.root} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	build(t, filepath.Join(l.root, "probe"), "./probe")
	build(t, filepath.Join(l.dir, "ganger"), "ganger")
	if missing != nil {
		own.start(l)
		return l
	}
	if image {
		l.run(engines, "image", filepath.Join(l.root, "probe"))
	}
	t.Cleanup(func() {
		cmd := exec.Command(engines, "down", engine)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("engines down: %v\n%s", err, out)
		}
	})
	l.run(engines, "up", engine)
	l.env = strings.Split(strings.TrimSuffix(l.run("/bin/bash", "-c", `eval "$("$0" env "$1")" && env -0`, engines, engine), "\x00"), "\x00")
	for _, v := range l.env {
		if path, ok := strings.CutPrefix(v, "PATH="); ok {
			t.Setenv("PATH", path) // for exec.LookPath
		}
	}
	return l
}

func build(t *testing.T, file, pkg string) {
	t.Helper()
	cmd := exec.Command("go", "build", "-o", file, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// try runs a command of the engine and returns its output.
func (l *lab) try(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = l.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String(), err
}

func (l *lab) run(name string, args ...string) string {
	l.Helper()
	out, err := l.try(name, args...)
	if err != nil {
		l.Fatal(err)
	}
	return out
}

func (l *lab) variable(name string) string {
	l.Helper()
	for _, v := range l.env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	l.Fatalf("the engine sets no %s", name)
	return ""
}

// eventually polls until f returns no error.
func (l *lab) eventually(what string, f func() error) {
	l.Helper()
	began := time.Now()
	deadline := time.After(patience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			l.Logf("%s, after %.1f s", what, time.Since(began).Seconds())
			return
		}
		select {
		case <-deadline:
			l.Fatalf("%s: not within %s: %v", what, patience, err)
		case <-tick.C:
		}
	}
}

// write puts a file into the app root.
func (l *lab) write(name, text string) {
	l.Helper()
	if err := os.WriteFile(filepath.Join(l.root, name), []byte(text), 0o644); err != nil {
		l.Fatal(err)
	}
}

// export runs the real command and returns the folder.
func (l *lab) export(format string, flags ...string) string {
	l.Helper()
	dir := filepath.Join(l.dir, "out")
	out := l.run(filepath.Join(l.dir, "ganger"), append([]string{"export", format, dir, "-d", l.root, "-a", "demo"}, flags...)...)
	if !strings.Contains(out, "[ganger export] writing: ") {
		l.Fatalf("no progress is told: %s", out)
	}
	return dir
}

// ask asks a process who it is.
func ask(address string) (report, error) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + address + "/")
	if err != nil {
		return report{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return report{}, err
	}
	var r report
	return r, json.Unmarshal(text, &r)
}

// value is a variable that the process has.
func (r report) value(name string) (string, bool) {
	for _, v := range r.Env {
		if value, ok := strings.CutPrefix(string(v), name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// kill9 kills the processes of the probe that have this variable in their
// environment, wherever they are: root sees into containers.
func (l *lab) kill9(variable string) {
	l.Helper()
	// Of those of this run, where it is not in a container: others may run too.
	var ours, others []int
	entries, err := os.ReadDir("/proc")
	if err != nil {
		l.Fatal(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		switch {
		case filepath.Base(exe) != "probe" || !slices.Contains(strings.Split(string(environ), "\x00"), variable):
		case exe == filepath.Join(l.root, "probe"):
			ours = append(ours, pid)
		default:
			others = append(others, pid)
		}
	}
	if len(ours) == 0 {
		ours = others
	}
	if len(ours) != 1 {
		l.Fatalf("%d processes of the probe have %s", len(ours), variable)
	}
	if err := syscall.Kill(ours[0], syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		l.Fatal(err)
	}
}
