package cli

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"ganger/formation"
	"ganger/output"
	"ganger/process"
	"ganger/procfile"
	"ganger/supervisor"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// back is the half that supervises: it joins the rooms. Bytes go from process
// to output, decisions from process to supervisor; the two meet nowhere.
type back struct {
	run      *run
	link     *process.Link // nil without a front
	stdout   *os.File
	terminal bool
	out      *output.Mux
	keeper   *process.Keeper
	sup      *supervisor.Supervisor
	words    *wording // the supervisor's goroutine alone

	mu     sync.Mutex
	copies map[string]*output.Copy // of each process's last life
}

// newBack joins the rooms; stdout takes the labelled stream.
func newBack(r *run, link *process.Link, stdout *os.File) (*back, error) {
	b := &back{
		run:      r,
		link:     link,
		stdout:   stdout,
		terminal: term.IsTerminal(int(stdout.Fd())),
		copies:   make(map[string]*output.Copy),
	}
	b.sup = supervisor.New(supervisor.Options{
		Start:    b.start,
		Notice:   b.notice,
		ExitWhen: supervisor.ExitWhen(r.app.exitWhen()),
		Suspend:  b.suspended,
		Begun:    b.catch,
	})
	var err error
	b.out, err = output.New(r.outputOptions(stdout, b.terminal, b.outputFailed))
	if err != nil {
		return nil, err
	}
	b.words = newWording(r.procs)
	return b, nil
}

// main runs the app and returns ganger's exit status.
func (b *back) main() int {
	names := make([]string, len(b.run.procs))
	for i, p := range b.run.procs {
		names[i] = p.Name
	}
	b.out.SetLabels(names)
	for _, line := range b.run.opening(b.terminal) {
		b.say(line, nil)
	}
	var adopt error
	b.keeper, adopt = process.NewKeeper(b.window())
	if adopt != nil {
		b.say(message{name: "warning", text: adopt.Error()}, nil)
	}
	b.listen()
	return b.finish(b.sup.Run(b.run.procs))
}

// lastWords is how long the end of a run waits for its output to be read.
const lastWords = time.Second

// finish ends what no tree claimed, says why the run ended, and waits for its
// last lines to be written: not long, if whoever reads them does not read.
func (b *back) finish(result supervisor.Result) int {
	timeout, leave := b.promise()
	if strays := b.keeper.Close(timeout, leave); len(strays) > 0 {
		b.say(strayMessage(strays), nil)
	}
	if b.link != nil {
		b.link.Promise(timeout, leave) // what is left now is to be left
	}
	for _, m := range b.words.ending(result) {
		b.say(m, b.copyOf(m.about.Process.Name))
	}
	_ = b.out.Close(lastWords)
	if result.Cause.Kind == supervisor.CauseOutput {
		say(os.Stderr, "cannot write the output: "+result.Cause.Err.Error(), "")
	}
	return result.Status()
}

// start starts a process for the supervisor and connects its output.
func (b *back) start(p formation.Process, notify func(process.Event)) supervisor.Process {
	stream := b.out.Stream(p.Name, p.Type, p.Settings.Quiet)
	spec := process.Spec{
		Name:     p.Name,
		Argv:     p.Command.Argv,
		Dir:      p.Dir,
		Env:      p.Env.Environ(),
		Stdin:    stdinOf(p),
		TTY:      b.wantsTTY(p),
		Separate: b.run.app.opts.yes("json"),
		Leave:    p.Settings.Leave,
	}
	var copied *output.Copy
	return b.keeper.Start(spec, func(ev process.Event) {
		switch ev := ev.(type) {
		case process.Started:
			copied = stream.Copy(output.Input{PID: ev.PID, Stdout: ev.Stdout, Stderr: ev.Stderr, TTY: ev.TTY})
			b.mu.Lock()
			b.copies[p.Name] = copied
			b.mu.Unlock()
		case process.Exited:
			copied.Drain()
		case process.Gone:
			copied.Close()
		}
		notify(ev)
	})
}

func (b *back) wantsTTY(p formation.Process) bool {
	switch p.Settings.TTY {
	case procfile.TTYAlways:
		return true
	case procfile.TTYNever:
		return false
	}
	return b.terminal && !b.run.app.opts.yes("json")
}

// notice says what the supervisor noticed, after the lines that the process
// wrote before.
func (b *back) notice(n supervisor.Notice) {
	for _, m := range b.words.of(n) {
		var after *output.Copy
		if m.after {
			after = b.copyOf(m.about.Process.Name)
		}
		b.say(m, after)
	}
}

func (b *back) say(m message, after *output.Copy) {
	b.out.System(output.Event{
		Name:    m.name,
		Process: m.about.Process.Name,
		PID:     m.about.PID,
		Port:    m.about.Process.Port,
		Status:  m.status,
		Text:    m.text,
		After:   after,
		Tail:    m.tail,
	})
}

func (b *back) copyOf(name string) *output.Copy {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.copies[name]
}

// listen takes what the front says to the supervisor.
func (b *back) listen() {
	if b.link == nil {
		return
	}
	timeout, leave := b.promise()
	b.link.Promise(timeout, b.notTypes(leave))
	b.link.AwaitFront() // should it die before, endEarly ends us
	b.link.Listen(func(e process.LinkEvent) {
		if e.Gone {
			b.sup.FrontGone()
			return
		}
		b.signal(e.Signal, e.Orphaned)
	})
}

// catch takes the signals that come to us to the supervisor.
func (b *back) catch() {
	sigs := b.keeper.CatchSignals()
	go func() {
		for sig := range sigs {
			// TSTP comes to us alone only where nobody could continue us.
			b.signal(sig.(syscall.Signal), true)
		}
	}()
}

func (b *back) signal(sig syscall.Signal, orphaned bool) {
	if sig == unix.SIGWINCH {
		b.keeper.Resize(b.window())
		return
	}
	b.sup.Signal(sig, orphaned)
}

// suspended tells the front that it may stop as well.
func (b *back) suspended() {
	if b.link != nil {
		b.link.Stopped()
	}
}

// promise is how long a stop takes at most and whom it lets go.
func (b *back) promise() (timeout time.Duration, leave []string) {
	named := make(map[string]bool)
	for _, p := range b.run.procs {
		timeout = max(timeout, p.Settings.StopTimeout)
		for _, name := range p.Settings.Leave {
			if !named[name] {
				named[name] = true
				leave = append(leave, name)
			}
		}
	}
	return timeout, leave
}

// notTypes leaves out those programs that a type runs itself. To the front, which
// has to do without us, its first process would look like one that went away.
func (b *back) notTypes(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(b.run.procs, func(p formation.Process) bool {
			return strings.Contains(strings.Join(p.Command.Argv, " "), name)
		})
	})
}

// outputFailed is called once the stream cannot be written. A terminal that is
// gone (EIO) has no reader either.
func (b *back) outputFailed(err error) {
	b.sup.OutputFailed(err, errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO))
}

// window is the size of the processes' terminals: ours, less the label.
func (b *back) window() process.Size {
	cols, rows, err := term.GetSize(int(b.stdout.Fd()))
	if err != nil || cols == 0 || rows == 0 {
		cols, rows = 80, 24
	}
	const least = 20 // columns that a program can do anything with
	return process.Size{Rows: uint16(rows), Cols: uint16(max(cols-b.out.LabelWidth(), least))}
}
