package cli

import (
	"ganger/control"

	"github.com/spf13/cobra"
)

const reloadHelp = `Have the running app read its Procfile, env files, .ganger and settings again.
The difference is shown, and exactly what has changed is started (+), stopped (-)
or restarted (~): for its command, folder, settings, port, or variables.

The flags and the environment stay those of the start, and so does what was
scaled or stopped by hand. A file with a mistake changes nothing.`

func (m *program) reloadCommand() *cobra.Command {
	t := newTarget()
	var noWait bool
	cmd := &cobra.Command{
		Use:     "reload",
		Short:   "read the files again, and restart what has changed",
		Long:    reloadHelp,
		Example: "  ganger reload\n  ganger reload --no-wait",
		Args:    noArguments,
	}
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "return when it is begun")
	t.flags(cmd.Flags())
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RunE = func(*cobra.Command, []string) error {
		r, err := t.connect()
		if err != nil {
			return err
		}
		defer r.Close()
		return m.change(r, control.Command{Action: control.ReloadApp, Wait: !noWait}, "nothing has changed")
	}
	return cmd
}
