package cli

import (
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
		{supervisor.Killed{About: web, After: 5 * time.Second}, "web.1 (pid 42: puma -p $PORT) killed after 5 s"},
		{supervisor.Killed{About: web, After: time.Second, Left: true}, "what web.1 left running killed after 1 s"},
		{supervisor.KillingAll{Processes: []supervisor.About{web, queued}}, "killing at once: web.1 (pid 42: puma -p $PORT), db.1"},
		{supervisor.KillingAll{Processes: []supervisor.About{long}}, `killing at once: css.1 (pid 43: é\n` + strings.Repeat("x", 54) + "...)"},
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
