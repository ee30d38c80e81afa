package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"

	"ganger/formation"
)

// dryRun prints what would run, aligned.
func (r *run) dryRun(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PROCESS\tPORT\tFOLDER\tHOW\tCOMMAND")
	for _, p := range r.procs {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", p.Name, portText(p.Port), shown(r.app.cwd, p.Dir), howText(p.Command), oneLine(p.Line))
	}
	if err := t.Flush(); err != nil {
		return fileError(fmt.Sprintf("cannot write: %v", err), "")
	}
	for _, line := range slices.Concat(stageLines(r.procs), needsLines(r.along, r.elsewhere), r.notStarted()) {
		fmt.Fprintln(w, line)
	}
	return nil
}

func portText(port int) string {
	if port == 0 {
		return "-"
	}
	return strconv.Itoa(port)
}

func howText(c formation.Command) string {
	if c.Shell {
		return "shell"
	}
	return "direct"
}
