package cli

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ganger/control"
	"ganger/formation"
	"ganger/process"
	"ganger/process/half"
	"ganger/procfile"
	"ganger/supervisor"

	"golang.org/x/sys/unix"
)

// statusUp is the status of run --up where it is not the command's own: the
// formation has failed.
const statusUp = 125

// up is what run --up adds to a run: the command, which needs all the others
// and whose end is that of the run.
type up struct {
	proc  formation.Process
	types []string // of the others
	timeLimit

	over   chan struct{}     // closed when it is known whether the others are ready
	pass   bool              // they are
	failed []control.Result  // those that are the reason
	after  time.Duration     // how long it took to know
	ended  *supervisor.Ended // the command's end
	fault  error             // why the status is not the command's own
}

// upFlags are those flags of start that say what is started beside a command.
func upFlags() []spec {
	return slices.DeleteFunc(startFlags(), func(s spec) bool {
		return !slices.Contains([]string{"formation", "except", "release"}, s.name)
	})
}

func namesOf(flags []spec) []string {
	var names []string
	for _, f := range flags {
		names = append(names, f.name)
	}
	return names
}

// runUp runs a command beside the app, which runs for as long as the command.
func (m *program) runUp(opts *options, args []string, limit timeLimit) error {
	if m.link == nil {
		switch a, f, err := there(opts); {
		case err != nil:
			return err
		case f.PID != 0:
			return m.runThere(a, f, opts, args, limit)
		}
		if half.Two() {
			return silent{process.Front(m.args, m.stderr)}
		}
		m.listenAlone()
	}
	a, err := loadApp(opts, true)
	if err != nil {
		return err
	}
	h, err := m.takeHold(a)
	held := new(control.HeldError)
	switch {
	case errors.As(err, &held):
		f := held.Facts
		return &failure{fmt.Sprintf("the app in %s has just been started, as pid %d", f.Root, f.PID), "run it again to use that one", statusUp}
	case err != nil:
		return err
	}
	err = m.runUpHeld(a, h, args, limit)
	h.release()
	return err
}

func (m *program) runUpHeld(a *app, h *hold, args []string, limit timeLimit) error {
	r, err := newRun(a, nil)
	if err != nil {
		return err
	}
	u, err := r.addCommand(args)
	if err != nil {
		return err
	}
	u.timeLimit = limit
	if err := h.listen(); err != nil {
		h.trouble = noCommands(err)
	}
	b, err := newBack(r, h, m.link, m.stderr) // stdout is the command's
	if err != nil {
		return fileError(err.Error(), "")
	}
	b.alone, b.up = m.alone, u
	b.words = newWording(slices.DeleteFunc(slices.Clone(r.procs), u.is)) // it does not start with the others
	if status := b.main(); u.fault == nil {
		return silent{status}
	}
	return u.fault
}

// addCommand adds the command to a run. A type that is run as the command is not
// started with the others.
func (r *run) addCommand(args []string) (*up, error) {
	if len(args) == 1 && r.app.hasType(args[0]) {
		r.command = args[0]
		r.plan.Counts = maps.Clone(r.plan.Counts)
		r.plan.Counts[args[0]] = 0
		r.procs = slices.DeleteFunc(r.procs, func(p formation.Process) bool { return p.Type == args[0] })
	}
	c, err := r.app.oneOff(r.plan, args)
	if err != nil {
		return nil, err
	}
	name := "run"
	for r.app.hasType(name) {
		name += "-"
	}
	u := &up{over: make(chan struct{})}
	for _, p := range r.procs {
		if !slices.Contains(u.types, p.Type) {
			u.types = append(u.types, p.Type)
		}
	}
	s := procfile.DefaultSettings()
	s.Restart = procfile.Restart{Policy: procfile.Never}
	s.StopSignal = unix.SIGINT // as from the terminal
	s.Stdin = procfile.StdinOwn
	s.TTY = procfile.TTYNever // of its own: nobody can attach to it
	s.Port = procfile.PortNone
	s.Needs = u.types
	u.proc = formation.Process{
		Name:     name,
		Type:     name,
		Dir:      cmp.Or(c.dir, r.app.cwd),
		Line:     strings.Join(args, " "),
		Command:  formation.Command{Argv: c.argv},
		Env:      c.env,
		Settings: s,
	}
	r.procs = u.with(r.procs)
	if err := shareInput(r.procs); err != nil {
		return nil, fileError(err.Problem, "the command reads ganger's input")
	}
	return u, nil
}

// with is a formation and the command.
func (u *up) with(procs []formation.Process) []formation.Process {
	if u == nil {
		return procs
	}
	return append(procs, u.proc)
}

// is reports whether the process is the command.
func (u *up) is(p formation.Process) bool { return u != nil && p.Name == u.proc.Name }

// there finds the app, and its run if there is one.
func there(opts *options) (*app, control.Facts, error) {
	a, err := locateApp(opts)
	if err != nil {
		return nil, control.Facts{}, err
	}
	f, err := control.Find(control.DefaultPlaces(), a.place.root)
	if err != nil || ending(f) {
		return a, control.Facts{}, nil
	}
	return a, f, nil
}

// runThere runs the command beside the app that runs already.
func (m *program) runThere(a *app, f control.Facts, opts *options, args []string, limit timeLimit) error {
	for _, flag := range upFlags() {
		if opts.get(flag.name).last().rank == fromFlag {
			return &failure{fmt.Sprintf("the app in %s runs already, as pid %d: --%s is for its start", f.Root, f.PID, flag.name),
				a.insteadOf(flag.name), statusUp}
		}
	}
	fmt.Fprintf(m.stderr, "the app in %s runs already, as pid %d: that one is used, and left running\n", oneLine(f.Root), f.PID)
	r, err := atFacts(f, a.again)
	if err != nil {
		return withUpStatus(err)
	}
	defer r.Close()
	ctx, cancel := limit.begin()
	defer cancel()
	if err := (&program{stdout: m.stderr, stderr: m.stderr}).awaitReady(ctx, r, nil); err != nil {
		return withUpStatus(err)
	}
	return oneOff(opts, args)
}

// withUpStatus gives all of an error the status of run --up.
func withUpStatus(err error) error {
	var all []error
	for _, f := range each(err) {
		f.status = statusUp
		all = append(all, &f)
	}
	return errors.Join(all...)
}
