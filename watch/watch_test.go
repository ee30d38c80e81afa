package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait for what has to happen. No test takes this long
// unless it fails.
const patience = time.Minute

// app is a folder with a Watcher on it.
type app struct {
	t       *testing.T
	dir     string
	w       *Watcher
	changes chan Change
	polling chan error
	marks   int
}

// newApp makes a folder with the files, each of which holds its own name.
func newApp(t *testing.T, files ...string) *app {
	t.Helper()
	a := &app{
		t:       t,
		dir:     t.TempDir(),
		changes: make(chan Change, 1000),
		polling: make(chan error, 10),
	}
	a.w = New(Options{
		Changed: func(c Change) { a.changes <- c },
		Polling: func(err error) { a.polling <- err },
	})
	a.w.quiet = 4 * Quiet // for a machine that stands still for a moment
	t.Cleanup(func() {
		a.w.Close()
		receive(t, a.w.ended, "the end of the watcher")
	})
	a.write(files...)
	return a
}

// receive waits for the next of what is told.
func receive[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	guard := time.NewTimer(patience)
	defer guard.Stop()
	select {
	case v := <-from:
		return v
	case <-guard.C:
		t.Fatalf("%s: nothing within %s", what, patience)
		panic("unreachable")
	}
}

// patient is a context for a program that has to come to its end.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// change waits for the next change.
func (a *app) change() Change {
	a.t.Helper()
	return receive(a.t, a.changes, "a change")
}

// atOnce does something while the watcher looks at nothing: for it there is no
// pause within, however busy the machine is.
func (a *app) atOnce(do func() error) {
	a.t.Helper()
	var err error
	a.must(a.w.do(func() { err = do() }))
	a.must(err)
}

func (a *app) path(file string) string { return filepath.Join(a.dir, file) }

// write makes the files at once.
func (a *app) write(files ...string) {
	a.t.Helper()
	a.atOnce(func() error { a.make(files...); return nil })
}

func (a *app) make(files ...string) {
	a.t.Helper()
	for _, file := range files {
		makeFile(a.t, a.path(file), file)
	}
}

func (a *app) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// watch watches for "web", and a folder of its own for expectNothing.
func (a *app) watch(patterns string) {
	a.t.Helper()
	a.must(os.MkdirAll(a.path("mark"), 0o755))
	a.add("mark", "mark/*")
	a.add("web", patterns+",!mark")
}

func (a *app) add(name, patterns string) {
	a.t.Helper()
	ps, err := Parse(patterns)
	a.must(err)
	a.must(a.w.Add(name, a.dir, ps))
}

// expect waits for the next change.
func (a *app) expect(name, file string, others int) {
	a.t.Helper()
	if got, want := a.change(), (Change{name, file, others}); got != want {
		a.t.Errorf("got %+v, want %+v", got, want)
	}
}

// expectFiles waits for so many files to change, in as many bursts as the pauses
// of a busy machine make of them.
func (a *app) expectFiles(name string, n int) {
	a.t.Helper()
	for n > 0 {
		c := a.change()
		if c.Name != name {
			a.t.Errorf("got %+v, want one of %s", c, name)
		}
		n -= 1 + c.Others
	}
}

// expectNothing makes a change that is told after any that was made before,
// and expects none of those.
func (a *app) expectNothing() {
	a.t.Helper()
	a.marks++
	file := fmt.Sprintf("mark/%d", a.marks)
	a.write(file)
	a.expect("mark", file, 0)
	select {
	case c := <-a.changes:
		a.t.Errorf("also told: %+v", c)
	default:
	}
}

// folders is what is watched, relative to the app.
func (a *app) folders() []string {
	var all []string
	_ = a.w.do(func() {
		for dir := range a.w.folders {
			rel, _ := filepath.Rel(a.dir, dir)
			all = append(all, rel)
		}
	})
	slices.Sort(all)
	return all
}

// What programs do to files, and what is told of it.
func TestChanges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		do     func(a *app) error
		file   string // "" if nothing is to be told
		others int
	}{
		{"write", func(a *app) error { return os.WriteFile(a.path("src/a.go"), nil, 0o644) }, "src/a.go", 0},
		{"append", func(a *app) error { return appendTo(a.path("src/a.go")) }, "src/a.go", 0},
		{"create", func(a *app) error { a.make("src/new.go"); return nil }, "src/new.go", 0},
		{"remove", func(a *app) error { return os.Remove(a.path("src/a.go")) }, "src/a.go", 0},
		{"move away", func(a *app) error { return os.Rename(a.path("src/a.go"), a.path("a.txt")) }, "src/a.go", 0},
		{"rename", func(a *app) error { return os.Rename(a.path("src/a.go"), a.path("src/c.go")) }, "src/c.go", 1},
		{"not meant", func(a *app) error { a.make("src/a.txt", "README.go"); return nil }, "", 0},
		{"came and went", func(a *app) error { a.make("src/x.go"); return os.Remove(a.path("src/x.go")) }, "", 0},
		{"chmod", func(a *app) error {
			old := time.Now().Add(-time.Hour)
			return errors.Join(os.Chtimes(a.path("src/a.go"), old, old), os.Chmod(a.path("src/a.go"), 0o600))
		}, "", 0},
		{"touch", func(a *app) error { return exec.CommandContext(patient(a.t), "touch", a.path("src/a.go")).Run() }, "src/a.go", 0},
		// gedit, GoLand, and vim where it cannot keep the file
		{"atomic save", func(a *app) error {
			a.make("src/.a.go.tmp123")
			return os.Rename(a.path("src/.a.go.tmp123"), a.path("src/a.go"))
		}, "src/a.go", 0},
		{"vim with backup", func(a *app) error {
			a.make("src/4913", "src/.a.go.swp")
			return errors.Join(
				os.Remove(a.path("src/4913")),
				os.Rename(a.path("src/a.go"), a.path("src/a.go~")),
				os.WriteFile(a.path("src/a.go"), []byte("more"), 0o644),
				os.Chmod(a.path("src/a.go"), 0o600),
				os.Remove(a.path("src/a.go~")),
				os.Remove(a.path("src/.a.go.swp")))
		}, "src/a.go", 0},
		{"emacs", func(a *app) error {
			a.make("src/#a.go#")
			return errors.Join(
				os.Symlink("me@here.123:1", a.path("src/.#a.go")),
				os.Remove(a.path("src/.#a.go")))
		}, "", 0},
		{"folders with files", func(a *app) error { a.make("src/x/y/z.go"); return nil }, "src/x/y/z.go", 0},
		{"folder moved in", func(a *app) error {
			a.make("other/x/y.go")
			return os.Rename(a.path("other"), a.path("src/in"))
		}, "src/in/x/y.go", 0},
		{"folder moved away", func(a *app) error { return os.Rename(a.path("src/sub"), a.path("gone")) }, "src/sub", 1},
		{"folder removed", func(a *app) error { return os.RemoveAll(a.path("src/sub")) }, "src/sub/b.go", 0},
		{"several", func(a *app) error { a.make("src/x.go", "src/sub/y.go", "src/z.go"); return nil }, "src/x.go", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, "src/a.go", "src/sub/b.go", "src/sub/deep/c.txt", "README")
			a.watch("src/**/*.go")
			a.atOnce(func() error { return tt.do(a) })
			if tt.file != "" {
				c := a.change()
				if c.Name != "web" || c.File != tt.file || tt.name != "folder moved away" && c.Others != tt.others {
					t.Errorf("got %+v, want %s and %d others", c, tt.file, tt.others)
				}
			}
			a.expectNothing()
		})
	}
}

func appendTo(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("more")
	return errors.Join(err, f.Close())
}

// vim itself, in its two ways to save.
func TestVim(t *testing.T) {
	t.Parallel()
	vim, err := exec.LookPath("vim")
	if err != nil {
		t.Skip(err)
	}
	for _, way := range []string{"yes", "no", "auto"} {
		a := newApp(t, "src/a.go")
		a.watch("src/**")
		cmd := exec.CommandContext(patient(t), vim, "-Nu", "NONE", "-es", "-c", "set backup backupcopy="+way, "-c", "normal ihello", "-c", "wq", "a.go")
		cmd.Dir = a.path("src")
		a.atOnce(func() error {
			out, err := cmd.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("vim: %w: %s", err, out)
			}
			return err
		})
		a.expect("web", "src/a.go", 0)
		a.expectNothing()
	}
}

// Once a folder that came is watched, what happens in it is told.
func TestLaterFolders(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.watch("src/**/*.go")
	a.must(os.MkdirAll(a.path("src/x"), 0o755))
	a.expectNothing()
	a.write("src/x/a.go")
	a.expect("web", "src/x/a.go", 0)
	// Moved: told under its new name.
	a.atOnce(func() error { return os.Rename(a.path("src/x"), a.path("src/y")) })
	a.change()
	a.write("src/y/b.go")
	a.expect("web", "src/y/b.go", 0)
	// Gone and back.
	a.atOnce(func() error { return os.RemoveAll(a.path("src")) })
	a.change()
	a.write("src/z/c.go")
	a.expect("web", "src/z/c.go", 0)
	a.write("src/z/d.go")
	a.expect("web", "src/z/d.go", 0)
	if got, want := a.folders(), []string{".", "mark", "src", "src/z"}; !slices.Equal(got, want) {
		t.Errorf("watched: %q, want %q", got, want)
	}
}

// The app's own folder is not there at first; it goes, and comes back.
func TestRoot(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	dir := a.path("app")
	ps, err := Parse("*.go,sub/*.go")
	a.must(err)
	a.must(a.w.Add("web", dir, ps))
	a.write("app/a.go")
	a.expect("web", "a.go", 0)
	a.atOnce(func() error { return os.RemoveAll(dir) })
	a.expect("web", "a.go", 0)
	a.write("app/sub/b.go")
	a.expect("web", "sub/b.go", 0)
	a.write("app/sub/c.go")
	a.expect("web", "sub/c.go", 0)
}

// Only folders that may hold a match are watched.
func TestWhatIsWatched(t *testing.T) {
	t.Parallel()
	a := newApp(t, ".git/objects/x/y", "node_modules/a/b.js", "docs/x.md", "src/a/b.go", "src/gen/x.go", "src/node_modules/c/d.go",
		"src/build/x.go", "templates/a.html", "templates/sub/b.html", gitignore)
	makeFile(t, a.path(gitignore), "build/\n")
	a.must(os.Symlink("..", a.path("src/loop")))
	a.must(os.Symlink("src", a.path("link")))
	a.add("web", "src/**,!src/gen,templates/*")
	if got, want := a.folders(), []string{".", "src", "src/a", "templates"}; !slices.Equal(got, want) {
		t.Errorf("watched: %q, want %q", got, want)
	}
	// A link that is spelled out is followed.
	a.add("web", "link/a/*")
	if got, want := a.folders(), []string{".", "link", "link/a"}; !slices.Equal(got, want) {
		t.Errorf("watched: %q, want %q", got, want)
	}
	a.write("src/a/c.go")
	a.expect("web", "link/a/c.go", 0)
	a.w.Remove("web")
	if got := a.folders(); len(got) != 0 {
		t.Errorf("still watched: %q", got)
	}
}

func TestSeveralTypes(t *testing.T) {
	t.Parallel()
	a := newApp(t, "src/a.go", "src/a.css")
	a.add("web", "src/*.go")
	a.add("css", "src/*.css")
	a.add("all", "src/*")
	a.write("src/a.go", "src/a.css")
	got := map[Change]bool{a.change(): true, a.change(): true, a.change(): true}
	for _, want := range []Change{{"web", "src/a.go", 0}, {"css", "src/a.css", 0}, {"all", "src/a.go", 1}} {
		if !got[want] {
			t.Errorf("not told: %+v of %v", want, got)
		}
	}
	a.w.Remove("web")
	a.w.Remove("all")
	a.write("src/a.go", "src/a.css")
	a.expect("css", "src/a.css", 0)
}

// .gitignore may change while we watch.
func TestGitignoreChanges(t *testing.T) {
	t.Parallel()
	a := newApp(t, "out/a.go", "src/a.go")
	makeFile(t, a.path(gitignore), "out\n")
	a.watch("**/*.go")
	a.write("out/a.go")
	a.expectNothing()
	a.atOnce(func() error { makeFile(t, a.path(gitignore), "src\n"); return nil })
	a.expectNothing()
	a.write("src/a.go")
	a.expectNothing()
	a.write("out/a.go")
	a.expect("web", "out/a.go", 0)
}

// A checkout of another branch is one change.
func TestCheckout(t *testing.T) {
	t.Parallel()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip(err)
	}
	a := newApp(t)
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(patient(t), git, append([]string{"-C", a.dir, "-c", "user.name=x", "-c", "user.email=x@x", "-c", "gc.auto=0"}, args...)...)
		cmd.Env = gitEnv()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
	}
	const files = 1500
	run("init", "-q", "-b", "one")
	for i := range files {
		a.make(fmt.Sprintf("src/%d/a%d.go", i%50, i))
	}
	run("add", ".")
	run("commit", "-qm", "one")
	run("checkout", "-qb", "two")
	for i := range files {
		makeFile(t, a.path(fmt.Sprintf("src/%d/a%d.go", i%50, i)), "changed")
	}
	run("commit", "-qam", "two")
	a.watch("**/*.go")
	a.atOnce(func() error { run("checkout", "-q", "one"); return nil })
	a.expectFiles("web", files)
	a.expectNothing()
}

// More happens than the system keeps for us.
func TestOverflow(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the queue is inotify's")
	}
	t.Parallel()
	a := newApp(t, "src/a.go")
	in, out := make(chan bool), make(chan bool)
	stick := sync.OnceFunc(func() { close(in); <-out })
	a.w.opts.Changed = func(c Change) { // before anything is watched
		if c.Name == "stuck" {
			stick()
		} else {
			a.changes <- c
		}
	}
	a.add("stuck", "stuck")
	a.add("web", "src/*.go,late/*.go")
	a.write("stuck")
	receive(t, in, "the first change")
	limit := 16384
	if text, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events"); err == nil {
		_, _ = fmt.Sscan(string(text), &limit)
	}
	if limit > 100_000 {
		t.Skipf("the queue holds %d", limit)
	}
	for i := range limit + 5000 { // fsnotify holds some more
		a.must(os.WriteFile(a.path(fmt.Sprintf("src/%d.txt", i%2)), nil, 0o644))
		a.must(appendTo(a.path(fmt.Sprintf("src/%d.txt", i%2))))
	}
	a.make("late/b.go") // nothing is heard of it
	close(out)
	if c := a.change(); c.Name != "web" || c.File != "late/b.go" {
		t.Errorf("got %+v", c)
	}
	a.write("late/c.go")
	a.expect("web", "late/c.go", 0)
}

// A file system without events is looked at, and that is said once.
func TestPolling(t *testing.T) {
	t.Parallel()
	a := newApp(t, "src/a.go", "src/sub/b.go")
	a.must(a.w.do(func() {
		a.w.silent = func(dir string) string {
			if strings.HasPrefix(dir, a.path("src")) {
				return "NFS"
			}
			return ""
		}
	}))
	a.add("web", "src/**/*.go")
	var se *SilentError
	if err := receive(t, a.polling, "why it polls"); !errors.As(err, &se) || se.FileSystem != "NFS" || se.Folder != a.path("src") {
		t.Errorf("told: %v", err)
	}
	for _, tt := range []struct {
		do   func() error
		file string
	}{
		{func() error { return os.WriteFile(a.path("src/a.go"), []byte("longer than before"), 0o644) }, "src/a.go"},
		{func() error { a.make("src/sub/new.go", "src/sub/new.txt"); return nil }, "src/sub/new.go"},
		{func() error { return os.Remove(a.path("src/sub/new.go")) }, "src/sub/new.go"},
		{func() error { a.make("src/x/y/c.go"); return nil }, "src/x/y/c.go"},
		{func() error { return os.RemoveAll(a.path("src/x")) }, "src/x/y/c.go"},
		{func() error { a.make("src/x/y/c.go"); return nil }, "src/x/y/c.go"},
	} {
		a.atOnce(tt.do)
		a.expect("web", tt.file, 0)
	}
	select {
	case err := <-a.polling:
		t.Errorf("told again: %v", err)
	default:
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	a := newApp(t, "a.go")
	a.add("web", "*.go")
	a.write("a.go")
	a.w.Close()
	a.w.Close()
	receive(t, a.w.ended, "the end of the watcher")
	ps, err := Parse("*")
	a.must(err)
	if err := a.w.Add("web", a.dir, ps); err == nil {
		t.Error("Add after Close: no error")
	}
	a.w.Remove("web")
	select {
	case c := <-a.changes:
		t.Errorf("told after Close: %+v", c)
	default:
	}
}

// A burst ends when nothing has changed for Quiet.
func TestBurst(t *testing.T) {
	t.Parallel()
	var b burst
	now := time.Now()
	b.add("/does/not/exist/a", false, now)
	b.add("/does/not/exist/b", true, now.Add(50*time.Millisecond))
	b.add("/does/not/exist/a", true, now.Add(70*time.Millisecond))
	if want := now.Add(70 * time.Millisecond); !b.due.Equal(want) {
		t.Errorf("due %v after the first", b.due.Sub(now))
	}
	if file, n := b.end(); file != "/does/not/exist/a" || n != 1 {
		t.Errorf("got %q, %d", file, n)
	}
	for i := range 2 * most {
		b.add(fmt.Sprint("/does/not/exist/", i), false, now)
	}
	if _, n := b.end(); n != 2*most+1 || len(b.files) != most {
		t.Errorf("%d files, %d remembered", n, len(b.files))
	}
}
