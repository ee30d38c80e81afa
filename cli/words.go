package cli

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ganger/formation"
	"ganger/process"
	"ganger/supervisor"
)

// message is one thing that ganger says, under its own label.
type message struct {
	name   string // for JSON: started, exited, ...
	about  supervisor.About
	text   string
	status *int
	after  bool // after the lines that the process wrote before
	tail   int  // with so many of the process's last lines
}

// wording gives the supervisor's notices their words.
type wording struct {
	first   []supervisor.About // started in the opening, not said yet
	pending map[string]bool    // the processes of the opening that are still to start

	addresses []address // where processes answer
	unmet     string    // the type of which it was just said that it is not started
}

// newWording is for a run that begins with these processes.
func newWording(procs []formation.Process) *wording {
	w := &wording{pending: make(map[string]bool)}
	for _, p := range procs {
		if !p.Release() {
			w.pending[p.Name] = true
		}
	}
	return w
}

// of is what there is to say of a notice. The processes that start the run are
// said in one line; whatever comes between is said after those that were there.
func (w *wording) of(n supervisor.Notice) []message {
	if s, ok := n.(supervisor.Started); ok && w.pending[s.Process.Name] {
		w.first = append(w.first, s.About)
		delete(w.pending, s.Process.Name)
		if len(w.pending) > 0 {
			return nil
		}
		return w.opening()
	}
	w.drop(n)
	return append(w.opening(), append(w.ofReady(n), phrase(n)...)...)
}

// drop takes those out of the opening that will not start with the others.
func (w *wording) drop(n supervisor.Notice) {
	switch n := n.(type) {
	case supervisor.Delayed:
		delete(w.pending, n.Process.Name)
	case supervisor.Ended: // it could not be started
		delete(w.pending, n.Process.Name)
	case supervisor.Waits:
		delete(w.pending, n.Process.Name)
	case supervisor.Unmet:
		delete(w.pending, n.Process.Name)
	case supervisor.Commanded:
		for _, a := range n.Processes {
			if a.Life == 0 && (n.Op == supervisor.OpStop || n.Op == supervisor.OpKill) {
				delete(w.pending, a.Process.Name)
			}
		}
	case supervisor.Reconciled:
		for _, c := range n.Changes {
			if c.Kind == formation.Removed {
				delete(w.pending, c.Process)
			}
		}
	}
}

// opening says what has been started so far.
func (w *wording) opening() []message {
	if len(w.first) == 0 {
		return nil
	}
	first := w.first
	w.first = nil
	if len(first) == 1 {
		return phrase(supervisor.Started{About: first[0]})
	}
	return []message{{name: "started", text: "started " + listStarted(first)}}
}

// manyStarted is how many processes are named one by one.
const manyStarted = 8

func listStarted(first []supervisor.About) string {
	var parts []string
	if len(first) <= manyStarted {
		for _, a := range first {
			parts = append(parts, a.Process.Name+" "+idText(a))
		}
		return strings.Join(parts, ", ")
	}
	for i := 0; i < len(first); {
		j := i
		for j+1 < len(first) && first[j+1].Process.Type == first[i].Process.Type {
			j++
		}
		a, z := first[i].Process, first[j].Process
		part := a.Name
		if i != j {
			part += " to " + z.Name
		}
		switch {
		case a.Port > 0 && a.Port != z.Port:
			part += fmt.Sprintf(" (ports %d to %d)", a.Port, z.Port)
		case a.Port > 0:
			part += fmt.Sprintf(" (port %d)", a.Port)
		}
		parts = append(parts, part)
		i = j + 1
	}
	return fmt.Sprintf("%d processes: %s", len(first), strings.Join(parts, ", "))
}

func idText(a supervisor.About) string {
	if a.Process.Port == 0 {
		return fmt.Sprintf("(pid %d)", a.PID)
	}
	return fmt.Sprintf("(pid %d, port %d)", a.PID, a.Process.Port)
}

// phrase is what one notice says.
func phrase(n supervisor.Notice) []message {
	switch n := n.(type) {
	case supervisor.Delayed:
		return []message{{name: "delayed", about: n.About, text: delayedText(n)}}
	case supervisor.Started:
		return []message{{name: "started", about: n.About, text: n.Process.Name + " started " + idText(n.About)}}
	case supervisor.Ended:
		return endedPhrase(n)
	case supervisor.Left:
		return []message{{name: "left", about: n.About, text: leftText(n), after: true}}
	case supervisor.Killed:
		return []message{{name: "killed", about: n.About, text: killedText(n), after: true}}
	case supervisor.Foreign:
		return []message{{name: "foreign", about: n.About, after: true, text: n.Process.Name + ": " + foreignText(n.Members)}}
	case supervisor.Stopping:
		return []message{{name: "stopping", text: stoppingText(n)}}
	case supervisor.StillRunning:
		return []message{{name: "waiting", text: "still running: " + nameAll(n.Processes, pidName)}}
	case supervisor.KillingAll:
		if len(n.Processes) == 0 {
			return nil
		}
		return []message{{name: "killing", text: "killing at once: " + nameKilled(n.Processes)}}
	case supervisor.Forwarded:
		return []message{{name: "forwarded", text: fmt.Sprintf("%s passed on to %s", process.SignalName(n.Signal), plural(n.Processes, "process", "processes"))}}
	case supervisor.Suspended:
		if n.Orphaned {
			return []message{{name: "suspended", text: fmt.Sprintf("suspended, and no shell is there to continue it: kill -CONT %d does", shellPID())}}
		}
		return []message{{name: "suspended", text: "suspended"}}
	case supervisor.Resumed:
		return []message{{name: "resumed", text: "continued"}}
	case supervisor.Commanded:
		return []message{{name: "command", text: commandText(n)}}
	case supervisor.Reconciled:
		return []message{{name: "command", text: changesText(n.Changes)}}
	case supervisor.Held:
		return []message{{name: "held", about: n.About, text: fmt.Sprintf(
			"release was stopped by command: %s wait for it (ganger start release goes on)", nameAll(n.Processes, pidName))}}
	}
	return nil
}

func endedPhrase(n supervisor.Ended) []message {
	how, next := endedHow(n), endedNext(n)
	if how == "" && next == "" {
		return nil
	}
	m := message{name: "exited", about: n.About, after: true}
	switch status := n.Status.Shell(); {
	case how == "":
		m.name, m.text = "restarting", n.Process.Name+" is "+next
		if !n.Restart {
			m.name, m.text = "failed", n.Process.Name+" has "+next
		}
	default:
		m.status = &status
		m.text = n.Process.Name + " " + how
		if next != "" {
			m.text += ", " + next
		}
	}
	return []message{m}
}

// endedHow says how a life ended, "" where that has been said or is no news.
func endedHow(n supervisor.Ended) string {
	switch {
	case n.Told, n.Lives:
		return ""
	case n.Err != nil && n.Asked:
		return "" // taken back before it began
	case n.Err != nil:
		return fmt.Sprintf("cannot be started: %v (status %d)", n.Err, n.Status.Shell())
	}
	return fmt.Sprintf("%s after %s", n.Status, seconds(n.Lived))
}

// endedNext says what follows an end, "" where nothing does.
func endedNext(n supervisor.Ended) string {
	switch {
	case n.Restart && n.Nth > 0:
		return fmt.Sprintf("restarting in %s (%s time)", seconds(n.In), ordinal(n.Nth))
	case n.Restart:
		return "starting again"
	case n.GaveUp:
		return "failed for good"
	}
	return ""
}

func leftText(n supervisor.Left) string {
	text := fmt.Sprintf("%s %s after %s; ending what it left running: %s", n.Process.Name, n.Status, seconds(n.Lived), nameMembers(n.Members))
	if !n.Asked && n.Status.OK() && n.Lived < daemonSoon {
		text += " (if it is a daemon, run it in the foreground, as nginx -g \"daemon off;\")"
	}
	return text
}

// daemonSoon is how soon a program that daemonizes has let its parent end.
const daemonSoon = 5 * time.Second

func delayedText(n supervisor.Delayed) string {
	p := n.Process
	return fmt.Sprintf("%s is not started yet: the file system does not answer (%s in %s)", p.Name, oneLine(p.Command.Argv[0]), oneLine(p.Dir))
}

func killedText(n supervisor.Killed) string {
	switch {
	case len(n.Members) > 0:
		return fmt.Sprintf("killed with %s: %s", n.Process.Name, nameKilledMembers(n.Members))
	case n.Left:
		return fmt.Sprintf("what %s left running killed after %s", n.Process.Name, seconds(n.After))
	}
	return fmt.Sprintf("%s killed after %s", killedName(n.About), seconds(n.After))
}

func foreignText(ms []process.Member) string {
	return "runs as another user, cannot be ended from here and is left alone: " + nameMembers(ms)
}

func stoppingText(n supervisor.Stopping) string {
	// QUIT leaves no time: that all are killed is said next.
	if n.Processes == 0 || n.Cause.Kind == supervisor.CauseSignal && n.Cause.Signal == syscall.SIGQUIT {
		return "stopping" + causeText(n.Cause)
	}
	names := make([]string, len(n.Signals))
	for i, sig := range n.Signals {
		names[i] = process.SignalName(sig)
	}
	return fmt.Sprintf("stopping%s: %s to %s, %s to go", causeText(n.Cause), strings.Join(names, " or "),
		plural(n.Processes, "process", "processes"), seconds(n.Timeout))
}

// causeText says why, where the user did not ask for it at the terminal.
func causeText(c supervisor.Cause) string {
	switch c.Kind {
	case supervisor.CauseFrontGone, supervisor.CauseEnd, supervisor.CauseRelease:
		return ", since " + causeWhy(c)
	case supervisor.CauseCommand:
		return " by command"
	case supervisor.CauseSignal:
		if c.Signal == syscall.SIGHUP || c.Signal == syscall.SIGQUIT {
			return " (" + process.SignalName(c.Signal) + ")"
		}
	}
	return ""
}

// causeWhy is why a run ends.
func causeWhy(c supervisor.Cause) string {
	switch c.Kind {
	case supervisor.CauseFrontGone:
		return "the front half is gone"
	case supervisor.CauseEnd:
		return c.Ended.Process.Name + " ended"
	case supervisor.CauseRelease:
		return "the release step failed"
	case supervisor.CauseCommand:
		return "a command asked for it"
	case supervisor.CauseReader:
		return "nobody reads its output any more"
	case supervisor.CauseOutput:
		return "its output cannot be written"
	case supervisor.CauseSignal:
		return process.SignalName(c.Signal) + " came"
	}
	return "nothing is left to run"
}

// tailLines is how many of the culprit's lines the end of a run repeats.
const tailLines = 20

// ending says why a run ended that was not asked to.
func (w *wording) ending(r supervisor.Result) []message {
	out := w.opening()
	switch r.Cause.Kind {
	case supervisor.CauseSignal, supervisor.CauseFrontGone, supervisor.CauseCommand:
		return out
	}
	f := r.Failure
	if f == nil || r.Status() == 0 {
		return out
	}
	status := f.Status.Shell()
	m := message{name: "failed", about: f.About, status: &status, after: true}
	if f.Err != nil {
		m.text = fmt.Sprintf("failed: %s at %s: %v", f.Process.Name, f.At.Format(time.TimeOnly), f.Err)
	} else {
		m.text = fmt.Sprintf("failed: %s %s at %s", f.Process.Name, f.Status, f.At.Format(time.TimeOnly))
		m.tail = tailLines
	}
	return append(out, m)
}

// strayMessage names what nobody claimed and the end of the run ended.
func strayMessage(strays []process.Member) message {
	return message{name: "left", text: "ended with the run: " + nameMembers(strays)}
}

// leftMessage names what did not end although it was killed.
func leftMessage(left []process.Member) message {
	return message{name: "left", text: "cannot end: " + nameMembers(left)}
}

// most is how many are named, where it does not matter much who they are.
const most = 10

func nameAll(ps []supervisor.About, name func(supervisor.About) string) string {
	return nameSome(ps, most, name)
}

// nameKilled names all of them, with what they ran.
func nameKilled(ps []supervisor.About) string { return nameSome(ps, len(ps), killedName) }

func nameSome(ps []supervisor.About, most int, name func(supervisor.About) string) string {
	parts := make([]string, 0, len(ps))
	for i, a := range ps {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(ps)-most))
			break
		}
		parts = append(parts, name(a))
	}
	return strings.Join(parts, ", ")
}

// pidName names a process by its pid, if it has one yet.
func pidName(a supervisor.About) string {
	if a.PID == 0 {
		return a.Process.Name
	}
	return fmt.Sprintf("%s (pid %d)", a.Process.Name, a.PID)
}

// killedName tells what it ran as well, as the Procfile has it.
func killedName(a supervisor.About) string {
	if a.PID == 0 {
		return a.Process.Name
	}
	return fmt.Sprintf("%s (pid %d: %s)", a.Process.Name, a.PID, brief(oneLine(a.Process.Line)))
}

// brief cuts what is too long to stand within a line.
func brief(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return s
}

func nameMembers(ms []process.Member) string { return nameFew(ms, 5) }

// nameFew bounds the line: a storm may have thousands.
func nameFew(ms []process.Member, most int) string {
	parts := make([]string, 0, len(ms))
	for i, m := range ms {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(ms)-most))
			break
		}
		parts = append(parts, fmt.Sprintf("%s (pid %d)", m.Command, m.PID))
	}
	return strings.Join(parts, ", ")
}

func nameKilledMembers(ms []process.Member) string { return nameFew(ms, 50) }

// seconds is a duration as people say it: 0.4 s, 12 s, 3 min 5 s.
func seconds(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond && d > 0:
		return strconv.FormatFloat(float64(d.Microseconds())/1000, 'g', 2, 64) + " ms"
	case d < 10*time.Second:
		s := strconv.FormatFloat(d.Seconds(), 'f', 2, 64)
		return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + " s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
