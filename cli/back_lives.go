package cli

import (
	"slices"

	"ganger/env"
	"ganger/formation"
	"ganger/output"
	"ganger/process"
	"ganger/procfile"
	"ganger/supervisor"
)

// life is what is there as long as a process runs.
type life struct {
	env env.Vars
	tty bool
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
