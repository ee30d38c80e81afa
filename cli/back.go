package cli

import (
	"errors"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"ganger/control"
	"ganger/env"
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

// life is what is there as long as a process runs.
type life struct {
	env env.Vars
	tty bool
}

// waitMore has the runtime do with one processor, unless somebody has asked for
// more. A supervisor waits: with two, every event wakes a second thread that looks
// for work which is not there, a third of what a restart costs. The output goes
// through one hand at a time, and is as fast with one.
func waitMore() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}

// newBack joins the rooms; stdout takes the labelled stream.
func newBack(r *run, h *hold, link *process.Link, stdout *os.File) (*back, error) {
	waitMore()
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

// lastWords is how long the end of a run waits for its output to be read.
const lastWords = time.Second

// leastRest is the time that what no tree claimed has at least, where the others
// have taken theirs: less than what a stop may take beyond its timeout.
const leastRest = time.Second

// restTime is what is left of a timeout that runs since then.
func restTime(timeout time.Duration, since time.Time) time.Duration {
	return min(timeout, max(leastRest, timeout-time.Since(since)))
}

// endRest ends what no tree claimed, in what is left of the time to stop.
func (b *back) endRest(since time.Time, kill <-chan struct{}, done func()) {
	go func() {
		defer done()
		b.stopWatching()
		b.held.looks.Wait()
		timeout, leave := b.terms(b.all())
		strays, left := b.keeper.Close(restTime(timeout, since), leave, kill)
		if len(strays) > 0 {
			b.say(strayMessage(strays), nil)
		}
		if len(left) > 0 {
			b.say(leftMessage(left), nil)
		}
	}()
}

// finish says why the run ended, and waits for its last lines to be written: not
// long, if whoever reads them does not read.
func (b *back) finish(result supervisor.Result) int {
	if b.link != nil {
		timeout, leave := b.terms(b.all())
		b.link.Promise(timeout, leave) // what is left now is to be left
	}
	for _, m := range b.words.ending(result) {
		b.say(m, b.copyOf(m.about.Process.Name))
	}
	for _, m := range b.up.ending(result) {
		b.say(m, b.copyOf(m.about.Process.Name))
	}
	_ = b.out.Close(lastWords)
	b.stopServing() // who follows has the last lines now
	if result.Cause.Kind == supervisor.CauseOutput {
		say(os.Stderr, "cannot write the output: "+result.Cause.Err.Error(), "")
	}
	return b.up.status(result)
}

// start starts a process for the supervisor and connects its output.
func (b *back) start(p formation.Process, notify func(process.Event)) supervisor.Process {
	if b.up.is(p) {
		return b.up.start(b, notify)
	}
	heard := b.probes.note(p)
	b.begins(p)
	stream := b.out.Stream(p.Name, p.Type, p.Settings.Quiet)
	spec := process.Spec{
		Name:     p.Name,
		Argv:     p.Command.Argv,
		Dir:      p.Dir,
		Env:      p.Env.Environ(),
		Stdin:    stdinOf(p),
		TTY:      b.wantsTTY(p),
		Separate: b.json,
		Leave:    p.Settings.Leave,
	}
	var copied *output.Copy
	return b.whenRead(spec, func(ev process.Event) {
		switch ev := ev.(type) {
		case process.Started:
			copied = stream.Copy(output.Input{PID: ev.PID, Stdout: ev.Stdout, Stderr: ev.Stderr, TTY: ev.TTY, Life: true, Line: heard.line()})
			b.mu.Lock()
			b.copies[p.Name] = copied
			b.lives[p.Name] = life{env: p.Env, tty: ev.TTY}
			delete(b.prompts, p.Name)
			b.mu.Unlock()
		case process.NotStarted:
			b.ended(p.Name)
		case process.Exited:
			copied.Drain()
			if ev.Status.OK() {
				heard.end(copied.Drained(), func() { notify(ev) })
				return
			}
		case process.Gone:
			copied.Close()
			b.ended(p.Name)
			heard.then(func() { b.whenStopped(p.Name, func() { notify(ev) }) })
			return
		}
		heard.then(func() { notify(ev) })
	})
}

// begins notes a life that is on its way.
func (b *back) begins(p formation.Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun[p.Name] = p
	for _, name := range p.Settings.Leave {
		if !slices.Contains(b.let, name) {
			b.let = append(b.let, name)
		}
	}
}

// livesUnread is how many lives of a process may have ended of which nobody has
// read the output: each keeps a pipe or a terminal open.
const livesUnread = 4

// whenRead starts a process, which has to wait where our own output is blocked and
// it ends and is started again meanwhile. tell gets what happens to it.
func (b *back) whenRead(spec process.Spec, tell func(process.Event)) supervisor.Process {
	if b.out.Unread(spec.Name) < livesUnread {
		return b.keeper.Start(spec, tell)
	}
	g := &gate{notify: tell, begin: func() supervisor.Process { return b.keeper.Start(spec, tell) }}
	go func() {
		<-b.out.Drained(spec.Name)
		g.open()
	}()
	return g
}

// ended notes the end of a life. One that has left the formation needs no room
// for its label any more, and no time to stop.
func (b *back) ended(name string) {
	b.mu.Lock()
	delete(b.begun, name)
	delete(b.lives, name)
	delete(b.prompts, name)
	b.mu.Unlock()
	if r := b.wanted.Load(); !slices.ContainsFunc(r.procs, func(p formation.Process) bool { return p.Name == name }) {
		b.align(r)
		b.promise()
	}
}

// align makes the labels as wide as the names of the formations and of those
// that still run need it.
func (b *back) align(runs ...*run) {
	var names []string
	for _, r := range runs {
		b.out.SetTypes(r.app.types())
		for _, p := range r.procs {
			names = append(names, p.Name)
		}
	}
	b.mu.Lock()
	for name := range b.lives {
		names = append(names, name)
	}
	b.mu.Unlock()
	before := b.out.LabelWidth()
	b.out.SetLabels(names)
	if b.keeper != nil && b.out.LabelWidth() != before {
		b.keeper.Resize(b.window())
	}
}

func (b *back) wantsTTY(p formation.Process) bool {
	switch p.Settings.TTY {
	case procfile.TTYAlways:
		return true
	case procfile.TTYNever:
		return false
	}
	return b.terminal && !b.json
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

// listen takes what the front says to the supervisor, or what is heard without it.
func (b *back) listen() {
	hear := func(e process.LinkEvent) bool {
		if e.Gone {
			b.sup.FrontGone()
		} else {
			b.signal(e.Signal, e.Orphaned)
		}
		return true
	}
	if b.link == nil {
		b.alone.Listen(hear)
		return
	}
	b.promise()
	// Before we listen: should the front die first, endEarly ends us, and nothing
	// is started that neither half may live to end.
	b.link.AwaitFront()
	b.link.Listen(hear)
}

// hasBegun is called when the first starts have been asked for.
func (b *back) hasBegun() {
	time.AfterFunc(firstPatience, b.serve)
	b.catch()
}

// firstPatience is how long commands wait for the first process: its program may
// be in a folder that does not answer.
const firstPatience = time.Second

// catch takes the signals that come to us to the supervisor.
func (b *back) catch() {
	if b.alone != nil {
		return // they are caught
	}
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

// promise tells the front how to end all that runs or is to run without us, and
// these.
func (b *back) promise(more ...formation.Process) {
	if b.link == nil {
		return
	}
	b.promising.Lock()
	defer b.promising.Unlock()
	procs := slices.Concat(b.all(), more)
	timeout, leave := b.terms(procs)
	b.link.Promise(timeout, notTypes(leave, procs))
}

// all are the processes that run or are to run. What has left the formation may
// still be stopping.
func (b *back) all() []formation.Process {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.AppendSeq(slices.Clone(b.wanted.Load().procs), maps.Values(b.begun))
}

// terms are how long a stop of these takes at most and whom it lets go: what has
// been let go is still let go when who left it is gone.
func (b *back) terms(procs []formation.Process) (timeout time.Duration, leave []string) {
	b.mu.Lock()
	leave = slices.Clone(b.let)
	b.mu.Unlock()
	for _, p := range procs {
		timeout = max(timeout, p.Settings.StopTimeout)
		for _, name := range p.Settings.Leave {
			if !slices.Contains(leave, name) {
				leave = append(leave, name)
			}
		}
	}
	return timeout, leave
}

// notTypes leaves out those programs that a type runs itself. To the front, which
// has to do without us, its first process would look like one that went away.
func notTypes(names []string, procs []formation.Process) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(procs, func(p formation.Process) bool {
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
