package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ganger/control"
)

// lockOnly is an app that has its lock and does not answer: one that has just
// begun, is stopping, or cannot make its socket.
func lockOnly(t *testing.T, state control.State) (dir string, lock *control.Lock, env []string) {
	t.Helper()
	dir = home(t, "web: child serve")
	env = environ(t, dir)
	runtime := ""
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, "XDG_RUNTIME_DIR="); ok {
			runtime = value
		}
	}
	lock, err := control.Acquire(control.NewPlaces(os.Geteuid(), []string{runtime}, nil), dir,
		control.Facts{PID: os.Getpid(), Since: time.Now(), State: state, Socket: filepath.Join(runtime, "app.sock")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lock.Release() })
	return dir, lock, env
}

func lateCommand(t *testing.T, dir string, env []string, args ...string) *session {
	t.Helper()
	cmd := command(t, dir, args...)
	cmd.Env = env
	return launchCommand(t, cmd)
}

func TestAppThatStops(t *testing.T) {
	leakCheck(t)
	dir, lock, env := lockOnly(t, control.Stopping)
	s := lateCommand(t, dir, env, "ps")
	s.await("^error: the app in .* takes no commands$")
	s.await("^hint: it is stopping, as pid ")
	s.ends(1)
	// Whoever stops it once more waits for its end as the first does.
	s = lateCommand(t, dir, env, "stop")
	s.await("is stopping already$")
	if s.count("^stopped") > 0 {
		t.Error("it says that the app has ended, which has not")
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	s.await("^stopped: the app in ")
	s.ends(0)
}

func TestAppThatBegins(t *testing.T) {
	leakCheck(t)
	dir, lock, env := lockOnly(t, control.Running)
	s := lateCommand(t, dir, env, "ps", "--json")
	serveAt(t, lock, emptyApp{})
	s.await(`^\[\]$`)
	s.ends(0)
}

// serveAt answers at the socket of a lock until the test has ended.
func serveAt(t *testing.T, lock *control.Lock, app control.App) {
	t.Helper()
	path := ""
	if err := lock.Set(func(f *control.Facts) { path = f.Socket }); err != nil {
		t.Fatal(err)
	}
	listener, err := control.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	server := control.NewServer(app, control.Options{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		receive(t, served, "the end of the server")
	})
}

// A stop that comes as the app ends by itself has what it asks for, however far
// the end has come.
func TestStopOfAnAppThatEnds(t *testing.T) {
	for _, test := range []struct{ name, args, said string }{
		{"gone", "stop", "^the app in .* has ended$"},
		{"gone", "stop --no-wait", "^the app in .* has ended$"},
		{"info", "stop", "^stopped: the app in "},
		{"do", "quit", "^stopped: the app in "},
		{"do", "quit --no-wait", "is stopping already$"},
	} {
		t.Run(test.name+" "+test.args, func(t *testing.T) {
			leakCheck(t)
			dir, lock, env := lockOnly(t, control.Running)
			serveAt(t, lock, &endingApp{root: dir, lock: lock, at: test.name})
			s := lateCommand(t, dir, env, strings.Fields(test.args)...)
			if test.name != "gone" {
				s.await("is stopping already$")
				if err := lock.Release(); err != nil {
					t.Fatal(err)
				}
			}
			s.await(test.said)
			s.ends(0)
		})
	}
}

// endingApp has come to its end at the moment when it is asked something.
type endingApp struct {
	control.App
	root string
	lock *control.Lock
	at   string // gone, info or do

	asked atomic.Bool // to stop
}

var errAppEnded = &control.Error{Code: control.CodeStopping, Message: "the app has ended"}

func (a *endingApp) Info(context.Context) (control.Info, error) {
	if a.at == "gone" {
		_ = a.lock.Release()
	}
	if a.at != "do" || a.asked.Load() {
		return control.Info{}, errAppEnded
	}
	return control.Info{Root: a.root, PID: os.Getpid(), State: control.Running}, nil
}

func (a *endingApp) Do(context.Context, control.Command, func(control.Progress) error) (control.Outcome, error) {
	a.asked.Store(true)
	return control.Outcome{}, errAppEnded
}

// A start in an app that ends before it takes the command waits for that end, and
// begins a run of its own.
func TestStartInAnAppThatEnds(t *testing.T) {
	for _, args := range []string{"start web", "start --detach web", "start --detach --wait web"} {
		t.Run(args, func(t *testing.T) {
			leakCheck(t)
			dir, lock, env := lockOnly(t, control.Running)
			app := &endingApp{root: dir, lock: lock, at: "do"}
			serveAt(t, lock, app)
			s := lateCommand(t, dir, env, strings.Fields(args)...)
			if !until(app.asked.Load) {
				t.Fatal("it does not ask the app")
			}
			if err := lock.Release(); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(args, "--detach") {
				front := s.awaitPID(`runs in the background, as pid (\d+):`)
				t.Cleanup(func() { forget(t, s, front) })
				s.ends(0)
				stop := s.beside("stop")
				stop.await("^stopped: ")
				stop.ends(0)
				return
			}
			s.await(`web\.1 +\| ready`)
			s.end()
		})
	}
}

// An app that runs on and does not tell the last words of what failed is not
// waited for.
func TestAppThatRefusesLastWords(t *testing.T) {
	leakCheck(t)
	dir, lock, env := lockOnly(t, control.Running)
	serveAt(t, lock, silentApp{root: dir})
	s := lateCommand(t, dir, env, "wait")
	s.await(`^error: web\.1 failed: exited with status 3$`)
	s.ends(1)
	s.none("^hint:")
}

// silentApp has a process that has failed, and so many who follow its logs that
// nobody else gets them.
type silentApp struct {
	control.App
	root string
}

func (a silentApp) Info(context.Context) (control.Info, error) {
	return control.Info{Root: a.root, PID: os.Getpid(), State: control.Running}, nil
}

func (silentApp) Do(context.Context, control.Command, func(control.Progress) error) (control.Outcome, error) {
	return control.Outcome{Processes: []control.Result{{Process: "web.1", Result: hasFailed, Message: "exited with status 3"}}}, nil
}

func (silentApp) Logs(context.Context, control.LogQuery, func([]control.Line) error) error {
	return &control.Error{Code: control.CodeTooMany, Message: "400 streams are open already"}
}

// emptyApp has no processes. What it is not asked here it does not have.
type emptyApp struct{ control.App }

func (emptyApp) Processes(context.Context, control.ProcessQuery) ([]control.Process, error) {
	return nil, nil
}
