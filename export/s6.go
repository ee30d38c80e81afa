package export

import (
	"fmt"
	"time"

	"ganger/procfile"
)

func s6Format() Format {
	return Format{
		Name: "s6", Summary: "a service folder a process for s6-svscan, with a log service",
		Users: true, comment: comment{open: "# "}, templates: "s6",
		make: func(r *renderer) { s6{r}.render() },
	}
}

type s6 struct{ *renderer }

func (s s6) render() {
	s.checkVars(portableName, anyValue)
	for _, t := range s.Types {
		for _, p := range t.Processes {
			s.service(t, p)
		}
		s.serviceWarnings(t)
	}
	if s.User != "" && s.User != "root" {
		s.hint("id %s || useradd --system %s", s.User, s.User)
	}
	s.copyHint("cp -r", "/run/service", s.Name+"-*")
	s.hint("s6-svscanctl -a /run/service")
	if release, ok := s.release(); ok {
		s.hint("s6-svc -o /run/service/%s   # before each new version of the app", dashed(s.Name, release.Processes[0]))
	}
}

func (s s6) service(t Type, p Process) {
	folder := dashed(s.Name, p)
	set := t.Settings
	s.addConfig(folder, t)
	s.add(folder+"/run", "run", 0o755, false, s.serviceRun(t, p))
	group := set.StopTo == procfile.StopGroup
	if group || finishes(t) {
		s.add(folder+"/finish", "finish", 0o755, false, map[string]any{
			"Group": group, "Never": never(t), "Failures": finishes(t), "Tenths": 1 + int(set.StopTimeout/(100*time.Millisecond)),
		})
	}
	if group { // finish waits, and is killed after 5 s unless it is given longer
		s.addBare(folder+"/timeout-finish", milliseconds(set.StopTimeout+2*time.Second))
	}
	s.addBare(folder+"/timeout-kill", milliseconds(max(set.StopTimeout, time.Millisecond))) // 0 never kills
	if name := procfile.SignalName(set.StopSignal); name != "SIGTERM" {
		s.addBare(folder+"/down-signal", name+"\n")
	}
	if startsByHand(t) {
		s.addBare(folder+"/down", "")
	}
	s.addLog(folder, p)
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%d\n", d.Milliseconds()) }
