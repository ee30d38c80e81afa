package cli

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ganger/formation"
	"ganger/supervisor"
)

func TestPhrasesOfAStop(t *testing.T) {
	web := supervisor.About{Process: formation.Process{Name: "web.1", Line: "puma -p $PORT"}, PID: 42}
	long := supervisor.About{Process: formation.Process{Name: "css.1", Line: "é\n" + strings.Repeat("x", 80)}, PID: 43}
	queued := supervisor.About{Process: formation.Process{Name: "db.1", Line: "postgres"}}
	by := func(sig syscall.Signal) supervisor.Cause {
		return supervisor.Cause{Kind: supervisor.CauseSignal, Signal: sig}
	}
	for _, test := range []struct {
		notice supervisor.Notice
		want   string
	}{
		{supervisor.Delayed{About: supervisor.About{Process: formation.Process{Name: "db.1", Dir: "/srv/app", Command: formation.Command{Argv: []string{"bin/db", "-v"}}}}},
			"db.1 is not started yet: the file system does not answer (bin/db in /srv/app)"},
		{supervisor.Killed{About: web, After: 5 * time.Second}, "web.1 (pid 42: puma -p $PORT) killed after 5 s"},
		{supervisor.Killed{About: web, After: time.Second, Left: true}, "what web.1 left running killed after 1 s"},
		{supervisor.KillingAll{Processes: []supervisor.About{web, queued}}, "killing at once: web.1 (pid 42: puma -p $PORT), db.1"},
		{supervisor.KillingAll{Processes: []supervisor.About{long}}, `killing at once: css.1 (pid 43: é\n` + strings.Repeat("x", 54) + "...)"},
		{supervisor.KillingAll{Processes: slices.Repeat([]supervisor.About{queued}, 12)}, "killing at once: " + strings.Repeat("db.1, ", 11) + "db.1"},
		{supervisor.Commanded{Op: supervisor.OpKill, Processes: []supervisor.About{web, queued}}, "by command: kill web.1 (pid 42: puma -p $PORT), db.1"},
		{supervisor.Commanded{Op: supervisor.OpStop, Processes: []supervisor.About{web, queued}}, "by command: stop web.1, db.1"},
		{supervisor.StillRunning{Processes: []supervisor.About{web, queued}}, "still running: web.1 (pid 42), db.1"},
		{supervisor.Stopping{Cause: by(syscall.SIGTERM), Processes: 1, Signals: []syscall.Signal{syscall.SIGTERM}, Timeout: 5 * time.Second}, "stopping: SIGTERM to 1 process, 5 s to go"},
		{supervisor.Stopping{Cause: by(syscall.SIGQUIT), Processes: 1, Signals: []syscall.Signal{syscall.SIGTERM}, Timeout: 5 * time.Second}, "stopping (SIGQUIT)"},
	} {
		said := phrase(test.notice)
		if len(said) != 1 || said[0].text != test.want {
			t.Errorf("%T is said as %+v, want %q", test.notice, said, test.want)
		}
	}
}

// Those that are stopped, or leave the formation, before they start are not
// waited for by the line that names the first.
func TestOpeningWithout(t *testing.T) {
	about := func(name string, life int) supervisor.About {
		return supervisor.About{Process: formation.Process{Name: name}, PID: 6 + life, Life: life}
	}
	stopped := supervisor.Commanded{Op: supervisor.OpStop, Processes: []supervisor.About{about("css.1", 0)}}
	removed := supervisor.Reconciled{Changes: []formation.Change{{Process: "job.1", Kind: formation.Removed}}}
	started := func(name string) supervisor.Notice { return supervisor.Started{About: about(name, 1)} }
	for _, test := range []struct {
		name    string
		notices []supervisor.Notice
		want    string
	}{
		{"all", []supervisor.Notice{started("web.1"), started("css.1"), started("job.1")}, "started web.1 (pid 7), css.1 (pid 7), job.1 (pid 7)"},
		{"before any", []supervisor.Notice{stopped, removed, started("web.1")}, "web.1 started (pid 7)"},
		{"after the others", []supervisor.Notice{started("web.1"), started("job.1"), stopped}, "started web.1 (pid 7), job.1 (pid 7)"},
		{"started later", []supervisor.Notice{stopped, started("css.1"), started("web.1"), started("job.1")}, "css.1 started (pid 7)"},
		{"one more", []supervisor.Notice{started("new.1"), started("web.1"), started("css.1")}, "new.1 started (pid 7)"},
	} {
		w := newWording([]formation.Process{{Name: "web.1"}, {Name: "css.1"}, {Name: "job.1"}})
		var got []string
		for _, n := range test.notices {
			for _, m := range w.of(n) {
				if m.name == "started" {
					got = append(got, m.text)
				}
			}
		}
		if len(got) == 0 || got[0] != test.want {
			t.Errorf("%s: said %q, want %q first", test.name, got, test.want)
		}
	}
}

// What is stopped while the release step runs does not keep the others from
// being said.
func TestStoppedBeforeItStarts(t *testing.T) {
	leakCheck(t)
	s := launch(t, folder(t, "release: until test -f go; do sleep 0.01; done", "web: child serve", "job: child serve"), "start", "-p", "none", "--release")
	s.await(`release\.1 started`)
	stop := s.beside("stop", "job")
	stop.await("^stopped: job.1$")
	stop.ends(0)
	write(t, s.cmd.Dir, "go", "")
	s.await(`web\.1 +\| ready`)
	s.await(`\| web\.1 started \(pid \d+\)$`)
	s.end()
}
