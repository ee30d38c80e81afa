package cli

import (
	"context"
	"os"
	"slices"
	"strings"

	"ganger/control"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const attachHelp = `Make this terminal that of a process: keys, ^C too, go to it as they are typed,
and the size of the window with them. ctrl-] or ctrl-p ctrl-q leaves; the process
goes on. This is how to answer a debugger.

Without a NAME it is the process that waits for input, else the only one that
has a terminal. A process has one when ganger start has, or by tty=always.`

const attachExample = `  ganger attach web
  ganger attach
  ganger attach worker.2 --detach-keys 'ctrl-a d'`

func (m *program) attachCommand() *cobra.Command {
	t := newTarget()
	var keys string
	cmd := &cobra.Command{
		Use:     "attach [NAME]",
		Short:   "type into the terminal of a process",
		Long:    attachHelp,
		Example: attachExample,
	}
	cmd.Flags().StringVar(&keys, "detach-keys", usualDetach, "`KEYS`what leaves: keys such as ctrl-x, ^x or x (ctrl-] or ctrl-p ctrl-q)")
	t.flags(cmd.Flags())
	cmd.ValidArgsFunction = t.completeTerminals
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usageError("attach takes one name", "a terminal shows one process: ganger attach "+args[0])
		}
		leave, err := parseDetach(keys)
		if err != nil {
			return usageError("--detach-keys: "+err.Error(), "use one or more such as ctrl-x, ^x or x")
		}
		if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(m.stdout.Fd())) {
			return fileError("attach needs a terminal of its own for input and output", "ganger logs -f shows a process without one")
		}
		r, err := t.connect()
		if err != nil {
			return err
		}
		defer r.Close()
		name, err := r.chooseTerminal(args)
		if err != nil {
			return err
		}
		return (&attachment{r: r, name: name, keys: keys, leave: leave, modes: newModes()}).run(m)
	}
	return cmd
}

// chooseTerminal finds the process to attach to. It is none that we descend
// from: what is shown there would be written there, and shown again, for ever.
func (r *running) chooseTerminal(names []string) (string, error) {
	procs, err := r.Processes(context.Background(), control.ProcessQuery{Names: names, Tree: true})
	if err != nil {
		return "", r.explain(err)
	}
	if len(procs) == 1 && len(names) == 1 {
		if descended(procs[0]) {
			return "", fromInside(procs[0])
		}
		return procs[0].Name, nil // if it has no terminal, the app says how to get one
	}
	fit := slices.DeleteFunc(slices.Clone(procs), func(p control.Process) bool { return !p.Terminal })
	if i := slices.IndexFunc(fit, descended); i >= 0 {
		if len(fit) == 1 {
			return "", fromInside(fit[0])
		}
		fit = slices.Delete(fit, i, i+1)
	}
	prompts := slices.DeleteFunc(slices.Clone(fit), func(p control.Process) bool { return p.Prompt == "" })
	switch {
	case len(prompts) == 1:
		return prompts[0].Name, nil
	case len(prompts) > 1:
		return "", usageError("several processes wait for input: "+processNames(prompts), r.again("attach "+prompts[0].Name)+" takes the first")
	case len(fit) == 1:
		return fit[0].Name, nil
	case len(fit) > 1:
		return "", usageError("attach to which: "+processNames(fit)+"?", r.again("attach "+fit[0].Name)+" takes the first")
	}
	return "", fileError("no process has a terminal", `"# ganger: tty=always" above a type in the Procfile gives it one`)
}

// descended reports whether we belong to the tree of a process.
func descended(p control.Process) bool {
	return p.Tree != nil && slices.Contains(p.Tree.PIDs, os.Getpid())
}

func fromInside(p control.Process) error {
	return fileError("this runs inside "+p.Name+", which cannot be attached to itself", "use a terminal outside of the app")
}

func processNames(procs []control.Process) string {
	names := make([]string, len(procs))
	for i, p := range procs {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

// completeTerminals offers what one can attach to.
func (t *target) completeTerminals(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, p := range t.ask() {
		if p.Terminal {
			names = append(names, p.Name+"\t"+oneLine(p.Command))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
