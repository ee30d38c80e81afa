package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ganger/formation"
	"ganger/portalloc"
	"ganger/process/half"
)

// opening is what a run says before anything starts: the files it uses, what it
// leaves out, what may surprise, and on a terminal how it ends.
func (r *run) opening(terminal bool) []message {
	lines := []string{r.filesText()}
	if r.app.place.beside != "" {
		lines = append(lines, fmt.Sprintf("%s is not used (-f %s chooses it)", r.app.place.beside, r.app.place.beside))
	}
	for _, m := range r.app.file.Skipped {
		lines = append(lines, "skipped: "+m.Error())
	}
	lines = append(lines, r.app.warnings...)
	if names := r.app.replaced; len(names) > 0 {
		what := "replaced by the env files: "
		if r.app.opts.yes("no-override") {
			what = "kept from the environment, not from the env files: "
		}
		lines = append(lines, what+strings.Join(names, ", "))
	}
	lines = append(lines, needsLines(r.along, r.elsewhere)...)
	lines = append(lines, r.notStarted()...)
	if !r.app.opts.get("exit-when").isSet() && r.app.underCI() {
		lines = append(lines, "CI is set: the first failure ends the run (--exit-when all goes on)")
	}
	lines = append(lines, takenPorts(r.procs)...)
	if terminal {
		lines = append(lines, "^C stops everything, a second ^C kills it")
	}
	out := make([]message, len(lines))
	for i, l := range lines {
		out[i] = message{name: "note", text: l}
	}
	return out
}

// filesText names what was read.
func (r *run) filesText() string {
	files := []string{r.app.place.procfile}
	for _, f := range r.app.envFiles {
		files = append(files, f.Path)
	}
	for _, name := range []string{defaultsName, foremanName} {
		if path := filepath.Join(r.app.place.root, name); exists(path) {
			files = append(files, shown(r.app.cwd, path))
			break
		}
	}
	text := "using " + strings.Join(files, ", ")
	if r.app.place.upward {
		text += " (app root " + oneLine(r.app.place.root) + ")"
	}
	return text
}

// notStarted explains the types that were left out without being told to.
func (r *run) notStarted() []string {
	var lines, out []string
	types := r.app.types()
	for _, t := range types {
		_, named := r.choice.Of[t]
		if t != formation.ReleaseType && r.plan.Counts[t] == 0 && t != r.command && !named && !slices.Contains(r.app.opts.get("except").items(), t) {
			out = append(out, t)
		}
	}
	switch {
	case len(out) == 0:
	case r.choice.Names:
		lines = append(lines, "not started: "+strings.Join(out, ", "))
	default:
		var named, spelled []string
		for _, t := range types {
			if n, ok := r.choice.Of[t]; ok {
				named = append(named, t)
				spelled = append(spelled, fmt.Sprintf("%s=%d", t, n))
			}
		}
		lines = append(lines, fmt.Sprintf("not started: %s (-m names only %s; -m all=1,%s adds to all)",
			strings.Join(out, ", "), strings.Join(named, ", "), strings.Join(spelled, ",")))
	}
	if slices.Contains(types, formation.ReleaseType) && r.plan.Counts[formation.ReleaseType] == 0 {
		lines = append(lines, "release skipped: "+r.app.again("run")+" release")
	}
	return lines
}

// again is a command for this app as it has to be typed here: with the flags
// that say which app it is.
func (a *app) again(command string) string {
	line := "ganger " + command
	for _, f := range []struct{ name, short string }{{"root", "-d"}, {"procfile", "-f"}} {
		if g := a.opts.get(f.name).last(); g.rank == fromFlag {
			line += " " + f.short + " " + shellWord(g.text)
		}
	}
	return line
}

// shellWord is a text as it has to be typed to a shell.
func shellWord(text string) string {
	if strings.ContainsFunc(text, isControl) {
		return "$'" + oneLine(strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text)) + "'"
	}
	if text != "" && !strings.ContainsAny(text, " \t\n'\"\\$`*?[]#~;&|<>(){}!") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// takenPorts warns of each port that somebody holds.
func takenPorts(procs []formation.Process) []string {
	var ports []int
	for _, p := range procs {
		if p.Port > 0 {
			ports = append(ports, p.Port)
		}
	}
	ports = portalloc.AllTaken(ports)
	if len(ports) == 0 {
		return nil
	}
	holders := portalloc.Holders(ports)
	var lines []string
	for _, p := range procs {
		if slices.Contains(ports, p.Port) {
			lines = append(lines, fmt.Sprintf("port %d of %s is taken%s", p.Port, p.Name, holderText(holders[p.Port])))
		}
	}
	return lines
}

func holderText(h portalloc.Holder) string {
	switch {
	case h.PID == 0:
		return ""
	case h.Process != "" && h.GangerPID == shellPID():
		return fmt.Sprintf(" by %s (pid %d)", h.Process, h.PID)
	case h.Ganger != "" && h.GangerPID != 0:
		return fmt.Sprintf(" by %s of the app in %s (ganger stop -d %s stops that)", h.Process, oneLine(h.Ganger), shellWord(h.Ganger))
	case h.Ganger != "":
		return fmt.Sprintf(" by %s, left of the app in %s (pid %d)", h.Process, oneLine(h.Ganger), h.PID)
	}
	return fmt.Sprintf(" by %s (pid %d)", h.Program, h.PID)
}

// shellPID is the pid that the shell knows: the front's, our parent, or ours
// where there is no front.
func shellPID() int {
	if half.Two() {
		return os.Getppid()
	}
	return os.Getpid()
}
