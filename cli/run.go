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
Flags after the command are the command's.

With --up the app is started first, and the command when all of it is ready (see
ganger help wait); when the command ends everything is stopped. The status is
the command's, or 125 where the app fails. The app's output goes to stderr. ^C
interrupts the command, and then the app stops. Where the app runs already it is
used, and left running.`

const runExample = `  ganger run release
  ganger run bin/rails console
  ganger run -e .env,.env.test -- npm test
  ganger run sh -c 'echo $DATABASE_URL'
  ganger run --up --timeout 60s -- ./smoke.sh`

func (m *program) runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "run [--] COMMAND [ARG...]",
		Short:   "run one command in the app's environment",
		Long:    runHelp,
		Example: runExample,
	}
	opts := newOptions()
	opts.flags(cmd.Flags(), filesFlags())
	var beside bool
	var limit timeLimit
	cmd.Flags().BoolVar(&beside, "up", false, "start the app first, and stop it afterwards")
	cmd.Flags().Var(&limit, "timeout", "`TIME`with --up: how long the app may take to be ready (60s, 5m)")
	opts.flags(cmd.Flags(), upFlags())
	cmd.Flags().SetInterspersed(false)
	cmd.ValidArgsFunction = completeTypes
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return usageError("run what?", "ganger run COMMAND [ARG...], or the name of a type")
		case beside:
			return m.runUp(opts, args, limit)
		}
		for _, name := range append([]string{"timeout"}, namesOf(upFlags())...) {
			if cmd.Flags().Changed(name) {
				return usageError(fmt.Sprintf("--%s is for a start of the app", name), "ganger run --up starts it")
			}
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
	c, err := a.oneOff(plan, args)
	if err != nil {
		return err
	}
	err = process.Exec(c.argv, c.dir, c.env.Environ())
	var ee *process.ExecError
	if errors.As(err, &ee) {
		hint := ""
		if a.hasType(args[0]) && len(args) > 1 {
			hint = fmt.Sprintf("the type %s runs without arguments: ganger run %s", args[0], args[0])
		}
		return &failure{"cannot run " + ee.Reason, hint, ee.Status}
	}
	return fileError(fmt.Sprintf("cannot run %s: %v", c.argv[0], err), "")
}

// call is a command to be run once.
type call struct {
	argv []string
	dir  string // as it is given; here where it is empty
	env  env.Vars
}

// oneOff is what arguments stand for: a type's command, or one as it is.
func (a *app) oneOff(plan formation.Plan, args []string) (call, error) {
	if len(args) == 1 && a.hasType(args[0]) {
		p, err := formation.OneOff(plan, args[0])
		return call{p.Command.Argv, p.Dir, p.Env}, err
	}
	vars, err := formation.AppEnv(plan)
	return call{argv: args, env: vars}, err
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
