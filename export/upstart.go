package export

import (
	"fmt"
	"strings"

	"ganger/procfile"
)

func upstartFormat() Format {
	return Format{
		Name: "upstart", Summary: "a job a process, for systems of before 2015",
		Users: true, comment: comment{open: "# "}, templates: "upstart",
		make: func(r *renderer) { upstart{r}.render() },
		gone: func(file string) string { return "stop " + strings.TrimSuffix(file, ".conf") },
	}
}

// upstart makes a job for the app, one a type that starts and stops with it,
// and one a process that does so with its type.
type upstart struct{ *renderer }

// upstartJob is what the template process.conf is filled with.
type upstartJob struct {
	App, Type, Process string
	StartOn            string
	Task               bool // who waits for its start waits for its end
	User               string
	Respawn            bool
	RespawnLimit       string
	NormalExit         string
	KillSignal         string
	KillTimeout        int      // seconds
	Exports            []string // lines of a shell
	Dir, Script        string   // words of a shell
	PostStart, PreStop string
}

func (u upstart) render() {
	u.checkVars(portableName, anyValue)
	runDir := ""
	if u.RunDir != "" {
		runDir = shellWord(u.RunDir)
	}
	u.add(u.Name+".conf", "app.conf", 0o644, false, map[string]string{"App": u.Name, "RunDir": runDir, "User": u.User})
	for _, t := range u.Types {
		if !t.Release() {
			u.add(u.Name+"-"+t.Name+".conf", "type.conf", 0o644, false, map[string]string{
				"App": u.Name, "Type": t.Name, "StartOn": u.typeStarts(t),
			})
		}
		for _, p := range t.Processes {
			u.add(dashed(u.Name, p)+".conf", "process.conf", 0o644, len(u.config(t)) > 0, u.job(t, p))
		}
		u.warnings(t)
	}
	u.copyHint("cp", "/etc/init", u.Name+".conf", u.Name+"-*.conf")
	u.hint("start %s", u.Name)
}

// typeStarts is when a type starts: with the app, and after what it needs. The
// app has started when the release step, which starts before it, has ended.
func (u upstart) typeStarts(t Type) string {
	events := []string{"started " + u.Name}
	for _, w := range u.waits(t) {
		if w.Release() {
			continue
		}
		event := "started "
		if w.Step() {
			event = "stopped "
		}
		for _, p := range w.Processes {
			name := dashed(u.Name, p)
			if w.Step() {
				name += " RESULT=ok"
			}
			events = append(events, event+name)
		}
	}
	if len(events) == 1 {
		return events[0]
	}
	return "(" + strings.Join(events, " and ") + ")"
}

func (u upstart) job(t Type, p Process) upstartJob {
	set := t.Settings
	j := upstartJob{
		App: u.Name, Type: t.Name, Process: p.Name,
		StartOn:      fmt.Sprintf("started %s-%s", u.Name, t.Name),
		Task:         t.Step(),
		User:         u.User,
		Respawn:      set.Restart.Policy != procfile.Never && !t.Step(),
		RespawnLimit: "unlimited",
		KillSignal:   strings.TrimPrefix(procfile.SignalName(set.StopSignal), "SIG"),
		KillTimeout:  max(1, seconds(set.StopTimeout)),
		Dir:          shellQuote(t.Dir),
		Script:       shellQuote(t.Command.Script),
	}
	if t.Release() {
		j.StartOn = "starting " + u.Name
	}
	if set.Restart.Max > 0 {
		j.RespawnLimit = fmt.Sprintf("%d %d", set.Restart.Max, set.Restart.Max*max(60, seconds(set.RestartDelay.Max)))
	}
	if set.Restart.Policy == procfile.OnFailure {
		j.NormalExit = "0"
	}
	for _, v := range u.vars(t, p) {
		if oneLine(v.Value) {
			j.Exports = append(j.Exports, shellExport(v))
		} else {
			j.Exports = append(j.Exports, printedVar(v))
		}
	}
	if check := t.Ready.check(p.Port); check != "" && !t.Step() {
		j.PostStart = waitFor(check)
	}
	j.PreStop = t.Settings.StopCommand
	return j
}

func (u upstart) warnings(t Type) {
	u.inputWarning(t)
	u.terminalWarning(t)
	u.stopWarning(t)
	if t.Ready.Kind == ReadyLog {
		u.readyWarning(t)
	}
	if u.LogDir != "" {
		u.warn("upstart keeps the output below /var/log/upstart: -l is left out")
	}
}
