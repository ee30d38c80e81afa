package output

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// What is said of a process that goes on comes after what it wrote before, and
// leaves the line that it is in the middle of as it is: in the history, in the
// log file, for followers and in JSON.
func TestEventWithinLine(t *testing.T) {
	for _, form := range []struct {
		name   string
		opts   Options
		tty    bool
		shown  bool // the unfinished line is seen before it ends
		want   string
		record string
	}{
		{"text", Options{}, false, true, "web.1  | up\nweb.1  | Name? \nsystem | web.1 ready\nweb.1  > Ada\nsystem | web.1 ready\n", "up\nName? Ada\n"},
		{"terminal", Options{Terminal: true}, true, true, "web.1  | up\nweb.1  | Name? \nsystem | web.1 ready\nweb.1  > Ada\nsystem | web.1 ready\n", "up\r\nName? Ada\r\n"},
		{"json", Options{JSON: true, Now: noon}, false, false,
			`{"time":"2026-07-01T12:00:00.123456Z","process":"web.1","type":"web","stream":"stdout","pid":1,"line":"up"}` + "\n" +
				`{"time":"2026-07-01T12:00:00.123456Z","event":"ready","message":"web.1 ready"}` + "\n" +
				`{"time":"2026-07-01T12:00:00.123456Z","process":"web.1","type":"web","stream":"stdout","pid":1,"line":"Name? Ada"}` + "\n" +
				`{"time":"2026-07-01T12:00:00.123456Z","event":"ready","message":"web.1 ready"}` + "\n", "up\nName? Ada\n"},
	} {
		t.Run(form.name, func(t *testing.T) {
			form.opts.LogDir = t.TempDir()
			g := newRig(t, form.opts)
			f := g.Follow(FollowOptions{Names: []string{"web"}})
			r, w := pipe(t)
			if form.tty {
				r, w = terminalPair(t)
			}
			s := g.Stream("web.1", "web", false)
			c := s.Copy(Input{PID: 1, Stdout: r, TTY: form.tty})
			put(t, w, "up\nName? ")
			if form.shown {
				g.await("Name? ")
			}
			ready := Event{Name: "ready", Text: "web.1 ready", After: c}
			g.System(ready)
			g.await("web.1 ready")
			put(t, w, "Ada\n")
			g.System(ready) // what was written since is waited for as well
			g.await("Ada")
			if err := g.Flush(soon); err != nil {
				t.Fatal(err)
			}
			c.Close()
			if got := g.close(); got != form.want {
				t.Errorf("got  %q\nwant %q", got, form.want)
			}
			if got := string(s.History()); got != form.record {
				t.Errorf("history %q, want %q", got, form.record)
			}
			lines := strings.ReplaceAll(form.record, "\r", "")
			log, err := os.ReadFile(filepath.Join(form.opts.LogDir, "web.1.log"))
			if err != nil || string(log) != lines {
				t.Errorf("log file %q, %v, want %q", log, err, lines)
			}
			if got := strings.ReplaceAll(rest(t, f), "web.1:", ""); got != lines {
				t.Errorf("followed %q, want %q", got, lines)
			}
		})
	}
}

// terminalPair is a terminal, and what its process writes to.
func terminalPair(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}
