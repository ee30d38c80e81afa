package control

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// fakeApp is an app of three processes. What it was asked it notes.
type fakeApp struct {
	mu       sync.Mutex
	commands []Command
	queries  []LogQuery
	names    []string // all that came with a request
	sizes    []Size

	// The rest may be set before it is served.
	do     func(ctx context.Context, c Command, progress func(Progress) error) (Outcome, error)
	logs   func(ctx context.Context, q LogQuery, emit func([]Line) error) error
	events func(ctx context.Context, emit func(Event) error) error
	attach func(name string, size Size) (Terminal, error)
}

func epoch() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 600000000, time.UTC) }

func (a *fakeApp) note(names ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.names = append(a.names, names...)
}

func (a *fakeApp) Info(context.Context) (Info, error) {
	return Info{Root: "/srv/shop", PID: 4711, Since: epoch(), State: Running, Version: "1.0", Socket: "/s",
		Processes: 3, Formation: a.types()}, nil
}

func (a *fakeApp) types() []Type {
	return []Type{{"web", 2, 5000}, {"worker", 1, 0}}
}

func (a *fakeApp) Formation(context.Context) ([]Type, error) { return a.types(), nil }

func (a *fakeApp) Processes(_ context.Context, q ProcessQuery) ([]Process, error) {
	a.note(q.Names...)
	failed := 137
	all := []Process{
		{Name: "web.1", Type: "web", Number: 1, State: Ready, PID: 100, Port: 5000, Since: epoch(), Command: "./web", Ready: "port 5000", Terminal: true},
		{Name: "web.2", Type: "web", Number: 2, State: BackingOff, Port: 5001, Since: epoch(), Restarts: 3, Command: "./web", NextRestart: epoch(), Status: &failed},
		{Name: "worker.1", Type: "worker", Number: 1, State: Waiting, Command: "./worker", WaitsFor: []string{"web"}},
	}
	if len(q.Names) > 0 {
		all = slices.DeleteFunc(all, func(p Process) bool {
			return !slices.Contains(q.Names, p.Name) && !slices.Contains(q.Names, p.Type)
		})
		if len(all) == 0 {
			return nil, unknown(q.Names[0])
		}
	}
	if q.Tree {
		for i := range all {
			if all[i].PID > 0 {
				all[i].Tree = &Tree{Listens: []int{5000}, CPUSeconds: 1.5, CPU: 0.25, RSS: 4096, PIDs: []int{100}}
			}
		}
	}
	return all, nil
}

func unknown(name string) *Error {
	return &Error{Code: CodeUnknown, Message: "no process " + name, Hint: "there are web and worker"}
}

func (a *fakeApp) Environment(_ context.Context, name string) (Environment, error) {
	a.note(name)
	if name != "web.1" {
		return Environment{}, unknown(name)
	}
	return Environment{Values: true, Variables: []Variable{{"PORT", "5000"}, {"SECRET", "xyzzy"}}}, nil
}

func (a *fakeApp) Do(ctx context.Context, c Command, progress func(Progress) error) (Outcome, error) {
	a.mu.Lock()
	a.commands = append(a.commands, c)
	a.names = append(a.names, c.Names...)
	for typ := range c.Counts {
		a.names = append(a.names, typ)
	}
	a.mu.Unlock()
	switch {
	case a.do != nil:
		return a.do(ctx, c, progress)
	case slices.Contains(c.Names, "nope"):
		return Outcome{}, unknown("nope")
	case c.Action == Scale || c.Action == ReloadApp:
		if err := progress(Progress{Changes: []Change{{"web.3", "added", nil}, {"worker.1", "changed", []string{"command"}}}}); err != nil {
			return Outcome{}, err
		}
	}
	if c.Wait {
		event := Event{Time: epoch(), Kind: KindState, Process: "web.1", Type: "web", State: Running, PID: 101}
		if err := progress(Progress{Event: &event}); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{OK: true, Processes: []Result{{Process: "web.1", Result: "asked"}}}, nil
}

func (a *fakeApp) Logs(ctx context.Context, q LogQuery, emit func([]Line) error) error {
	a.mu.Lock()
	a.queries = append(a.queries, q)
	a.names = append(a.names, q.Names...)
	a.mu.Unlock()
	if a.logs != nil {
		return a.logs(ctx, q, emit)
	}
	if slices.Contains(q.Names, "nope") {
		return unknown("nope")
	}
	err := emit([]Line{
		{Time: epoch(), Process: "web.1", Type: "web", PID: 100, Text: "listening <&>"},
		{Time: epoch(), Process: "web.1", Type: "web", PID: 100, Stderr: true, Text: "\xff\x00raw", Missed: 2},
		{Time: epoch(), Process: "system", Text: "web.2 exited", Partial: true},
	})
	if err == nil && q.Follow {
		<-ctx.Done()
		err = ctx.Err()
	}
	return err
}

func (a *fakeApp) Events(ctx context.Context, emit func(Event) error) error {
	if a.events != nil {
		return a.events(ctx, emit)
	}
	status := 1
	for _, e := range []Event{
		{Time: epoch(), Kind: KindApp, State: Running},
		{Time: epoch(), Kind: KindState, Process: "web.1", Type: "web", State: Failed, Status: &status, Message: "it\nfailed", Missed: 1},
	} {
		if err := emit(e); err != nil {
			return err
		}
	}
	return nil
}

func (a *fakeApp) Attach(_ context.Context, name string, size Size) (Terminal, error) {
	a.note(name)
	if a.attach != nil {
		return a.attach(name, size)
	}
	if name != "web.1" {
		return nil, &Error{Code: CodeConflict, Message: name + " has no terminal", Hint: "tty=always"}
	}
	return newEcho(a, size), nil
}

// echo is a terminal that shows what is typed, in capitals.
type echo struct {
	app    *fakeApp
	shown  chan Shown
	closed chan struct{}
	once   sync.Once
}

func newEcho(a *fakeApp, size Size) *echo {
	e := &echo{app: a, shown: make(chan Shown, 1000), closed: make(chan struct{})}
	e.Resize(size)
	e.shown <- Shown{Notice: "ctrl-] leaves"}
	return e
}

func (e *echo) Next() (Shown, error) {
	select {
	case s := <-e.shown:
		return s, nil
	case <-e.closed:
		return Shown{}, io.EOF
	}
}

func (e *echo) Write(p []byte) (int, error) {
	select {
	case e.shown <- Shown{Data: []byte(strings.ToUpper(string(p)))}:
		return len(p), nil
	case <-e.closed:
		return 0, io.ErrClosedPipe
	}
}

func (e *echo) Resize(s Size) {
	e.app.mu.Lock()
	defer e.app.mu.Unlock()
	e.app.sizes = append(e.app.sizes, s)
}

func (e *echo) Close() error {
	e.once.Do(func() { close(e.closed) })
	return nil
}
