package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"ganger/control"
	"ganger/env"
	"ganger/formation"
	"ganger/process"
	"ganger/procfile"

	"github.com/spf13/cobra"
)

const runHelp = `Run one command in the app's environment: its env files, and the port of every
type as GANGER_PORT_<TYPE>, those of the running app where it runs. ganger is
replaced by the command, so the terminal, signals and the exit status are the
command's own.

The name of a type alone runs that type's command, in the app root and with the
type's PORT. Anything else runs as it is, without a shell, in this folder.
Flags after the command are the command's.`

const runExample = `  ganger run release
  ganger run bin/rails console
  ganger run -e .env,.env.test -- npm test
  ganger run sh -c 'echo $DATABASE_URL'`

func (m *program) runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "run [--] COMMAND [ARG...]",
		Short:   "run one command in the app's environment",
		Long:    runHelp,
		Example: runExample,
	}
	opts := newOptions()
	opts.flags(cmd.Flags(), filesFlags())
	cmd.Flags().SetInterspersed(false)
	cmd.ValidArgsFunction = completeTypes
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError("run what?", "ganger run COMMAND [ARG...], or the name of a type")
		}
		return oneOff(opts, args)
	}
	return cmd
}

// oneOff replaces this process by the command.
func oneOff(opts *options, args []string) error {
	a, err := loadApp(opts, false)
	if err != nil {
		return err
	}
	live := a.running()
	plan, err := a.plan(nil)
	if err != nil {
		return err
	}
	plan.Settings = portsOf(live, plan.Settings)
	argv, dir := args, ""
	var vars env.Vars
	if len(args) == 1 && a.hasType(args[0]) {
		p, err := formation.OneOff(plan, args[0])
		if err != nil {
			return err
		}
		argv, dir, vars = p.Command.Argv, p.Dir, p.Env
	} else if vars, err = formation.AppEnv(plan); err != nil {
		return err
	}
	err = process.Exec(argv, dir, vars.Environ())
	var ee *process.ExecError
	if errors.As(err, &ee) {
		hint := ""
		if a.hasType(args[0]) && len(args) > 1 {
			hint = fmt.Sprintf("the type %s runs without arguments: ganger run %s", args[0], args[0])
		}
		return &failure{"cannot run " + ee.Reason, hint, ee.Status}
	}
	return fileError(fmt.Sprintf("cannot run %s: %v", argv[0], err), "")
}

// askTime is how long a running app has to tell its ports.
const askTime = time.Second

// running is the formation of the app, if it runs, which the command then
// reaches as the app's processes do. One that does not answer is taken for none.
func (a *app) running() []control.Type {
	facts, err := control.Find(control.DefaultPlaces(), a.place.root)
	if err != nil || facts.Socket == "" {
		return nil
	}
	a.socket = facts.Socket
	if a.opts.get("port").last().rank == fromFlag {
		return nil
	}
	c := control.Dial(facts.Socket)
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	types, err := c.Formation(ctx)
	if err != nil {
		return nil
	}
	return types
}

// portsOf fixes the ports of types as those of a formation that runs.
func portsOf(live []control.Type, settings map[string]procfile.Settings) map[string]procfile.Settings {
	fixed := maps.Clone(settings)
	for _, t := range live {
		s, ok := fixed[t.Name]
		if !ok {
			continue
		}
		if s.Port = procfile.Port(t.Port); t.Port == 0 {
			s.Port = procfile.PortNone
		}
		fixed[t.Name] = s
	}
	return fixed
}

func (a *app) hasType(name string) bool {
	if a.file == nil {
		return false
	}
	_, ok := a.file.Lookup(name)
	return ok
}
