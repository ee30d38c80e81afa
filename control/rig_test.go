package control

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// patience bounds every wait for what has to happen. No test takes this long
// unless it fails.
const patience = time.Minute

// until asks again and again until done says yes or nobody believes it any more.
func until(done func() bool) bool {
	for end := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
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

// next waits for what a terminal shows next.
func next(t testing.TB, term Terminal) (Shown, error) {
	t.Helper()
	guard := time.AfterFunc(patience, func() {
		t.Errorf("the terminal shows nothing within %s", patience)
		term.Close()
	})
	defer guard.Stop()
	return term.Next()
}

// unhurried is for a server whose end is not to be cut short by a busy machine.
func unhurried(r *rig) { r.server.grace, r.server.last = patience, patience }

// noLeak fails the test when a goroutine outlives it. It is called first.
func noLeak(t testing.TB) {
	t.Helper()
	if _, ok := t.(*testing.F); ok {
		return // what fuzzes has goroutines of its own, which come and go
	}
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		if !until(func() bool { return runtime.NumGoroutine() <= before }) {
			stacks := make([]byte, 1<<20)
			t.Errorf("goroutines outlive the test:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
	})
}

func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// rig is a server of an app, and a client.
type rig struct {
	app    *fakeApp
	server *Server
	listen *Listener
	client *Client
	socket string
}

func newRig(t testing.TB, app *fakeApp, options ...func(*rig)) *rig {
	t.Helper()
	noLeak(t)
	r := &rig{app: app, socket: filepath.Join(shortTemp(t), "s")}
	var err error
	if r.listen, err = Listen(r.socket); err != nil {
		t.Fatal(err)
	}
	r.server = NewServer(app, Options{Report: func(err error) { t.Error(err) }})
	for _, set := range options {
		set(r)
	}
	r.client = Dial(r.socket)
	served := make(chan error, 1)
	go func() { served <- r.server.Serve(r.listen) }()
	t.Cleanup(func() {
		r.client.Close()
		r.server.Close()
		if err := receive(t, served, "the end of Serve"); err != ErrClosed {
			t.Error(err)
		}
		if _, err := os.Lstat(r.socket); err == nil {
			t.Error("the socket outlives the server")
		}
	})
	return r
}

// shortTemp is a folder whose path leaves room for a socket.
func shortTemp(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", fmt.Sprintf("ctl%d-", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
