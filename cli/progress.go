package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"ganger/control"
)

// progress shows what happens while a command is carried out.
type progress struct {
	w       io.Writer
	r       *running
	in      map[string]control.State // the last state that was shown of a process
	changed bool                     // changes were shown

	starting bool // nobody asks anything to stop
}

func newProgress(w io.Writer, r *running) *progress {
	return &progress{w: w, r: r, in: make(map[string]control.State)}
}

func (p *progress) show(step control.Progress) error {
	if len(step.Changes) > 0 {
		p.changed = true
		return writeFailed(showChanges(p.w, step.Changes))
	}
	e := step.Event
	switch {
	case e == nil:
		return nil
	case e.Process == "" && e.Message != "" && e.State == control.Running: // a remark of the app
		_, err := fmt.Fprintln(p.w, oneLine(e.Message))
		return writeFailed(err)
	case e.Process == "" || p.in[e.Process] == e.State:
		return nil
	case p.starting && e.State == control.Stopping: // its end, which follows, was its own
		return nil
	}
	p.in[e.Process] = e.State
	text := eventText(e)
	if text == "" {
		return nil
	}
	_, err := fmt.Fprintln(p.w, text)
	return writeFailed(err)
}

// eventText is what is said of an event. What is over in no time and followed
// by another is not worth a line.
func eventText(e *control.Event) string {
	text := e.Process + " " + string(e.State)
	switch e.State {
	case control.Starting:
		return ""
	case control.Running, control.Ready:
		if e.PID != 0 {
			text += fmt.Sprintf(" (pid %d)", e.PID)
		}
	case control.Failed, control.BackingOff:
		if e.Status != nil && *e.Status != 0 {
			text += fmt.Sprintf(" (status %d)", *e.Status)
		}
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return oneLine(text)
}

// showChanges shows what will be different, a line for each process.
func showChanges(w io.Writer, changes []control.Change) error {
	var b strings.Builder
	for _, c := range changes {
		sign := "~"
		switch c.Kind {
		case "added":
			sign = "+"
		case "removed":
			sign = "-"
		}
		fmt.Fprintf(&b, "%s %s", sign, c.Process)
		if len(c.Reasons) > 0 {
			b.WriteString(": " + oneLine(strings.Join(c.Reasons, ", ")))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// results sums up what became of the processes, one line for each kind of end.
func (p *progress) results(do control.Command, out control.Outcome) error {
	var kinds []string
	of := make(map[string][]string)
	for _, res := range out.Processes {
		if isFailure(res) {
			continue
		}
		kind := resultText(do.Action, res.Result)
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
		name := res.Process
		if _, shown := p.in[name]; res.PID != 0 && !shown {
			name += fmt.Sprintf(" (pid %d)", res.PID)
		}
		of[kind] = append(of[kind], name)
	}
	for _, kind := range kinds {
		if _, err := fmt.Fprintf(p.w, "%s: %s\n", kind, strings.Join(of[kind], ", ")); err != nil {
			return writeFailed(err)
		}
	}
	return nil
}

// resultText is a result in words. It is asked where nobody waited for the end.
func resultText(a control.Action, result string) string {
	switch {
	case result != "asked":
		return result
	case a == control.SendSig: // it takes no time
		return "signalled"
	case a == control.Scale || a == control.ReloadApp:
		return "begun"
	}
	return "asked to " + string(a)
}

// isFailure reports whether a result is none that was asked for: those that
// are said as errors.
func isFailure(res control.Result) bool {
	return slices.Contains([]string{hasFailed, "overtaken", "skipped", isBarred}, res.Result)
}

// failures is the error for a command that was not, or not wholly, carried out.
func (p *progress) failures(out control.Outcome) error {
	var all []error
	for _, res := range out.Processes {
		if !isFailure(res) {
			continue
		}
		if res.Result == isBarred {
			all = append(all, &failure{problem: res.Process + " " + res.Message, hint: p.r.startHint(res.WaitsFor), status: statusFailed})
			continue
		}
		why, hint := res.Message, ""
		if res.Result == "skipped" {
			why = "the one before it is not up"
		}
		if res.Status != nil && why == "" {
			why = fmt.Sprintf("it ended with status %d", *res.Status)
		}
		if res.Result == "failed" && !slices.ContainsFunc(all, func(err error) bool { return err.(*failure).hint != "" }) {
			hint = p.r.again("logs "+res.Process) + " shows what it said"
		}
		all = append(all, &failure{problem: res.Process + " " + failureText(res.Result) + ": " + why, hint: hint, status: statusFailed})
	}
	if len(all) == 0 && !out.OK {
		return silent{statusFailed}
	}
	return errors.Join(all...)
}

func failureText(result string) string {
	switch result {
	case "overtaken":
		return "was given up"
	case "skipped":
		return "was left as it is"
	}
	return cmp.Or(result, "failed")
}
