package cli

import (
	"math"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"ganger/control"

	"golang.org/x/sys/unix"
)

// startAndWatch runs the app with lines for a Procfile, and somebody who watches.
func startAndWatch(t *testing.T, cols, rows uint16, lines ...string) (*session, *user) {
	t.Helper()
	app := launch(t, folder(t, lines...), "start", "-p", "none")
	app.await("ready")
	u := newUser(t, beside(app, "ps", "--watch"), cols, rows)
	u.await(`web\.1 `)
	return app, u
}

// lastFrame is what the watch has drawn last, without its ends of lines.
func lastFrame(u *user) []string {
	frames := strings.Split(u.text(), frameBegin)
	whole := frames[len(frames)-1]
	if !strings.Contains(whole, frameEnd) && len(frames) > 1 {
		whole = frames[len(frames)-2]
	}
	whole, _, _ = strings.Cut(whole, frameEnd)
	return strings.Split(whole, lineEnd)
}

func TestWatch(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		end    func(*user)
	}{
		{"q", 0, func(u *user) { u.types("q") }},
		{"^C", 0, func(u *user) { u.types(ctrlC) }},
		{"TERM", 128 + 15, func(u *user) { u.signal(unix.SIGTERM) }},
		{"HUP", 128 + 1, func(u *user) { u.signal(unix.SIGHUP) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			leakCheck(t)
			app, u := startAndWatch(t, 100, 20, "web: child serve")
			test.end(u)
			u.ends(test.status)
			text := u.text()
			if !strings.HasPrefix(text, watchOn) || !strings.HasSuffix(text, watchOff) {
				t.Errorf("the screen is not given back: %q", text)
			}
			app.end()
		})
	}
}

// A frame fits its window, whatever that becomes.
func TestWatchFits(t *testing.T) {
	leakCheck(t)
	app, u := startAndWatch(t, 100, 20, "web: child serve with many arguments that take up room "+strings.Repeat("x", 200))
	ask(t, app, "scale", "web=9")
	resize(t, u.master, 40, 6)
	u.await(`\.\.\. and \d+ more`)
	for _, line := range lastFrame(u) {
		plain := regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]`).ReplaceAllString(strings.TrimSpace(line), "")
		if n := len([]rune(plain)); n >= 40 {
			t.Errorf("a line of %d columns: %q", n, plain)
		}
	}
	if n := len(lastFrame(u)); n > 6+1 {
		t.Errorf("%d lines in 6 rows", n)
	}
	u.types("q")
	u.ends(0)
	app.end()
}

// Stopped by ^Z, its terminal is the shell's; continued, it goes on.
func TestWatchSuspended(t *testing.T) {
	leakCheck(t)
	app, u := startAndWatch(t, 100, 20, "web: child serve")
	u.types("\x1a")
	var status unix.WaitStatus
	if !until(func() bool {
		pid, err := unix.Wait4(u.cmd.Process.Pid, &status, unix.WUNTRACED|unix.WNOHANG, nil)
		return err == nil && pid > 0
	}) || !status.Stopped() {
		t.Fatalf("it was not stopped: %v", status)
	}
	u.signal(syscall.SIGCONT)
	if !until(func() bool { return strings.Count(u.text(), watchOn) == 2 }) {
		t.Errorf("it does not go on: %q", u.text())
	}
	u.types("q")
	u.ends(0)
	if n := strings.Count(u.text(), watchOff); n != 2 {
		t.Errorf("the screen is given back %d times, want 2: %q", n, u.text())
	}
	app.end()
}

// The end of the app is the end of the watch.
func TestWatchTheEnd(t *testing.T) {
	leakCheck(t)
	app, u := startAndWatch(t, 100, 20, "web: child serve")
	app.end()
	u.await("error: (no app runs|no app is running|lost the app)")
	u.ends(1)
}

func TestWatchIntoAPipe(t *testing.T) {
	leakCheck(t)
	app := launch(t, folder(t, "web: child serve"), "start", "-p", "none")
	app.await("ready")
	w := launchCommand(t, beside(app, "ps", "--watch"))
	if !until(func() bool { return w.count(`^PROCESS `) >= 2 }) {
		t.Error("no second block")
	}
	w.none("\x1b")
	w.signal(syscall.SIGINT)
	w.wait()
	app.end()
}

func TestRates(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rs := rates{last: make(map[string]used)}
	at := func(after time.Duration, pid int, seconds float64) float64 {
		p := control.Process{Name: "web.1", PID: pid, Tree: &control.Tree{CPUSeconds: seconds}}
		return rs.of(look{procs: []control.Process{p}, at: start.Add(after)})(p)
	}
	for _, step := range []struct {
		after   time.Duration
		pid     int
		seconds float64
		want    float64
	}{
		{0, 7, 10, -1},                 // nothing to compare with
		{time.Second, 7, 10.5, 50},     // half a processor
		{2 * time.Second, 7, 9, 0},     // a descendant has ended
		{3 * time.Second, 8, 0.1, -1},  // another life
		{5 * time.Second, 8, 4.1, 200}, // two processors
		{5 * time.Second, 8, 4.2, -1},  // no time has passed
		{6 * time.Second, 8, 4.2, 0},   // idle
	} {
		if got := at(step.after, step.pid, step.seconds); math.Abs(got-step.want) > 1e-9 {
			t.Errorf("after %v: %v, want %v", step.after, got, step.want)
		}
	}
}
