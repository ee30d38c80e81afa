package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"ganger/control"
)

// showEnv shows the environments of the processes that are meant.
func (m *program) showEnv(r *running, asJSON bool, names []string) error {
	ctx := context.Background()
	procs, err := r.Processes(ctx, control.ProcessQuery{Names: names})
	if err != nil {
		return r.explain(err)
	}
	all := make(map[string]control.Environment, len(procs))
	for _, p := range procs {
		e, err := r.Environment(ctx, p.Name)
		if err != nil {
			return r.explain(err)
		}
		all[p.Name] = e
	}
	if asJSON {
		text, err := json.Marshal(all)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(m.stdout, "%s\n", text)
		return writeFailed(err)
	}
	var b strings.Builder
	for i, p := range procs {
		if len(procs) > 1 {
			fmt.Fprintf(&b, "%s%s:\n", strings.Repeat("\n", min(i, 1)), p.Name)
		}
		b.WriteString(environmentText(all[p.Name]))
	}
	_, err = m.stdout.WriteString(b.String())
	return writeFailed(err)
}

// environmentText has a line for each variable, its name alone where the
// values are not for us.
func environmentText(e control.Environment) string {
	var b strings.Builder
	for _, v := range e.Variables {
		b.WriteString(oneLine(v.Name))
		if e.Values {
			b.WriteString("=" + oneLine(v.Value))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
