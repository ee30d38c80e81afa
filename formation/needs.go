package formation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ganger/procfile"
)

// CheckNeeds looks for needs that cannot be met: types that do not exist, a
// type that needs itself, or several that need each other. The same goes for
// types that are restarted with each other. The error is a *Error.
func CheckNeeds(types []string, settings map[string]procfile.Settings) error {
	for _, relation := range []struct {
		verb, key string
		of        func(procfile.Settings) []string
	}{
		{"needs", "needs", func(s procfile.Settings) []string { return s.Needs }},
		{"is restarted with", "restart-with", func(s procfile.Settings) []string { return s.RestartWith }},
	} {
		of := func(typ string) []string { return relation.of(settings[typ]) }
		for _, typ := range types {
			for _, other := range of(typ) {
				if !slices.Contains(types, other) {
					e := UnknownType(other, types).(*Error)
					return &Error{Problem: fmt.Sprintf("%s %s: %s", typ, relation.verb, e.Problem), Hint: e.Hint}
				}
			}
		}
		if cycle := findCycle(types, of); len(cycle) == 1 {
			return &Error{Problem: fmt.Sprintf("%s %s itself", cycle[0], relation.verb)}
		} else if len(cycle) > 1 {
			return &Error{
				Problem: fmt.Sprintf("%s in a circle: %s", relation.key, strings.Join(append(cycle, cycle[0]), " -> ")),
				Hint:    "take one of them away",
				Type:    cycle[0],
				Key:     relation.key,
			}
		}
	}
	return nil
}

// findCycle returns types each of which names the next, and the last the first;
// nil if there are none.
func findCycle(types []string, of func(string) []string) []string {
	done := make(map[string]bool)
	var path []string
	var visit func(typ string) []string
	visit = func(typ string) []string {
		if at := slices.Index(path, typ); at >= 0 {
			return slices.Clone(path[at:])
		}
		if done[typ] {
			return nil
		}
		path = append(path, typ)
		for _, next := range of(typ) {
			if cycle := visit(next); cycle != nil {
				return cycle
			}
		}
		path = path[:len(path)-1]
		done[typ] = true
		return nil
	}
	for _, typ := range types {
		if cycle := visit(typ); cycle != nil {
			return cycle
		}
	}
	return nil
}

// Needs are the types of other processes that have to be ready before each type
// of procs starts. What runs elsewhere is not among them. All others wait for
// the release step, but for those that it needs itself.
func Needs(procs []Process) map[string][]string {
	needs := make(map[string][]string)
	for _, p := range procs {
		needs[p.Type] = nil
	}
	release := false
	for _, p := range procs {
		release = release || p.Release()
		for _, typ := range p.Settings.Needs {
			if _, runs := needs[typ]; runs && !slices.Contains(needs[p.Type], typ) {
				needs[p.Type] = append(needs[p.Type], typ)
			}
		}
	}
	if !release {
		return needs
	}
	before := map[string]bool{ReleaseType: true}
	for todo := []string{ReleaseType}; len(todo) > 0; todo = todo[1:] {
		for _, typ := range needs[todo[0]] {
			if !before[typ] {
				before[typ] = true
				todo = append(todo, typ)
			}
		}
	}
	for typ := range needs {
		if !before[typ] && !slices.Contains(needs[typ], ReleaseType) {
			needs[typ] = append(needs[typ], ReleaseType)
		}
	}
	return needs
}

// Stages are the types in the order of their start: each as soon as all those
// that it needs are in stages before it. The order within a stage is that of
// procs. CheckNeeds has found nothing.
func Stages(procs []Process) [][]string {
	needs := Needs(procs)
	stage := make(map[string]int)
	var depth func(typ string) int
	depth = func(typ string) int {
		if n, known := stage[typ]; known {
			return n
		}
		n := 0
		stage[typ] = n // so that a circle would end
		for _, other := range needs[typ] {
			n = max(n, depth(other)+1)
		}
		stage[typ] = n
		return n
	}
	var stages [][]string
	seen := make(map[string]bool)
	for _, p := range procs {
		if seen[p.Type] {
			continue
		}
		seen[p.Type] = true
		n := depth(p.Type)
		for len(stages) <= n {
			stages = append(stages, nil)
		}
		stages[n] = append(stages[n], p.Type)
	}
	return stages
}

// StopTime is how long it takes at most to stop all of procs: each type stops
// after those that need it.
func StopTime(procs []Process) time.Duration {
	own := make(map[string]time.Duration)
	for _, p := range procs {
		own[p.Type] = max(own[p.Type], p.Settings.StopTime())
	}
	until := make(map[string]time.Duration)
	longest := time.Duration(0)
	stages := Stages(procs)
	for _, stage := range slices.Backward(stages) {
		for _, typ := range stage {
			until[typ] += own[typ]
			longest = max(longest, until[typ])
			for _, p := range procs {
				if p.Type == typ {
					for _, other := range p.Settings.Needs {
						until[other] = max(until[other], until[typ])
					}
				}
			}
		}
	}
	return longest
}

// A Need is a type and one that needs it.
type Need struct{ Type, By string }

// BringAlong adds to counts, which the choice came to, a process of each type
// that is needed and that nobody spoke of. It returns those, and the needed
// types that somebody set to 0: they are taken to run elsewhere.
func (c Choice) BringAlong(types, except []string, settings map[string]procfile.Settings, counts map[string]int) (along, elsewhere []Need) {
	for found := true; found; {
		found = false
		for _, by := range types {
			for _, typ := range settings[by].Needs {
				_, named := c.Of[typ]
				switch {
				case counts[by] == 0 || counts[typ] > 0:
				case named || !c.Given || slices.Contains(except, typ):
					if !slices.ContainsFunc(elsewhere, func(n Need) bool { return n.Type == typ }) {
						elsewhere = append(elsewhere, Need{typ, by})
					}
				default:
					counts[typ] = 1
					along = append(along, Need{typ, by})
					found = true
				}
			}
		}
	}
	return along, elsewhere
}
