package cli

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"ganger/control"
	"ganger/formation"
	"ganger/output"
	"ganger/process"
	"ganger/supervisor"

	"golang.org/x/term"
)

// back is the half that supervises: it joins the rooms. Bytes go from process
// to output, decisions from process to supervisor; the two meet nowhere.
type back struct {
	hold     *hold
	link     *process.Link  // nil without a front
	alone    *process.Alone // nil with one
	stdout   *os.File
	terminal bool
	json     bool
	out      *output.Mux
	keeper   *process.Keeper
	sup      *supervisor.Supervisor
	words    *wording // the supervisor's goroutine alone
	service  service
	up       *up    // nil: nothing but the app is run
	probes   probes // the supervisor's goroutine alone
	watching watching
	held     heldPorts

	shaping sync.Mutex          // held by who changes the formation
	wanted  atomic.Pointer[run] // the formation as it is to be

	mu      sync.Mutex
	copies  map[string]*output.Copy      // of each process's last life
	lives   map[string]life              // of those that run
	prompts map[string]string            // at which a process waits for input
	begun   map[string]formation.Process // those that were started and are not gone
	let     []string                     // the leave= of all that were ever started

	promising sync.Mutex // held while the front is told, so that the last word is the newest

	stopRuns map[string]*stopRun // the stop-commands that run
}

// newBack joins the rooms; stdout takes the labelled stream.
func newBack(r *run, h *hold, link *process.Link, stdout *os.File) (*back, error) {
	b := &back{
		hold:     h,
		link:     link,
		stdout:   stdout,
		terminal: term.IsTerminal(int(stdout.Fd())),
		json:     r.app.opts.yes("json"),
		copies:   make(map[string]*output.Copy),
		lives:    make(map[string]life),
		prompts:  make(map[string]string),
		begun:    make(map[string]formation.Process),
	}
	b.wanted.Store(r)
	b.sup = supervisor.New(supervisor.Options{
		Start:       b.start,
		Notice:      b.notice,
		ExitWhen:    supervisor.ExitWhen(r.app.exitWhen()),
		Suspend:     b.suspended,
		Begun:       b.hasBegun,
		Ends:        func() { b.hold.say(control.Stopping) },
		Probe:       b.probe,
		StopCommand: b.stopCommand,
		Rest:        b.endRest,
	})
	o := r.outputOptions(stdout, b.terminal)
	o.HistoryDir = h.makeHistory()
	o.Prompt, o.Failed = b.prompted, b.outputFailed
	var err error
	if b.out, err = output.New(o); err != nil {
		return nil, err
	}
	b.words = newWording(r.procs)
	return b, nil
}

// main runs the app and returns ganger's exit status.
func (b *back) main() int {
	r := b.wanted.Load()
	b.align(r)
	for _, line := range r.opening(b.terminal) {
		b.say(line, nil)
	}
	if b.hold.trouble != "" {
		b.say(message{name: "warning", text: b.hold.trouble}, nil)
	}
	var adopt error
	b.keeper, adopt = process.NewKeeper(b.window())
	if adopt != nil {
		b.say(message{name: "warning", text: adopt.Error()}, nil)
	}
	b.listen()
	b.up.await(b)
	go process.StaySettled()
	return b.finish(b.sup.Run(r.procs))
}

// notice says what the supervisor noticed, after the lines that the process
// wrote before.
func (b *back) notice(n supervisor.Notice) {
	switch n.(type) {
	case supervisor.Started, supervisor.Ended:
		b.serve() // not earlier: nothing is to delay the first process
		b.watch()
	case supervisor.Stopping:
		b.hold.say(control.Stopping)
	case supervisor.Suspended:
		b.hold.say(control.Suspended)
	case supervisor.Resumed:
		b.hold.say(control.Running)
		go b.resumeWatching()
	}
	b.up.notice(b, n)
	for _, m := range b.words.of(n) {
		var after *output.Copy
		if m.after {
			after = b.copyOf(m.about.Process.Name)
		}
		b.say(m, after)
	}
	if ended, ok := n.(supervisor.Ended); ok {
		b.blamePort(ended)
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
