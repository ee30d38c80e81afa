package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ganger/formation"
	"ganger/procfile"
	"ganger/supervisor"
)

// What is said of order and readiness, notice by notice.
func TestReadyWords(t *testing.T) {
	about := func(typ string, n, port int, ready procfile.Ready) supervisor.About {
		return supervisor.About{Process: formation.Process{
			Name: fmt.Sprintf("%s.%d", typ, n), Type: typ, Number: n, Port: port, Settings: procfile.Settings{Ready: ready},
		}}
	}
	web, db := about("web", 1, 5000, "http:/up"), about("db", 1, 5200, "port")
	second := 2 * time.Second
	w := newWording([]formation.Process{web.Process, db.Process})
	for _, step := range []struct {
		notice supervisor.Notice
		want   string
	}{
		{supervisor.Waits{About: web, For: []supervisor.About{db}}, "web.1 waits for db (port 5200)"},
		{supervisor.Waits{About: web, For: []supervisor.About{about("db", 2, 5201, "port"), about("net", 1, 0, "started"), about("setup", 1, 0, "exit")}},
			"web.1 waits for db.2 (port 5201), net, setup (its end with status 0)"},
		{supervisor.Waits{About: web, For: []supervisor.About{db, about("db", 2, 5201, "port")}},
			"web.1 waits for db.1 (port 5200), db.2 (port 5201)"},
		// The one that waits is not part of the opening, which is over with the other.
		{supervisor.Started{About: supervisor.About{Process: db.Process, PID: 7, Life: 1}}, "db.1 started (pid 7, port 5200)"},
		{supervisor.Started{About: supervisor.About{Process: web.Process, PID: 8, Life: 1}}, "web.1 started (pid 8, port 5000)"},
		{supervisor.NotReady{About: db, After: second}, "db.1 is not ready after 2 s: waits for port 5200"},
		{supervisor.NotReady{About: web, After: second, Seen: "x\x1b"}, `web.1 is not ready after 2 s: waits for http://localhost:5000/up (x\e)`},
		{supervisor.Ready{About: db, After: second, Port: 5200}, "db.1 ready on port 5200 after 2 s"},
		{supervisor.Ready{About: db, After: second}, "db.1 ready after 2 s"},
		{supervisor.Ready{About: web, After: second, Port: 3000, URL: "http://localhost:3000"},
			"web.1 ready after 2 s, listens on http://localhost:3000 (PORT is 5000)"},
		{supervisor.Ready{About: web, After: second, Port: 5000, URL: "http://localhost:5000"}, "web.1 ready on http://localhost:5000 after 2 s"},
		{supervisor.AllReady{After: second}, "all ready after 2 s: web.1 http://localhost:5000"},
		{supervisor.Unmet{About: web, Needed: db, State: supervisor.StateFailed}, "web not started: db failed"},
		{supervisor.Unmet{About: about("web", 2, 5001, ""), Needed: db, State: supervisor.StateFailed}, ""},
		{supervisor.Unmet{About: about("job", 1, 0, ""), Needed: db, State: supervisor.StateDone}, "job not started: db has ended"},
		{supervisor.RestartedWith{About: web, With: db}, "restart web.1, since db.1 was restarted"},
		{supervisor.Commanded{Op: supervisor.OpRestart, Why: "a.go changed", Processes: []supervisor.About{web}}, "a.go changed: restart web.1"},
	} {
		var got []string
		for _, m := range w.of(step.notice) {
			got = append(got, m.text)
		}
		if text := strings.Join(got, "\n"); text != step.want {
			t.Errorf("%#v: got %q, want %q", step.notice, text, step.want)
		}
	}
}
