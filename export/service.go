package export

import (
	"cmp"
	"path"
	"strings"

	"ganger/procfile"
)

// What runit and s6 share: a folder a process, with shell scripts in it. Each
// script finds its files beside it, so the folders can be moved.

// serviceRun is what the template run is filled with. Strings are words of the
// shell.
type serviceRun struct {
	Config      bool     // there is a file of values to read
	Exports     []string // lines
	Dir, Script string
	User        string
	RunDir      string
	Owner       string // of RunDir
}

func (r *renderer) serviceRun(t Type, p Process) serviceRun {
	run := serviceRun{
		Config: len(r.config(t)) > 0,
		Dir:    shellQuote(t.Dir),
		Script: shellQuote(r.gate(t) + t.Command.Script),
	}
	for _, v := range r.given(t, p) {
		run.Exports = append(run.Exports, shellExport(v))
	}
	if r.User != "" {
		run.User = shellWord(r.User)
	}
	if r.RunDir != "" {
		run.RunDir, run.Owner = shellWord(r.RunDir), run.User
	}
	return run
}

// addConfig adds the file of values that run reads.
func (r *renderer) addConfig(folder string, t Type) {
	vars := r.config(t)
	if len(vars) == 0 {
		return
	}
	var b strings.Builder
	for _, v := range vars {
		b.WriteString(shellExport(v) + "\n")
	}
	r.addText(folder+"/config", 0o600, true, []byte(b.String()))
}

// addLog adds the service that keeps the output.
func (r *renderer) addLog(folder string, p Process) {
	data := map[string]string{"LogDir": shellWord(path.Join(r.logDir(), p.Name)), "User": ""}
	if r.User != "" {
		data["User"] = shellWord(r.User)
	}
	r.add(folder+"/log/run", "log", 0o755, false, data)
}

// logDir is where logs go for an engine that keeps none by itself.
func (a App) logDir() string { return cmp.Or(a.LogDir, path.Join("/var/log", a.Name)) }

// serviceWarnings are those of both.
func (r *renderer) serviceWarnings(t Type) {
	r.inputWarning(t)
	r.terminalWarning(t)
	r.gateWarnings(t)
	r.stopCommandWarning(t)
	r.countWarning(t)
}

// startsByHand reports whether a service waits to be told: what starts it each
// time that the engine starts would run a migration at each boot.
func startsByHand(t Type) bool { return t.Release() }

// finishes reports whether a service is to stay down after some end.
func finishes(t Type) bool { return t.Step() || t.Settings.Restart.Policy != procfile.Always }

// never reports whether it stays down after every end.
func never(t Type) bool {
	return t.Release() || t.Settings.Restart.Policy == procfile.Never
}
