package cli

import (
	"errors"
	"fmt"

	"ganger/env"
	"ganger/formation"
	"ganger/process"

	"github.com/spf13/cobra"
)

const runHelp = `Run one command in the app's environment: its env files, and the port of every
type as GANGER_PORT_<TYPE>. ganger is replaced by the command, so the terminal,
signals and the exit status are the command's own.

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
	plan, err := a.plan(nil)
	if err != nil {
		return err
	}
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

func (a *app) hasType(name string) bool {
	if a.file == nil {
		return false
	}
	_, ok := a.file.Lookup(name)
	return ok
}
