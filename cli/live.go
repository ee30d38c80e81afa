package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ganger/control"
	"ganger/formation"
	"ganger/process"
	"ganger/procfile"
	"ganger/supervisor"
)

// live is the running app as those see it who send it commands.
type live struct{ b *back }

var _ control.App = (*live)(nil)

// Info implements [control.App].
func (l *live) Info(ctx context.Context) (control.Info, error) {
	r := l.b.wanted.Load()
	info := control.Info{
		Root:      r.app.place.root,
		PID:       shellPID(),
		State:     control.Running,
		Version:   version(),
		Socket:    l.b.hold.socket,
		Formation: r.formation(),
	}
	shot, err := l.b.sup.Snapshot(ctx)
	switch {
	case errors.Is(err, supervisor.ErrStopping): // it has stopped; ganger is about to
		info.State = control.Stopping
		return info, nil
	case err != nil:
		return info, err
	}
	info.Since = shot.Since
	for _, p := range shot.Processes {
		if p.PID > 0 {
			info.Processes++
		}
	}
	info.State, info.Reason = runState(shot)
	return info, nil
}

func runState(shot supervisor.Snapshot) (state control.State, why string) {
	switch {
	case shot.Stopping:
		return control.Stopping, causeWhy(shot.Cause)
	case shot.Suspended:
		return control.Suspended, ""
	}
	return control.Running, ""
}

// Formation implements [control.App].
func (l *live) Formation(context.Context) ([]control.Type, error) {
	return l.b.wanted.Load().formation(), nil
}

// formation is what runs, by type. A type without a process has the port that
// its first would get.
func (r *run) formation() []control.Type {
	vars, _ := formation.AppEnv(r.plan) // it was computed before: there is no error
	types := make([]control.Type, 0, len(r.plan.Types))
	for _, t := range r.plan.Types {
		text, _ := vars.Lookup(formation.PortVar(t.Name))
		port, _ := strconv.Atoi(text)
		types = append(types, control.Type{Name: t.Name, Count: r.plan.Counts[t.Name], Port: port})
	}
	return types
}

// Environment implements [control.App]. Of a process that runs it is what that
// was started with.
func (l *live) Environment(ctx context.Context, name string) (control.Environment, error) {
	view, err := l.one(ctx, name)
	if err != nil {
		return control.Environment{}, err
	}
	vars := view.Process.Env
	l.b.mu.Lock()
	if life, ok := l.b.lives[name]; ok {
		vars = life.env
	}
	l.b.mu.Unlock()
	e := control.Environment{Values: true}
	for _, entry := range vars.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		e.Variables = append(e.Variables, control.Variable{Name: name, Value: value})
	}
	return e, nil
}

// one finds the process of this very name.
func (l *live) one(ctx context.Context, name string) (supervisor.ProcessView, error) {
	shot, err := l.b.sup.Snapshot(ctx)
	if err != nil {
		return supervisor.ProcessView{}, answer(err)
	}
	i := slices.IndexFunc(shot.Processes, func(p supervisor.ProcessView) bool { return p.Process.Name == name })
	if i < 0 {
		return supervisor.ProcessView{}, noProcess(name, shot.Processes)
	}
	return shot.Processes[i], nil
}

// noProcess is the error for a name that nothing has, with the nearest.
func noProcess(name string, procs []supervisor.ProcessView) error {
	var known []string
	for _, p := range procs {
		known = append(known, p.Process.Name)
		if !slices.Contains(known, p.Process.Type) {
			known = append(known, p.Process.Type)
		}
	}
	e := &control.Error{Code: control.CodeUnknown, Message: fmt.Sprintf("no process or type %q", name)}
	if near := procfile.Nearest(name, known); near != "" {
		e.Hint = fmt.Sprintf("did you mean %s?", near)
	}
	return e
}

// answer gives an error of the supervisor the form in which clients get it.
func answer(err error) error {
	var named *formation.Error
	switch {
	case errors.Is(err, supervisor.ErrStopping):
		return &control.Error{Code: control.CodeStopping, Message: err.Error()}
	case errors.Is(err, supervisor.ErrSuspended):
		return &control.Error{Code: control.CodeConflict, Message: err.Error(),
			Hint: fmt.Sprintf("fg in its terminal continues it, or kill -CONT %d", shellPID())}
	case errors.As(err, &named):
		return unknown(named)
	}
	return err
}

// unknown is the error for a name that there is not.
func unknown(err error) error {
	problem, hint := parts(err)
	return &control.Error{Code: control.CodeUnknown, Message: problem, Hint: hint}
}

// refused is the error for a formation that cannot be, or files that are broken:
// all their mistakes, a line each.
func refused(err error) error {
	e := &control.Error{Code: control.CodeConflict}
	var problems, hints []string
	for _, f := range each(err) {
		problems = append(problems, oneLine(f.problem))
		if f.hint != "" && !slices.Contains(hints, f.hint) {
			hints = append(hints, f.hint)
		}
	}
	e.Message, e.Hint = strings.Join(problems, "\n"), strings.Join(hints, "; ")
	return e
}

// statusOf is a process's exit status as an answer has it.
func statusOf(s process.Status) *int {
	n := s.Shell()
	return &n
}
