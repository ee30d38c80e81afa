package export

import (
	"strings"
	"time"

	"ganger/procfile"
)

func runitFormat() Format {
	return Format{
		Name: "runit", Summary: "a service folder a process, with a log service",
		Users: true, comment: comment{open: "# "}, templates: "runit",
		make: func(r *renderer) { runit{r}.render() },
	}
}

type runit struct{ *renderer }

// svWait is how long sv force-stop waits before it kills.
const svWait = 7 * time.Second

func (r runit) render() {
	r.checkVars(portableName, anyValue)
	for _, t := range r.Types {
		for _, p := range t.Processes {
			r.service(t, p)
		}
		r.serviceWarnings(t)
	}
	if r.User != "" && r.User != "root" {
		r.hint("id %s || useradd --system %s", r.User, r.User)
	}
	r.copyHint("cp -r", "/etc/service", r.Name+"-*")
	if release, ok := r.release(); ok {
		r.hint("sv once %s   # before each new version of the app", dashed(r.Name, release.Processes[0]))
	}
	if wait := r.longestStop(); wait != svWait {
		r.hint("sv -w %d force-stop /etc/service/%s-*   # to stop it; sv waits 7 s otherwise", seconds(wait), r.Name)
	}
}

func (r runit) service(t Type, p Process) {
	folder := dashed(r.Name, p)
	set := t.Settings
	r.addConfig(folder, t)
	r.add(folder+"/run", "run", 0o755, false, r.serviceRun(t, p))
	group := set.StopTo == procfile.StopGroup
	signal := strings.TrimPrefix(procfile.SignalName(set.StopSignal), "SIG")
	if group || signal != "TERM" {
		r.add(folder+"/control/t", "control", 0o755, false, map[string]any{"Signal": signal, "Group": group})
	}
	r.add(folder+"/control/k", "control", 0o755, false, map[string]any{"Signal": "KILL", "Group": true})
	if finishes(t) {
		r.add(folder+"/finish", "finish", 0o755, false, map[string]any{"Failures": !never(t)})
	}
	if startsByHand(t) {
		r.addBare(folder+"/down", "")
	}
	r.addLog(folder, p)
}

// longestStop is the longest time that a process has to stop.
func (a App) longestStop() time.Duration {
	var longest time.Duration
	for _, t := range a.Types {
		longest = max(longest, t.Settings.StopTimeout)
	}
	return longest
}
