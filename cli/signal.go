package cli

import (
	"fmt"
	"strconv"
	"strings"

	"ganger/control"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

const signalHelp = `Send a signal to the first process of each NAME: that of a process (web.1), of
a type (web), or a pattern (worker.*). SIG is like HUP, SIGHUP or 1.`

const signalExample = `  ganger signal web HUP
  ganger signal 'worker.*' SIGUSR1`

func (m *program) signalCommand() *cobra.Command {
	t := newTarget()
	cmd := &cobra.Command{
		Use:     "signal NAME... SIG",
		Short:   "send a signal to processes",
		Long:    signalHelp,
		Example: signalExample,
	}
	t.flags(cmd.Flags())
	cmd.ValidArgsFunction = t.completeSignal
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) < 2 {
			return usageError("signal whom, and with what?", "ganger signal NAME SIG, as in ganger signal web HUP")
		}
		names, sig := args[:len(args)-1], args[len(args)-1]
		if err := checkSignal(sig); err != nil {
			return err
		}
		r, err := t.connect()
		if err != nil {
			return err
		}
		defer r.Close()
		return m.act(r, control.Command{Action: control.SendSig, Names: names, Signal: sig})
	}
	return cmd
}

// lastSignal is the highest number that a signal has on any system of ours.
const lastSignal = 128

// checkSignal refuses what is no signal here.
func checkSignal(sig string) error {
	if n, err := strconv.Atoi(sig); err == nil {
		if n >= 1 && n <= lastSignal {
			return nil
		}
	} else if unix.SignalNum("SIG"+strings.TrimPrefix(strings.ToUpper(sig), "SIG")) != 0 {
		return nil
	}
	return usageError(fmt.Sprintf("%q is not a signal", sig), "a signal is like TERM, SIGTERM or 15; it stands last")
}

// commonSignals are those that people send by hand.
func commonSignals() []string {
	return []string{"TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "WINCH", "TTIN", "TTOU", "STOP", "CONT", "KILL"}
}

// completeSignal offers names, and once there is one, signals too.
func (t *target) completeSignal(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	names, directive := t.completeNames(cmd, args, word)
	if len(args) > 0 {
		names = append(names, commonSignals()...)
	}
	return names, directive
}
