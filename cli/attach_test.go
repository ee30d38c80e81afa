package cli

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// startAndAttach runs the app with lines for a Procfile, and attaches to it.
func startAndAttach(t *testing.T, lines []string, args ...string) (*session, *user) {
	t.Helper()
	return attachIn(t, folder(t, lines...), args...)
}

func attachIn(t *testing.T, dir string, args ...string) (*session, *user) {
	t.Helper()
	app := launch(t, dir, "start", "-p", "none", "--tty", "web=always")
	if !until(func() bool {
		out, _ := finish(t, beside(app, "ps"))
		return t.Failed() || strings.Contains(out, " running ")
	}) {
		t.Fatalf("no process runs:\n%s", app.text())
	}
	return app, attachTo(t, app, args...)
}

func attachTo(t *testing.T, app *session, args ...string) *user {
	t.Helper()
	u := newUser(t, beside(app, append([]string{"attach"}, args...)...), 90, 30)
	u.await("^attached to ")
	return u
}

func TestAttachTypes(t *testing.T) {
	leakCheck(t)
	app, u := startAndAttach(t, []string{"web: child cat"})
	u.await(`^attached to web\.1: ctrl-\] or ctrl-p ctrl-q leaves$`)
	u.types("hello\r")
	u.await("^read hello$")
	app.await(`web\.1 +\| read hello$`)
	u.types("\x1d")
	u.await("^left web.1, which goes on$")
	u.ends(0)
	app.end()
}

// A process whose terminal shows itself would never end to show itself.
func TestAttachInside(t *testing.T) {
	leakCheck(t)
	app, u := startAndAttach(t, []string{"# ganger: stop-signal=HUP", "web: sh"})
	for _, name := range []string{" web.1", " web", ""} {
		u.types("ganger attach" + name + "; echo status $?\r")
		u.await("^error: this runs inside web.1, which cannot be attached to itself$")
		u.await("^status 1$")
		u.types("clear\r")
	}
	u.types("\x1d")
	u.await("^left web.1")
	u.ends(0)
	app.end()
}

// What the keys to leave begin with is held back and not lost.
func TestAttachKeys(t *testing.T) {
	leakCheck(t)
	app, u := startAndAttach(t, []string{"web: child keys"}, "web")
	u.await("ready")
	u.types("\x10a")
	u.await(`^key "\\x10"$`)
	u.await(`^key "a"$`)
	u.types("\x10") // alone it comes too
	if !until(func() bool { return u.count(`^key "\\x10"$`) == 2 }) {
		t.Errorf("a key is held back for ever:\n%s", u.text())
	}
	u.types(ctrlC) // it goes to the process
	u.await(`^key "\\x03"$`)
	u.types("\x10\x11")
	u.await("^left web.1")
	u.ends(0)

	u = attachTo(t, app, "web.1", "--detach-keys", "ctrl-a d")
	u.types("\x1d\x01d")
	u.await("^left web.1")
	u.ends(0)
	app.await(`key "\\x1d"$`)
	app.end()
}

func TestAttachWindow(t *testing.T) {
	leakCheck(t)
	app, u := startAndAttach(t, []string{"web: child tty"})
	u.await("^(?:resized|size) true 90 30 true$")
	resize(t, u.master, 40, 12)
	u.await("^resized true 40 12 true$")
	u.types("\x1d")
	u.ends(0)
	// The window is the app's again.
	app.await(`resized true 62 24 true`)
	app.end()
}

// Whatever ends it, the terminal is as it was, and what the process has done to
// it is undone.
func TestAttachRestores(t *testing.T) {
	kill := func(t *testing.T, pid int) {
		if err := unix.Kill(pid, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name    string
		status  int
		appEnds bool
		end     func(t *testing.T, app *session, u *user)
		says    string
	}{
		{"keys", 0, false, func(t *testing.T, _ *session, u *user) { u.types("\x1d") }, "left web.1"},
		{"TERM", 128 + 15, false, func(t *testing.T, _ *session, u *user) { u.signal(unix.SIGTERM) }, ""},
		{"HUP", 128 + 1, false, func(t *testing.T, _ *session, u *user) { u.signal(unix.SIGHUP) }, ""},
		{"the app is stopped", 0, true, func(t *testing.T, app *session, u *user) { app.end() }, "(web.1 has been stopped|the app has ended)"},
		{"the front is killed", 0, true, func(t *testing.T, app *session, u *user) { app.signal(syscall.SIGKILL) }, "(web.1 has been stopped|the app has ended)"},
		{"the back is killed", 1, true, func(t *testing.T, app *session, u *user) {
			kill(t, parent(t, app.awaitPID(`web\.1 started \(pid (\d+)`)))
		}, "error: (lost the app|the app in .* has ended)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			leakCheck(t)
			app, u := startAndAttach(t, []string{"web: child paint"})
			u.await("ready")
			test.end(t, app, u)
			if test.says != "" {
				u.await(test.says)
			}
			u.ends(test.status)
			for _, undo := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?1002l", "\x1b[?2004l", "\x1b[0m"} {
				if !strings.Contains(u.text(), undo) {
					t.Errorf("%q is not undone:\n%q", undo, u.text())
				}
			}
			switch {
			case app.cmd.ProcessState != nil: // it was stopped
			case test.appEnds:
				app.wait()
			default:
				app.end()
			}
		})
	}
}

// When the attach command is killed, nobody else notices: the process goes on,
// and its window is the app's again.
func TestAttachKilled(t *testing.T) {
	leakCheck(t)
	app, u := startAndAttach(t, []string{"web: child tty"})
	u.await("^(?:resized|size) true 90 30 true$")
	u.signal(syscall.SIGKILL)
	guard := limit(t, u.cmd, patience)
	defer guard.Stop()
	_ = u.cmd.Wait()
	u.gone()
	app.await(`resized true 62 24 true`)
	ask(t, app, "ps")
	app.end()
}

// Two may be attached: each sees what the other types, and the smaller window
// counts.
func TestAttachTwo(t *testing.T) {
	leakCheck(t)
	app, a := startAndAttach(t, []string{"web: child tty"})
	a.await("^(?:resized|size) true 90 30 true$")
	b := newUser(t, beside(app, "attach", "web"), 50, 40)
	b.await("resized true 50 30 true")
	a.await("resized true 50 30 true")
	b.types("\x1d")
	b.ends(0)
	a.await("resized true 90 30 true")
	a.types("\x1d")
	a.ends(0)
	app.end()
}

// A session goes on in the next life of its process.
func TestAttachRestarted(t *testing.T) {
	leakCheck(t)
	app, u := startAndAttach(t, []string{"web: child cat"})
	ask(t, app, "restart", "web")
	u.types("again\r")
	u.await("read again")
	u.types("\x1d")
	u.ends(0)
	app.end()
}

func TestAttachChooses(t *testing.T) {
	leakCheck(t)
	app, u := startAndAttach(t, []string{"web: child cat", "# ganger: tty=always", "worker: child cat", "clock: child serve"}, "worker")
	u.types("\x1d")
	u.ends(0)
	for _, test := range []struct {
		name   string
		status int
		says   []string
	}{
		{"", 2, []string{`^error: attach to which: web\.1, worker\.1\?$`, `^hint: ganger attach web\.1 takes the first$`}},
		{"w*", 2, []string{`^error: attach to which: web\.1, worker\.1\?$`}},
		{"clock", 1, []string{`^error: clock\.1 `, "^hint: .*tty"}},
		{"nope", 2, []string{`^error: no process or type "nope"$`}},
	} {
		u := newUser(t, beside(app, slices.DeleteFunc([]string{"attach", test.name}, func(a string) bool { return a == "" })...), 80, 24)
		for _, says := range test.says {
			u.await(says)
		}
		u.ends(test.status)
	}
	ask(t, app, "stop", "web")
	ask(t, app, "scale", "web=0")
	only := attachTo(t, app)
	only.await("attached to worker.1: ")
	only.types("\x1d")
	only.ends(0)
	app.end()
}

// This is what attach is for: answering a debugger.
func TestAttachDebugger(t *testing.T) {
	for _, test := range []struct{ name, program, prompt, more, leave string }{
		{"python3", "answer = 41\nbreakpoint()\nprint('the answer is', answer)\n", "-> (print|breakpoint)", "answer += 1\r", "continue\r"},
		{"node", "let answer = 41\ndebugger\nconsole.log('the answer is', answer)\n", "Break on start|break in", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			path, err := exec.LookPath(test.name)
			if err != nil {
				t.Skip(err)
			}
			leakCheck(t)
			line := "web: exec " + path + " app"
			if test.name == "node" {
				line = "web: exec " + path + " inspect --port=0 app"
			}
			dir := folder(t, line, "worker: child serve")
			write(t, dir, "app", test.program)
			app, u := attachIn(t, dir, "web")
			u.await(test.prompt)
			if test.name == "node" {
				debugNode(u)
			} else {
				u.types(test.more + test.leave)
				u.await("the answer is 42")
				u.await("web.1 exited with status 0")
				u.ends(0)
				app.await(`web\.1 +\| the answer is 42`)
			}
			app.end()
		})
	}
}

// debugNode changes a variable at a breakpoint.
func debugNode(u *user) {
	u.types("cont\r")
	u.await("break in .*:2")
	u.types("exec answer = 42\r")
	u.await("42")
	u.types("cont\r")
	u.await("the answer is 42")
	u.types("\x1d")
	u.await("left web.1")
	u.ends(0)
}
