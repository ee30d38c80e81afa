package cli

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"ganger/control"
)

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 59 * time.Second: "59s", 185 * time.Second: "3m05s",
		time.Hour: "1h00m", 26*time.Hour + 59*time.Minute: "1d02h", 100 * 24 * time.Hour: "100d00h",
	} {
		if got := age(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestSizeText(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0K", 512: "0K", 820 << 10: "820K", 999 << 10: "999K", 1000 << 10: "1.0M", 1 << 20: "1.0M", 45 << 20: "45M",
		10100 << 10: "9.9M", 10190 << 10: "10M", 1234 << 20: "1.2G", 3 << 40: "3.0T", 5000 << 40: "5000T",
	} {
		if got := sizeText(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}

func TestTableFits(t *testing.T) {
	table := &table{
		columns: []column{{head: "NAME"}, {head: "N", right: true}, {head: "TEXT"}},
		rows: [][]cell{
			{plain("a"), {"1", sgrRed, sgrReset}, plain("日本語 and more")},
			{plain("longer"), plain("10"), plain("")},
		},
	}
	for _, test := range []struct {
		width int
		color bool
		want  string
	}{
		{0, false, "NAME     N  TEXT|a        1  日本語 and more|longer  10"},
		{20, false, "NAME     N  TEXT|a        1  日本語 …|longer  10"},
		{10, false, "NAME     N|a        1|longer  10"},
		{4, false, "NAME|a|lon…"},
		{0, true, "\x1b[1mNAME\x1b[0m     \x1b[1mN\x1b[0m  \x1b[1mTEXT\x1b[0m|a        \x1b[31m1\x1b[0m  日本語 and more|longer  10"},
	} {
		if got := strings.Join(table.lines(test.width, test.color), "|"); got != test.want {
			t.Errorf("in %d columns: %q, want %q", test.width, got, test.want)
		}
	}
}

func TestStates(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	three := 3
	for _, test := range []struct {
		p    control.Process
		want string
	}{
		{control.Process{State: control.Running}, "running"},
		{control.Process{State: control.Running, Prompt: "(Pdb) "}, "waits for input"},
		{control.Process{State: control.Waiting, WaitsFor: []string{"db", "cache"}}, "waiting for db,cache"},
		{control.Process{State: control.BackingOff, NextRestart: now.Add(1200 * time.Millisecond)}, "backing off, 2s"},
		{control.Process{State: control.BackingOff, NextRestart: now.Add(-time.Second)}, "backing off, 0s"},
		{control.Process{State: control.Failed, Status: &three}, "failed 3"},
		{control.Process{State: control.Stopped, Status: &three}, "stopped"},
	} {
		if got := stateCell(test.p, now).text; got != test.want {
			t.Errorf("%v is %q, want %q", test.p.State, got, test.want)
		}
	}
}

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	for text, want := range map[string]string{
		"5m": "2026-01-02T14:59:05Z", "0s": "2026-01-02T15:04:05Z", "1h30m": "2026-01-02T13:34:05Z",
		"15:00": "2026-01-02T15:00:00Z", "15:04:06": "2026-01-01T15:04:06Z", "23:59": "2026-01-01T23:59:00Z",
		"2026-01-01": "2026-01-01T00:00:00Z", "2026-01-01 10:00": "2026-01-01T10:00:00Z", "2026-01-01T10:00:00+02:00": "2026-01-01T08:00:00Z",
	} {
		if got, err := parseSince(text, now); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q is %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-5m", "yesterday", "25:00", "5"} {
		if got, err := parseSince(text, now); err == nil {
			t.Errorf("%q is %v, want an error", text, got)
		}
	}
}

func TestCheckSignal(t *testing.T) {
	for _, sig := range []string{"TERM", "SIGTERM", "term", "sigusr1", "15", "1", "WINCH"} {
		if err := checkSignal(sig); err != nil {
			t.Errorf("%s: %v", sig, err)
		}
	}
	for _, sig := range []string{"", "SIG", "0", "-1", "129", "TERMINATE", "SIGSIGTERM", "9 9"} {
		if checkSignal(sig) == nil {
			t.Errorf("%q is taken for a signal", sig)
		}
	}
}

// What the app, or the way to it, says is said in our form.
func TestExplain(t *testing.T) {
	r := &running{root: "/app", again: again(" -d app"), facts: control.Facts{Version: "0.1"}}
	old := "hint: the app is run by ganger 0.1, and this is " + version() + ": stop it and start it again\n"
	for _, test := range []struct {
		err    error
		status int
		want   string
	}{
		{&control.NotRunningError{Root: "/app"}, 1, "error: no app runs in /app\nhint: ganger start -d app starts it\n"},
		{&control.RefusedError{Socket: "/s", UID: 7}, 1, "error: cannot use the socket \"/s\": it is that of uid 7\nhint: an app takes commands from its own user, and from root\n"},
		{&control.Error{Code: control.CodeUnknown, Message: "no process or type \"x\"", Hint: "did you mean y?"}, 2, "error: no process or type \"x\"\nhint: did you mean y?\n"},
		{&control.Error{Code: control.CodeFailed, Message: "Procfile:1: no colon\nProcfile:2: no name"}, 1, "error: Procfile:1: no colon\nerror: Procfile:2: no name\n"},
		{&control.Error{Code: control.CodeNotFound, Message: "no such path"}, 1, "error: no such path\n" + old},
		{&control.LostError{Err: errors.New("reset")}, 1, "error: lost the app: reset\n" + old},
		{fmt.Errorf("wrapped: %w", silent{141}), 141, ""},
	} {
		var b bytes.Buffer
		if status := report(&b, r.explain(test.err)); status != test.status || b.String() != test.want {
			t.Errorf("%v: status %d, %q; want %d, %q", test.err, status, b.String(), test.status, test.want)
		}
	}
}

func TestProgress(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b, &running{again: again("")})
	one := 1
	for _, step := range []control.Progress{
		{Changes: []control.Change{{Process: "web.2", Kind: "added"}, {Process: "css.1", Kind: "removed"}, {Process: "web.1", Kind: "changed", Reasons: []string{"command", "variables DATABASE_URL"}}}},
		{Event: &control.Event{Process: "web.1", State: control.Stopping}},
		{Event: &control.Event{Process: "web.1", State: control.Stopping}},
		{Event: &control.Event{Process: "web.1", State: control.Starting, PID: 7}},
		{Event: &control.Event{Process: "web.1", State: control.Running, PID: 7}},
		{Event: &control.Event{Kind: control.KindApp, State: control.Running}},
		{Event: &control.Event{Process: "web.2", State: control.BackingOff, Status: &one}},
	} {
		if err := p.show(step); err != nil {
			t.Fatal(err)
		}
	}
	out := control.Outcome{Processes: []control.Result{
		{Process: "web.1", Result: "restarted", PID: 7}, {Process: "web.2", Result: "failed", Status: &one},
		{Process: "web.3", Result: "already running", PID: 9}, {Process: "web.4", Result: "overtaken", Message: "stopped by another command"},
		{Process: "web.5", Result: "skipped"}, {Process: "web.6", Result: "waits", Message: "waits for db, which was stopped by command", WaitsFor: []string{"db"}},
	}}
	if err := p.results(control.Command{Action: control.Restart}, out); err != nil {
		t.Fatal(err)
	}
	if status := report(&b, p.failures(out)); status != statusFailed {
		t.Errorf("status %d", status)
	}
	want := `+ web.2
- css.1
~ web.1: command, variables DATABASE_URL
web.1 stopping
web.1 running (pid 7)
web.2 backing off (status 1)
restarted: web.1
already running: web.3 (pid 9)
error: web.2 failed: it ended with status 1
hint: ganger logs web.2 shows what it said
error: web.4 was given up: stopped by another command
error: web.5 was left as it is: the one before it is not up
error: web.6 waits for db, which was stopped by command
hint: ganger start db starts it
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// A line has the same label and colour in the stream and in the logs, whichever
// types were started and in whatever order.
func TestLogsLookAsTheStream(t *testing.T) {
	leakCheck(t)
	app := launch(t, folder(t, "css: child serve", "web: child serve", "worker: child serve"), "start", "-p", "none", "--color", "always", "worker", "web")
	for _, name := range []string{"web.1", "worker.1"} {
		app.await(`\b` + regexp.QuoteMeta(name) + ` .*ready`)
		line := app.await(`^(.*\b` + regexp.QuoteMeta(name) + ` .*ready.*)$`)[0]
		if got := strings.TrimSpace(ask(t, app, "logs", "--color", "always", "--grep", "^ready", name)); got != line {
			t.Errorf("the logs have %q, the stream %q", got, line)
		}
	}
	app.end()
}

// The socket is there before the first process, which may use it at once: that
// cannot even be started while nobody listens.
func TestSocketComesFirst(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "web: test -S \"$GANGER_SOCKET\" && exec ganger ps"), "start", "-p", "none", "--restart", "no", "-t", "20")
	s.await(`web\.1 +\| web\.1 +running `)
	s.ends(0)
}
