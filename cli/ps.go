package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"ganger/control"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const psHelp = `Show the processes of the running app, or those with a NAME: of a process
(web.1), of a type (web), or a pattern (worker.*).

PORT is what a process was given, LISTENS the TCP ports that its tree really
listens on. CPU is the share of one processor since its start, with --watch
that of now; MEMORY is the sum of its tree's resident memory.`

const psExample = `  ganger ps
  ganger ps --watch
  ganger ps web.1 --show-env
  ganger ps --json | jq '.[].pid'`

// psFlags are the flags of ps.
type psFlags struct {
	json, watch, all, showEnv bool
}

func (m *program) psCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ps [NAME...]",
		Short:   "show the running processes",
		Long:    psHelp,
		Example: psExample,
	}
	t := newTarget()
	var f psFlags
	fs := cmd.Flags()
	fs.BoolVarP(&f.watch, "watch", "w", false, "show them anew each second; q or ^C leaves")
	fs.BoolVar(&f.json, "json", false, "a JSON array, of objects as in the API")
	fs.BoolVar(&f.showEnv, "show-env", false, "show the environment of the named processes instead")
	fs.BoolVarP(&f.all, "all", "a", false, "show all running apps of yours instead, as ganger list")
	t.flags(fs)
	cmd.ValidArgsFunction = t.completeNames
	cmd.RunE = func(_ *cobra.Command, args []string) error { return m.ps(t, f, args) }
	return cmd
}

func (m *program) ps(t *target, f psFlags, names []string) error {
	switch {
	case f.all && (f.showEnv || f.watch || len(names) > 0):
		return usageError("--all shows apps, not processes", "leave out the names, --watch and --show-env")
	case f.showEnv && (f.watch || len(names) == 0):
		return usageError("--show-env shows the environment of processes that are named", "ganger ps web.1 --show-env")
	case f.all:
		return m.list(f.json)
	}
	r, err := t.connect()
	if err != nil {
		return err
	}
	defer r.Close()
	switch {
	case f.showEnv:
		return m.showEnv(r, f.json, names)
	case f.watch:
		return m.watch(r, f.json, names)
	}
	procs, err := r.Processes(context.Background(), control.ProcessQuery{Names: names, Tree: true})
	if err != nil {
		return r.explain(err)
	}
	if f.json {
		return writeJSON(m.stdout, procs)
	}
	width, color := m.window()
	table := processTable(procs, time.Now(), averageCPU)
	return writeLines(m.stdout, table.lines(width, color))
}

// window is the width of the terminal that we write to, 0 where that is none,
// and whether it is to have colours.
func (m *program) window() (width int, color bool) {
	terminal := term.IsTerminal(int(m.stdout.Fd()))
	if terminal {
		if cols, _, err := term.GetSize(int(m.stdout.Fd())); err == nil {
			width = cols
		}
	}
	return width, useColor("auto", terminal, os.LookupEnv)
}

func writeLines(w io.Writer, lines []string) error {
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return writeFailed(err)
}

// writeJSON writes an array with one object a line.
func writeJSON[T any](w io.Writer, all []T) error {
	var b strings.Builder
	b.WriteByte('[')
	for i, one := range all {
		text, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(text)
	}
	if len(all) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString("]\n")
	_, err := io.WriteString(w, b.String())
	return writeFailed(err)
}

// processTable is what ps shows; cpu gives the share of a processor, negative
// where it is not known.
func processTable(procs []control.Process, now time.Time, cpu func(control.Process) float64) *table {
	t := &table{columns: []column{
		{head: "PROCESS"}, {head: "STATE"}, {head: "PID", right: true}, {head: "PORT", right: true}, {head: "LISTENS"},
		{head: "UPTIME", right: true}, {head: "RESTARTS", right: true}, {head: "CPU%", right: true}, {head: "MEMORY", right: true},
		{head: "COMMAND"},
	}}
	for _, p := range procs {
		t.rows = append(t.rows, processRow(p, now, cpu))
	}
	return t
}

func processRow(p control.Process, now time.Time, cpu func(control.Process) float64) []cell {
	listens, share, memory, uptime := "-", "-", "-", "-"
	if p.Tree != nil {
		if len(p.Tree.Listens) > 0 {
			listens = joinInts(p.Tree.Listens)
		}
		if c := cpu(p); c >= 0 {
			share = strconv.FormatFloat(c, 'f', 1, 64)
		}
		memory = sizeText(p.Tree.RSS)
	}
	if p.PID != 0 && !p.Since.IsZero() {
		uptime = age(now.Sub(p.Since))
	}
	return []cell{
		plain(p.Name), stateCell(p, now), plain(numberOr(p.PID, "-")), plain(numberOr(p.Port, "-")), plain(listens),
		plain(uptime), plain(strconv.Itoa(p.Restarts)), plain(share), plain(memory), plain(oneLine(p.Command)),
	}
}

func averageCPU(p control.Process) float64 { return p.Tree.CPU }

// stateCell is the state and what there is to add to it in a word or two.
func stateCell(p control.Process, now time.Time) cell {
	c := plain(string(p.State))
	switch p.State {
	case control.Running, control.Ready:
		c.on = sgrGreen
		if p.Prompt != "" {
			c.text, c.on = "waits for input", sgrYellow
		}
	case control.Waiting:
		c.on = sgrYellow
		if len(p.WaitsFor) > 0 {
			c.text += " for " + strings.Join(p.WaitsFor, ",")
		}
	case control.BackingOff:
		c.on = sgrYellow
		if !p.NextRestart.IsZero() {
			c.text += ", " + age(p.NextRestart.Sub(now)+time.Second-1)
		}
	case control.Starting, control.Stopping, control.Suspended:
		c.on = sgrYellow
	case control.Failed:
		c.on = sgrRed
		if p.Status != nil {
			c.text += " " + strconv.Itoa(*p.Status)
		}
	default:
		c.on = sgrFaint
	}
	c.off = sgrReset
	return c
}

func joinInts(ns []int) string {
	parts := make([]string, len(ns))
	for i, n := range ns {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ",")
}

func numberOr(n int, none string) string {
	if n == 0 {
		return none
	}
	return strconv.Itoa(n)
}

// age is a time span in a column: 12s, 3m05s, 2h13m, 4d02h.
func age(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 60*60:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 24*60*60:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
}

// sizeText is a number of bytes in a column: 820K, 45M, 1.2G.
func sizeText(n int64) string {
	value, unit := float64(n)/1024, 'K'
	for _, next := range "MGT" {
		if value < 999.5 {
			break
		}
		value, unit = value/1024, next
	}
	if value < 9.95 && unit != 'K' {
		return fmt.Sprintf("%.1f%c", value, unit)
	}
	return fmt.Sprintf("%.0f%c", value, unit)
}
