package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"ganger/control"

	"github.com/spf13/cobra"
)

const stopHelp = `Stop processes of the running app, and keep them down whatever their restart
setting says; ganger start NAME starts them again. A NAME is that of a process
(web.1), of a type (web), or a pattern (worker.*).

Without a NAME the whole app is stopped, as by ganger quit. The command returns
when everything has ended.`

const stopExample = `  ganger stop web
  ganger stop 'worker.*' --no-wait
  ganger stop`

func (m *program) stopCommand() *cobra.Command {
	return m.actCommand(&cobra.Command{
		Use:     "stop [NAME...]",
		Short:   "stop processes, or the whole app",
		Long:    stopHelp,
		Example: stopExample,
	}, func(cmd *cobra.Command, do *control.Command) {
		cmd.Flags().BoolVar(&do.Kill, "kill", false, "kill at once, without the time to stop")
	}, func(r *running, do control.Command) error {
		if len(do.Names) == 0 {
			return m.quit(r, do)
		}
		do.Action = control.Stop
		return m.act(r, do)
	})
}

const quitHelp = `Stop the whole app, and return when it has ended and its last process is gone.`

func (m *program) quitCommand() *cobra.Command {
	cmd := m.actCommand(&cobra.Command{
		Use:     "quit",
		Short:   "stop the whole app",
		Long:    quitHelp,
		Example: "  ganger quit\n  ganger quit -d ~/src/shop --kill",
	}, func(cmd *cobra.Command, do *control.Command) {
		cmd.Flags().BoolVar(&do.Kill, "kill", false, "kill at once, without the time to stop")
	}, m.quit)
	cmd.Args, cmd.ValidArgsFunction = noArguments, cobra.NoFileCompletions
	return cmd
}

const restartHelp = `Stop processes of the running app and start them again; what does not run is
started. A NAME is that of a process (web.1), of a type (web), or a pattern
(worker.*). Without a NAME all are restarted but those that were stopped by
command.

The command returns when the new processes run, with status 1 if one does not.`

const restartExample = `  ganger restart web
  ganger restart --rolling web worker
  ganger restart`

func (m *program) restartCommand() *cobra.Command {
	return m.actCommand(&cobra.Command{
		Use:     "restart [NAME...]",
		Short:   "restart processes",
		Long:    restartHelp,
		Example: restartExample,
	}, func(cmd *cobra.Command, do *control.Command) {
		cmd.Flags().BoolVar(&do.Rolling, "rolling", false, "of a type, the next process only when the last is up")
	}, func(r *running, do control.Command) error {
		do.Action = control.Restart
		return m.act(r, do)
	})
}

// actCommand makes a command that has the running app do something, for which
// its arguments are names.
func (m *program) actCommand(cmd *cobra.Command, flags func(*cobra.Command, *control.Command), act func(*running, control.Command) error) *cobra.Command {
	t := newTarget()
	var do control.Command
	var noWait bool
	flags(cmd, &do)
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "return when it is begun")
	t.flags(cmd.Flags())
	cmd.ValidArgsFunction = t.completeNames
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		r, err := t.connect()
		if err != nil {
			return err
		}
		defer r.Close()
		do.Names, do.Wait = args, !noWait
		return act(r, do)
	}
	return cmd
}

// startRunning starts processes of an app that runs already, as its lock says
// with these facts: names, types or patterns. With wait it returns when they
// run. again is how "ganger COMMAND" is typed for this app, with %s for COMMAND.
func (m *program) startRunning(facts control.Facts, again string, names []string, wait bool) error {
	r, err := atFacts(facts, again)
	if err != nil {
		return err
	}
	defer r.Close()
	return m.act(r, control.Command{Action: control.Start, Names: names, Wait: wait})
}

// act has the app carry out a command, and shows what happens until it is done.
func (m *program) act(r *running, do control.Command) error {
	p := newProgress(m.stdout, r)
	out, err := r.Do(context.Background(), do, p.show)
	if err != nil {
		return r.explain(err)
	}
	if err := p.results(do, out); err != nil {
		return err
	}
	return p.failures(out)
}

// progress shows what happens while a command is carried out.
type progress struct {
	w  io.Writer
	r  *running
	in map[string]control.State // the last state that was shown of a process
}

func newProgress(w io.Writer, r *running) *progress {
	return &progress{w: w, r: r, in: make(map[string]control.State)}
}

func (p *progress) show(step control.Progress) error {
	if step.Changes != nil {
		return writeFailed(showChanges(p.w, step.Changes))
	}
	e := step.Event
	if e == nil || e.Process == "" || p.in[e.Process] == e.State {
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
	case control.Failed, control.BackingOff, control.Stopped:
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
		kind := res.Result
		if kind == "asked" {
			kind = "asked to " + string(do.Action)
			if do.Action == control.Scale || do.Action == control.ReloadApp {
				kind = "begun"
			}
		}
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
		name := res.Process
		if res.PID != 0 && (res.Result == "started" || res.Result == "restarted" || res.Result == "already running") {
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

// isFailure reports whether a result is none that was asked for: those that
// are said as errors.
func isFailure(res control.Result) bool {
	return res.Result == "failed" || res.Result == "overtaken" || res.Result == "skipped"
}

// failures is the error for a command that was not, or not wholly, carried out.
func (p *progress) failures(out control.Outcome) error {
	var all []error
	for _, res := range out.Processes {
		if !isFailure(res) {
			continue
		}
		why, hint := res.Message, ""
		if res.Status != nil && why == "" {
			why = fmt.Sprintf("it ended with status %d", *res.Status)
		}
		if res.Result == "failed" && !slices.ContainsFunc(all, func(err error) bool { return err.(*failure).hint != "" }) {
			hint = p.r.command("logs "+res.Process) + " shows what it said"
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
