package cli

import (
	"context"
	"errors"

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

The command returns when the new processes run, with status 1 if one does not, or
waits for what was stopped by command.`

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

// errEnds is what a start comes to where the app runs, and ends before it takes
// the command: there is nothing to be said against another start.
var errEnds = errors.New("the app ends")

// startRunning starts processes of an app that runs already, as its lock says
// with these facts: names, types or patterns. With wait it returns when they
// run. again gives a command line for this app. The error is errEnds where the
// app has begun to end.
func (m *program) startRunning(facts control.Facts, again func(command string) string, names []string, wait bool) error {
	r, err := atFacts(facts, again)
	if err != nil {
		return err
	}
	defer r.Close()
	do := control.Command{Action: control.Start, Names: names, Wait: wait}
	out, p, err := m.do(r, do)
	lost := new(control.LostError)
	if r.hasEnded(err) && !errors.As(err, &lost) { // what is lost may have been carried out
		return errEnds
	}
	return r.said(p, do, out, err)
}

// act has the app carry out a command, and shows what happens until it is done.
func (m *program) act(r *running, do control.Command) error {
	out, p, err := m.do(r, do)
	return r.said(p, do, out, err)
}

// do has the app carry out a command, and shows what happens.
func (m *program) do(r *running, do control.Command) (control.Outcome, *progress, error) {
	p := newProgress(m.stdout, r)
	p.starting = do.Action == control.Start
	out, err := r.Do(context.Background(), do, p.show)
	return out, p, err
}

// said says what came of a command.
func (r *running) said(p *progress, do control.Command, out control.Outcome, err error) error {
	if err != nil {
		return r.explain(err)
	}
	if err := p.results(do, out); err != nil {
		return err
	}
	return p.failures(out)
}
