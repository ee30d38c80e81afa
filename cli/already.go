package cli

import (
	"fmt"
	"strings"
	"time"

	"ganger/control"
)

// runsAlready is what start comes to where the app runs: the processes that were
// named are started in it. Nothing else that start takes says anything to an app
// that runs: an error, but for a start in the background, which a script may
// repeat.
func (m *program) runsAlready(a *app, f control.Facts, args []string, how starting) error {
	names := strings.FieldsFunc(strings.Join(args, ","), func(r rune) bool { return r == ',' })
	running := fmt.Sprintf("the app in %s runs already, since %s, as pid %d", oneLine(f.Root), sinceText(f.Since, time.Now()), f.PID)
	for _, name := range names {
		if strings.Contains(name, "=") {
			return fileError(running+": "+name+" is for its start", a.again("scale "+strings.Join(names, " "))+" changes how many run")
		}
	}
	for _, name := range a.opts.names {
		if g := a.opts.get(name).last(); g.rank == fromFlag && name != "root" && name != "socket" {
			if !how.detach {
				return fileError(fmt.Sprintf("%s: --%s is for its start", running, name), a.insteadOf(name))
			}
			if _, err := fmt.Fprintf(m.stderr, "warning: --%s is for its start: %s\n", name, a.insteadOf(name)); err != nil {
				return writeFailed(err)
			}
		}
	}
	switch {
	case len(names) > 0:
		return m.startRunning(f, a.again, names, !how.noWait)
	case f.State == control.Suspended:
		return fileError(running+", and is suspended", fmt.Sprintf("fg in its terminal continues it, or kill -CONT %d", f.PID))
	}
	if how.detach {
		_, err := fmt.Fprintln(m.stdout, running)
		return writeFailed(err)
	}
	return fileError(running, fmt.Sprintf("%s follows it, %s ends it", a.again("logs -f"), a.again("stop")))
}

// insteadOf is what does to an app that runs what a flag does to a start.
func (a *app) insteadOf(flag string) string {
	switch flag {
	case "formation", "except":
		return a.again("scale TYPE=N") + " changes how many run"
	case "procfile", "env", "port":
		return a.again("reload") + " reads its files again; for other flags stop it first: " + a.again("stop")
	}
	return "stop it first: " + a.again("stop")
}

// sinceText is a time, with its day where that is another.
func sinceText(t, now time.Time) string {
	t = t.Local()
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}
