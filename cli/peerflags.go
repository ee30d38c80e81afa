package cli

import (
	"errors"
	"fmt"
	"strings"

	"ganger/procfile"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func nearest(word string, known []string) string { return procfile.Nearest(word, known) }

// peerFlag tells what serves here in place of a flag that a peer has.
func peerFlag(name string) string {
	switch name {
	case "l", "processes":
		return "name the types: ganger start web worker"
	case "D", "daemonize", "detached":
		return "--detach runs it in the background, and ganger stop ends it"
	case "N", "no-port", "set-ports":
		return "-p none sets no PORT"
	case "P", "port-step", "formation-port-step":
		return "the step is 100, as foreman's; \"# ganger: port=6000\" above a type fixes its port"
	case "r", "auto-restart", "any-can-restart":
		return "--restart always, or --restart web=always; what crashes is started again anyway"
	case "can-die", "any-can-die":
		return "an end ends nothing else here, unless --exit-when any says so"
	case "i", "stop-signals":
		return "--stop-signal web=INT"
	case "b", "baseport":
		return "-p sets the base port"
	case "T", "show-timestamps", "logtime":
		return "--timestamps off, time or iso"
	case "s", "S", "network", "rpc-server", "u", "unix-socket":
		return "--socket PATH is where commands reach the app, instead of a socket that they find themselves; no port is opened"
	case "H", "shell":
		return "begin the command with the shell: web: bash -c '...'"
	case "w", "title", "wrap":
		return "lines are shown as they are"
	case "j":
		return "-f names the Procfile"
	case "q":
		return "--quiet web,worker"
	case "basedir":
		return "-d names the app root"
	case "exit-on-error":
		return "--exit-when failure"
	case "exit-on-stop":
		return "--exit-when any"
	case "raw":
		return "--no-prefix"
	case "k", "kill":
		return "-t sets the time before KILL"
	case "colors", "no-colors":
		return "--color always or never"
	case "showenvs":
		return "ganger run env prints the environment"
	case "trim", "proxy", "forward", "intercept", "F", "tmux-config", "tui":
		return "there is nothing like it here"
	}
	return ""
}

// flagError words pflag's errors, with what serves in place of a peer's flag.
func flagError(cmd *cobra.Command, err error) error {
	var missing *pflag.NotExistError
	if errors.As(err, &missing) {
		name := missing.GetSpecifiedName()
		shown := "--" + name
		if missing.GetSpecifiedShortnames() != "" {
			shown = "-" + name
		}
		hint := peerFlag(name)
		if hint == "" && len(name) > 1 {
			var known []string
			cmd.Flags().VisitAll(func(f *pflag.Flag) {
				if !f.Hidden {
					known = append(known, f.Name)
				}
			})
			if near := nearest(name, known); near != "" {
				hint = "did you mean --" + near + "?"
			}
		}
		if hint == "" {
			hint = helpOf(cmd) + " lists the flags"
		}
		return usageError(fmt.Sprintf("no flag %s", shown), hint)
	}
	var bad *pflag.InvalidValueError
	if errors.As(err, &bad) {
		return withPlace(errors.Unwrap(bad), "--"+bad.GetFlag().Name, fromFlag)
	}
	var empty *pflag.ValueRequiredError
	if errors.As(err, &empty) {
		return usageError(fmt.Sprintf("--%s needs a value", empty.GetFlag().Name), helpOf(cmd)+" tells which")
	}
	return usageError(err.Error(), helpOf(cmd)+" lists the flags")
}

// helpOf is the command that shows the help of cmd.
func helpOf(cmd *cobra.Command) string {
	_, sub, _ := strings.Cut(cmd.CommandPath(), " ")
	return strings.TrimSpace("ganger help " + sub)
}
