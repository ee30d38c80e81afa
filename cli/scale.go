package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"ganger/control"

	"github.com/spf13/cobra"
)

const scaleHelp = `Change how many processes of a type the running app has: to N, or by +N or -N.
What runs keeps its pid, port and number; those with the highest numbers go
first. Without arguments the numbers are shown as they are.

The command returns when it is so, with status 1 if a process does not run.`

const scaleExample = `  ganger scale web=3
  ganger scale worker=+1 clock=0
  ganger scale`

func (m *program) scaleCommand() *cobra.Command {
	t := newTarget()
	var noWait bool
	cmd := &cobra.Command{
		Use:     "scale [TYPE=N...]",
		Short:   "change how many processes of a type run",
		Long:    scaleHelp,
		Example: scaleExample,
	}
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "return when it is begun")
	t.flags(cmd.Flags())
	cmd.ValidArgsFunction = t.completeCounts
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		counts, err := parseCounts(args)
		if err != nil {
			return err
		}
		r, err := t.connect()
		if err != nil {
			return err
		}
		defer r.Close()
		if len(counts) == 0 {
			return m.showFormation(r)
		}
		return m.change(r, control.Command{Action: control.Scale, Counts: counts, Wait: !noWait},
			"nothing to change: there are as many as that")
	}
	return cmd
}

// parseCounts reads TYPE=N, TYPE=+N and TYPE=-N.
func parseCounts(args []string) (map[string]control.Count, error) {
	counts := make(map[string]control.Count, len(args))
	for _, arg := range args {
		typ, text, ok := strings.Cut(arg, "=")
		if _, twice := counts[typ]; twice {
			return nil, usageError(fmt.Sprintf("%s is given twice", typ), "")
		}
		count, err := control.ParseCount(text)
		switch {
		case !ok || typ == "":
			return nil, usageError(fmt.Sprintf("%q does not say how many", arg), "ganger scale web=3 worker=+1 clock=0")
		case err != nil:
			return nil, usageError(fmt.Sprintf("%s: %v", arg, err), "")
		}
		counts[typ] = count
	}
	return counts, nil
}

// showFormation shows the numbers, as scale and start take them.
func (m *program) showFormation(r *running) error {
	types, err := r.Formation(context.Background())
	if err != nil {
		return r.explain(err)
	}
	parts := make([]string, len(types))
	for i, t := range types {
		parts[i] = fmt.Sprintf("%s=%d", t.Name, t.Count)
	}
	_, err = fmt.Fprintln(m.stdout, strings.Join(parts, " "))
	return writeFailed(err)
}

// change has the app carry out a command that first says what it changes;
// nothing is what is said where that is nothing.
func (m *program) change(r *running, do control.Command, nothing string) error {
	p := newProgress(m.stdout, r)
	out, err := r.Do(context.Background(), do, p.show)
	if err != nil {
		return r.explain(err)
	}
	if !p.changed && len(out.Processes) == 0 {
		if _, err := io.WriteString(m.stdout, nothing+"\n"); err != nil {
			return writeFailed(err)
		}
	}
	if err := p.results(do, out); err != nil {
		return err
	}
	return p.failures(out)
}

// completeCounts offers the types with a "=".
func (t *target) completeCounts(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	offers, directive := t.completeNames(cmd, nil, word)
	var types []string
	for _, offer := range offers {
		name, about, _ := strings.Cut(offer, "\t")
		given := func(arg string) bool { return strings.HasPrefix(arg, name+"=") }
		if !strings.Contains(name, ".") && !slices.ContainsFunc(args, given) {
			types = append(types, name+"=\t"+about)
		}
	}
	return types, directive | cobra.ShellCompDirectiveNoSpace
}
