package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"ganger/control"
	"ganger/formation"
	"ganger/output"
	"ganger/process"
	"ganger/process/half"

	"github.com/spf13/cobra"
)

const startHelp = `Start the app: every type of the Procfile once, or the types that you name,
each with =N processes where you like.

Their output is one labelled stream. What crashes is started again. ^C stops
everything cleanly, a second ^C kills it. Whatever ends ganger, nothing of the
app is left behind.

An app root has one run at a time. Where the app runs already, the processes
that are named are started in it; a run that is still stopping is waited for.

With --detach the app runs in the background, whatever becomes of this terminal,
and the command returns when it takes commands: 0 also where it runs already.
--wait lets it return when all is ready (see ganger help wait). Where something
fails the status is 1, and the app is left running; ganger stop ends it.`

const startExample = `  ganger start
  ganger start web worker=2
  ganger start -m all=1,worker=2 -p 4000
  ganger start --restart no --exit-when any
  ganger start --detach --wait`

func (m *program) startCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "start [TYPE[=N]...]",
		Short:   "start the app",
		Long:    startHelp,
		Example: startExample,
	}
	opts := newOptions()
	opts.flags(cmd.Flags(), startFlags())
	foremanFlags(cmd.Flags(), opts)
	var how starting
	how.flags(cmd.Flags())
	cmd.ValidArgsFunction = completeStart
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return m.start(opts, args, how)
	}
	return cmd
}

// start is what the back does; a process that is neither half yet becomes the
// front first, or starts one in the background.
func (m *program) start(opts *options, args []string, how starting) error {
	if err := how.check(); err != nil {
		return err
	}
	switch {
	case m.link != nil || opts.yes("dry-run"):
	case how.detach && !m.apart:
		return m.background(opts, args, how)
	case half.Two():
		return silent{process.Front(m.args, m.stderr)}
	default:
		m.listenAlone()
	}
	m.apart = how.detach
	a, err := loadApp(opts, true)
	if err != nil {
		return m.unlessThere(opts, args, how, err)
	}
	if opts.yes("dry-run") {
		r, err := newRun(a, args)
		if err != nil {
			return err
		}
		return r.dryRun(m.stdout)
	}
	h, err := m.takeHold(a)
	for held := new(control.HeldError); errors.As(err, &held); h, err = m.takeHold(a) {
		if m.apart {
			return silent{statusFailed} // who started us finds the other run
		}
		if err := m.runsAlready(a, held.Facts, args, how); !errors.Is(err, errEnds) {
			return err
		}
		time.Sleep(goneTick) // between two looks
	}
	if err != nil {
		return err
	}
	err = m.runHeld(a, h, args)
	h.release() // not at a panic: then the other half has the lock, and the app to end
	return err
}

// unlessThere is what the error of files comes to that cannot be used: it is that
// of a start, but where the app runs its own formation counts.
func (m *program) unlessThere(opts *options, args []string, how starting, err error) error {
	if opts.yes("dry-run") || m.apart || each(err)[0].status == statusUsage {
		return err
	}
	a, f, none := there(opts)
	if none != nil || f.PID == 0 {
		return err
	}
	if there := m.runsAlready(a, f, args, how); !errors.Is(there, errEnds) {
		return there
	}
	return err
}

func (m *program) runHeld(a *app, h *hold, args []string) error {
	r, err := newRun(a, args)
	if err != nil {
		return err
	}
	if err := h.listen(); err != nil {
		if m.apart { // there is nobody whom it could be told later
			return fileError(err.Error(), "")
		}
		h.trouble = noCommands(err)
	}
	b, err := newBack(r, h, m.link, m.stdout)
	if err != nil {
		return fileError(err.Error(), "")
	}
	b.alone = m.alone
	return silent{b.main()}
}

// run is one run of an app, from its plan to its end.
type run struct {
	app    *app
	plan   formation.Plan
	procs  []formation.Process
	choice formation.Choice

	command   string           // the type that run --up runs as its command
	along     []formation.Need // types that run only since they are needed
	elsewhere []formation.Need // types that are needed and do not run
}

func newRun(a *app, names []string) (*run, error) {
	choice, err := a.choice(names)
	if err != nil {
		return nil, err
	}
	if first := a.opts.get("release"); a.opts.yes("release") && !a.hasType(formation.ReleaseType) {
		// To start without it may be to start on an old database.
		return nil, withPlace(formation.UnknownType(formation.ReleaseType, a.types()), first.last().from, first.last().rank)
	}
	except := a.opts.get("except")
	counts, err := choice.Counts(a.types(), except.items(), a.opts.yes("release"))
	if err != nil {
		return nil, withStatus(err, except.last().from, except.last().rank)
	}
	r := &run{app: a, choice: choice}
	r.along, r.elsewhere = a.bringAlong(choice, counts)
	if r.plan, err = a.plan(counts); err != nil {
		return nil, err
	}
	if r.procs, err = formation.Make(r.plan); err != nil {
		problem, hint := parts(err)
		return nil, a.chosenError(names, problem, hint)
	}
	if len(r.procs) == 0 {
		return nil, a.chosenError(names, "nothing to start: every type has the number 0",
			fmt.Sprintf("the Procfile has %s", strings.Join(a.types(), ", ")))
	}
	if err := shareInput(r.procs); err != nil {
		return nil, a.chosenError(names, err.Problem, err.Hint)
	}
	return r, nil
}

// chosenError is the error for a formation that cannot be: one of the command
// line where that had a say in it, else one of the files.
func (a *app) chosenError(names []string, problem, hint string) error {
	for _, name := range []string{"formation", "except", "port", "stdin"} {
		if a.opts.get(name).last().rank == fromFlag {
			return usageError(problem, hint)
		}
	}
	if len(names) > 0 {
		return usageError(problem, hint)
	}
	return fileError(problem, hint)
}

// shareInput refuses two processes that read ganger's input: each would get
// parts of it.
func shareInput(procs []formation.Process) *formation.Error {
	var readers []string
	for _, p := range procs {
		if stdinOf(p) == process.StdinOurs {
			readers = append(readers, p.Name)
		}
	}
	if len(readers) < 2 {
		return nil
	}
	return &formation.Error{
		Problem: strings.Join(readers, " and ") + " would share one input",
		Hint:    "give stdin=yes to one type that has one process",
	}
}

// outputOptions are what the flags say of the output; their form was checked
// when they were read.
func (r *run) outputOptions(stdout *os.File, terminal bool) output.Options {
	opts := r.app.opts
	stamps, _ := output.ParseTimestamps(opts.textOr("timestamps", "time"))
	history, _ := parseSize(opts.textOr("history", "256k"))
	return output.Options{
		Out:        stdout,
		Terminal:   terminal,
		Color:      useColor(opts.textOr("color", "auto"), terminal, os.LookupEnv),
		Timestamps: stamps,
		NoPrefix:   opts.yes("no-prefix"),
		JSON:       opts.yes("json"),
		LogDir:     r.logDir(),
		History:    history,
		Widen:      process.WidenPipe,
	}
}

func (r *run) logDir() string {
	dir := r.app.opts.get("log-dir").last()
	switch {
	case dir.text == "":
		return ""
	case dir.rank == fromDefaults:
		return absolute(r.app.place.root, dir.text)
	}
	return absolute(r.app.cwd, dir.text)
}

// textOr is an option's value, or def where it has none.
func (os *options) textOr(name, def string) string {
	if v := os.get(name).text(); v != "" {
		return v
	}
	return def
}

// useColor follows the flag, then what the field agreed on: NO_COLOR,
// FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR.
func useColor(flag string, terminal bool, lookup func(string) (string, bool)) bool {
	set := func(name string) bool {
		v, ok := lookup(name)
		return ok && v != "" && v != "0"
	}
	off := func(name string) bool {
		v, ok := lookup(name)
		return ok && (v == "0" || v == "false")
	}
	switch {
	case flag != "auto":
		return flag == "always"
	case set("NO_COLOR"):
		return false
	case set("FORCE_COLOR") && !off("FORCE_COLOR"), set("CLICOLOR_FORCE"):
		return true
	case off("FORCE_COLOR"), off("CLICOLOR"):
		return false
	}
	t, _ := lookup("TERM")
	return terminal && t != "dumb"
}

func stdinOf(p formation.Process) process.Stdin {
	switch p.Settings.Stdin.String() {
	case "yes":
		return process.StdinOurs
	case "null":
		return process.StdinNull
	}
	return process.StdinOpen
}
