package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"ganger/control"

	"github.com/spf13/cobra"
)

// completeTime is how long the running app has to tell its names: who presses
// TAB does not wait.
const completeTime = 300 * time.Millisecond

// completeNames offers the types and processes of the running app; where none
// runs, the types of the Procfile.
func (t *target) completeNames(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	procs := t.ask()
	if procs == nil {
		return completeTypes(cmd, args, word)
	}
	var names []string
	now := time.Now()
	for i, p := range procs {
		about := "\t" + stateCell(p, now).text + ", " + oneLine(p.Command)
		of := func(q control.Process) bool { return q.Type == p.Type }
		if slices.IndexFunc(procs, of) == i {
			names = append(names, p.Type+"\t"+oneLine(p.Command))
		}
		names = append(names, p.Name+about)
	}
	return unused(names, args), cobra.ShellCompDirectiveNoFileComp
}

// completeStart offers the types of the Procfile, and where the app runs its
// processes.
func completeStart(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	t := newTarget()
	for name, o := range t.opts.byName {
		if given, ok := cmd.Flags().Lookup(name).Value.(*option); ok {
			*o = *given
		}
	}
	if given, ok := cmd.Flags().Lookup("socket").Value.(*option); ok {
		t.socket = given.text()
	}
	offers, directive := t.completeNames(cmd, args, word)
	types, _ := completeTypes(cmd, args, word) // those without a process too
	for _, offer := range unused(types, args) {
		if !slices.Contains(offers, offer) {
			offers = append(offers, offer)
		}
	}
	return offers, directive
}

// ask gets the processes of the running app, nil where none answers in time.
func (t *target) ask() []control.Process {
	r, err := t.connect()
	if err != nil {
		return nil
	}
	defer r.Close()
	ctx, cancel := context.WithTimeout(context.Background(), completeTime)
	defer cancel()
	procs, err := r.Processes(ctx, control.ProcessQuery{})
	if err != nil {
		return nil
	}
	return procs
}

// unused are the offers that the command line does not have yet.
func unused(offers, args []string) []string {
	return slices.DeleteFunc(offers, func(offer string) bool {
		name, _, _ := strings.Cut(offer, "\t")
		return slices.Contains(args, name)
	})
}
