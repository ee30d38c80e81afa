package cli

import (
	"encoding/json"
	"strconv"
	"testing"
)

// Who follows sees the last lines of an app that has more to say at its end than
// is followed at a time, and how many are missing.
func TestLogsToTheEnd(t *testing.T) {
	const lines = 400_000
	leakCheck(t)
	app := launch(t, folder(t, `web: trap 'seq `+strconv.Itoa(lines)+`; exit' TERM; echo ready; while :; do sleep 0.1; done`), "start", "-p", "none", "--quiet", "web")
	socketOf(t, app)
	follower := launchCommand(t, beside(app, "logs", "-f", "--json", "web"))
	follower.await(`"line":"ready"`)
	app.end()
	follower.ends(0)
	n, last := 0, ""
	for _, text := range follower.lines {
		var line struct {
			Line   string
			PID    int
			Missed int
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		n += line.Missed
		if line.PID != 0 && line.Line != "Terminated" { // the shell's word of its sleep
			n, last = n+1, line.Line
		}
	}
	if n != lines+1 || last != strconv.Itoa(lines) { // ready is one
		t.Errorf("%d lines, the missed among them, of %d; the last is %q", n, lines+1, last)
	}
}
