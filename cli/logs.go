package cli

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ganger/control"
	"ganger/output"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const logsHelp = `Show what the processes of the running app have written last, and with -f what
they write from now on. A NAME is that of a process (web.1), of a type (web), or
a pattern (worker.*); system is ganger itself. Labels look as in the app's own
stream. A last line that is not finished, such as a prompt, is shown as it is.

Into a pipe or a file lines go as they were written, with their colours. Where
colours are unwanted (--color never, NO_COLOR) escape sequences are left out;
--json has them all the same. --grep looks at the text without them.

The history is what ganger start --history keeps: 256k of each process.`

const logsExample = `  ganger logs -f
  ganger logs web -n 20
  ganger logs --since 5m --grep 'status=5..'
  ganger logs --last`

// logsFlags are the flags of logs.
type logsFlags struct {
	follow, json, last bool
	tail, since, grep  string
	look               *options // those of start that say what lines look like
}

func (m *program) logsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "logs [NAME...]",
		Short:   "show what the processes have written",
		Long:    logsHelp,
		Example: logsExample,
	}
	t := newTarget()
	f := logsFlags{look: newOptions()}
	fs := cmd.Flags()
	fs.BoolVarP(&f.follow, "follow", "f", false, "go on with what is written from now on")
	fs.StringVarP(&f.tail, "tail", "n", "", "`N`the last lines of each process (100; with --since all), or all")
	fs.StringVar(&f.since, "since", "", "`TIME`only what is not older: 5m, 15:04 or 2006-01-02T15:04:05Z")
	fs.StringVarP(&f.grep, "grep", "g", "", "`RE`only lines that match the regular expression")
	fs.BoolVar(&f.json, "json", false, "one JSON object a line")
	fs.BoolVar(&f.last, "last", false, "what the run before this one has left")
	looks := func(s spec) bool { return slices.Contains([]string{"timestamps", "no-prefix", "color"}, s.name) }
	f.look.flags(fs, slices.DeleteFunc(startFlags(), func(s spec) bool { return !looks(s) }))
	t.flags(fs)
	cmd.ValidArgsFunction = t.completeNames
	cmd.RunE = func(_ *cobra.Command, args []string) error { return m.logs(t, f, args) }
	return cmd
}

func (m *program) logs(t *target, f logsFlags, names []string) error {
	query, err := f.query(names, time.Now())
	if err != nil {
		return err
	}
	if err := f.look.fromEnvironment(os.LookupEnv); err != nil {
		return err
	}
	if f.last {
		if f.follow {
			return usageError("--last is over: there is nothing to follow", "leave out -f, or --last")
		}
		return m.lastLogs(t, f, query)
	}
	r, err := t.connect()
	if err != nil {
		return t.withLastHint(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	if f.follow {
		go readerGone(m.stdout, func() { cancel(silent{statusPipe}) })
	}
	all, err := r.Processes(ctx, control.ProcessQuery{})
	if err != nil {
		return r.explain(err)
	}
	types, err := r.Formation(ctx)
	if err != nil {
		return r.explain(err)
	}
	printer := m.logPrinter(f, r.root, all, types)
	var text []byte
	err = r.Logs(ctx, query, func(lines []control.Line) error {
		text = text[:0]
		for _, l := range lines {
			text = printer.Append(text, output.Line{Time: l.Time, Process: l.Process, Type: l.Type, PID: l.PID,
				Stderr: l.Stderr, Text: []byte(l.Text), Partial: l.Partial, Missed: l.Missed})
		}
		_, err := m.stdout.Write(text)
		return writeFailed(err)
	})
	if gone := context.Cause(ctx); gone != nil {
		return gone
	}
	if _, werr := m.stdout.Write(printer.End(nil)); err == nil {
		err = writeFailed(werr)
	}
	return r.explain(err)
}

// query is what the flags ask for.
func (f logsFlags) query(names []string, now time.Time) (control.LogQuery, error) {
	const usual = 100
	q := control.LogQuery{Names: names, Lines: usual, Follow: f.follow}
	if f.since != "" {
		since, err := parseSince(f.since, now)
		if err != nil {
			return q, err
		}
		q.Since, q.Lines = since, -1
	}
	switch n, err := strconv.Atoi(f.tail); {
	case f.tail == "":
	case f.tail == "all":
		q.Lines = -1
	case err != nil || n < 0:
		return q, usageError(fmt.Sprintf("--tail: %q is not a number of lines", f.tail), "use a number from 0, or all")
	default:
		q.Lines = n
	}
	if f.grep != "" {
		re, err := regexp.Compile(f.grep)
		if err != nil {
			return q, usageError("--grep: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "), "")
		}
		q.Grep = re
	}
	return q, nil
}

// parseSince reads how long ago it was, a time of this or the last 24 hours, or
// a date with a time.
func parseSince(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{time.TimeOnly, "15:04"} {
		t, err := time.ParseInLocation(layout, text, now.Location())
		if err != nil {
			continue
		}
		t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, now.Location())
		if t.After(now) {
			t = t.AddDate(0, 0, -1)
		}
		return t, nil
	}
	return now, usageError(fmt.Sprintf("--since: %q is not a time", text), "use 5m, 15:04 or 2006-01-02T15:04:05Z")
}

// logPrinter prints lines as the app's own stream has them, with the colours of
// types in their order. What the defaults file of the root says counts; its
// mistakes are the start's to tell.
func (m *program) logPrinter(f logsFlags, root string, procs []control.Process, types []control.Type) *output.Printer {
	if root != "" {
		_, _ = f.look.fromDefaultsFile(root, root)
	}
	terminal := term.IsTerminal(int(m.stdout.Fd()))
	stamps, _ := output.ParseTimestamps(f.look.textOr("timestamps", "time"))
	color := f.look.textOr("color", "auto")
	o := output.PrinterOptions{
		Terminal:   terminal,
		Color:      useColor(color, terminal, os.LookupEnv),
		Plain:      !useColor(color, true, os.LookupEnv), // unwanted, not merely unsupported
		Timestamps: stamps,
		NoPrefix:   f.look.yes("no-prefix"),
		JSON:       f.json,
	}
	for _, p := range procs {
		o.Names = append(o.Names, p.Name)
	}
	for _, t := range types {
		o.Types = append(o.Types, t.Name)
	}
	return output.NewPrinter(o)
}
