package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"ganger/control"
	"ganger/formation"
	"ganger/supervisor"
)

// The formation is changed by one command at a time, which computes the new one
// from the last, gives it to the supervisor and then keeps it.

// scale changes how many processes there are of types. An error changes nothing.
func (b *back) scale(counts map[string]control.Count) (*supervisor.Job, error) {
	b.shaping.Lock()
	defer b.shaping.Unlock()
	now := b.wanted.Load()
	next := maps.Clone(now.plan.Counts)
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		switch {
		case !now.app.hasType(typ):
			return nil, unknown(formation.UnknownType(typ, now.app.types()))
		case typ == formation.ReleaseType:
			return nil, &control.Error{Code: control.CodeConflict, Message: "release is a step of the start and has no number",
				Hint: now.app.again("run") + " release runs it once"}
		}
		next[typ] = counts[typ].Of(next[typ])
		if n := next[typ]; n > formation.MaxCount {
			return nil, &control.Error{Code: control.CodeConflict, Message: fmt.Sprintf("%s=%d: too many processes", typ, n),
				Hint: fmt.Sprintf("at most %d of a type", formation.MaxCount)}
		}
	}
	return b.reshape(now, now.app, next)
}

// asleep are those of the names that are types without a process; others the
// rest.
func (r *run) asleep(names []string) (asleep, others []string) {
	for _, name := range names {
		if r.app.hasType(name) && r.plan.Counts[name] == 0 {
			asleep = append(asleep, name)
		} else {
			others = append(others, name)
		}
	}
	return asleep, others
}

// noneOf is the error for a type without a process.
func (r *run) noneOf(typ string) error {
	if typ == formation.ReleaseType {
		return &control.Error{Code: control.CodeConflict, Message: "release is a step of the start",
			Hint: r.app.again("run") + " release runs it now"}
	}
	return &control.Error{Code: control.CodeUnknown, Message: typ + " has no process", Hint: r.app.again("start "+typ) + " starts one"}
}

// wake gives each of these types that has no process one, and so what it needs.
// notes are what there is to say.
func (b *back) wake(types []string) (job *supervisor.Job, notes []string, err error) {
	b.shaping.Lock()
	defer b.shaping.Unlock()
	now := b.wanted.Load()
	next := maps.Clone(now.plan.Counts)
	choice := formation.Choice{Given: true, Of: maps.Clone(now.choice.Of)}
	for _, typ := range types {
		next[typ] = max(next[typ], 1)
	}
	along, elsewhere := now.app.bringAlong(choice, next)
	job, err = b.reshape(now, now.app, next)
	return job, needsLines(along, elsewhere), err
}

// reload reads the app's files again and makes the formation what they say.
// later is what they say that has to wait for another start.
func (b *back) reload() (job *supervisor.Job, later []string, err error) {
	b.shaping.Lock()
	defer b.shaping.Unlock()
	now := b.wanted.Load()
	a, err := now.app.reread()
	if err != nil {
		return nil, nil, refused(err)
	}
	job, err = b.reshape(now, a, now.countsFor(a))
	if err != nil {
		return nil, nil, err
	}
	b.out.ReopenLogs()
	for _, m := range a.file.Skipped {
		later = append(later, "skipped: "+m.Error())
	}
	later = append(later, a.warnings...)
	return job, append(later, a.earlier.later...), nil
}

// countsFor are the counts for the app as its files have it now: those of the
// types that there were, and for the others what the start would have given them.
func (r *run) countsFor(a *app) map[string]int {
	next := make(map[string]int, len(a.types()))
	for _, typ := range a.types() {
		n, there := r.plan.Counts[typ]
		switch {
		case there:
		case typ == formation.ReleaseType || slices.Contains(a.opts.get("except").items(), typ):
			n = 0
		case r.choice.Given:
			n = r.choice.All
		default:
			n = 1
		}
		next[typ] = n
	}
	return next
}

// reshape makes the formation be that of the app with these counts. b.shaping is
// held.
func (b *back) reshape(now *run, a *app, counts map[string]int) (*supervisor.Job, error) {
	next := &run{app: a, plan: now.plan, choice: now.choice}
	next.plan.Counts = counts
	if a != now.app {
		var err error
		if next.plan, err = a.plan(counts); err != nil {
			return nil, refused(err)
		}
	}
	var err error
	if next.procs, err = formation.Make(next.plan); err != nil {
		return nil, refused(err)
	}
	next.procs = b.up.with(next.procs)
	if err := shareInput(next.procs); err != nil {
		return nil, refused(err)
	}
	for _, line := range takenPorts(b.fresh(now, next)) {
		b.say(message{name: "note", text: line}, nil)
	}
	// What the old processes need is needed until they have ended.
	b.align(now, next)
	b.promise(next.procs...)
	// Nobody's patience is to end between the deed and its being known here; it
	// takes no time.
	job, err := b.sup.Reconcile(context.Background(), next.procs)
	if err != nil {
		b.align(now)
		return nil, answer(err)
	}
	b.wanted.Store(next)
	b.align(next)
	b.promise() // what is no longer wanted is not to be waited for, once it has ended
	go b.rewatch()
	return job, nil
}

// fresh are the processes of a formation that are to come.
func (b *back) fresh(now, next *run) []formation.Process {
	there := make(map[string]bool)
	for _, p := range now.procs {
		there[p.Name] = true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(next.procs), func(p formation.Process) bool {
		_, lives := b.lives[p.Name]
		return lives || there[p.Name]
	})
}
