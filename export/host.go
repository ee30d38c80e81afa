package export

import (
	"strconv"
	"strings"
)

// What the formats share that run processes on one machine, where each has the
// port it has under start.

// vars are all variables of a process.
func (a App) vars(t Type, p Process) []Var {
	return append(a.config(t), a.given(t, p)...)
}

// config are the values of a type, its own over the app's.
func (a App) config(t Type) []Var {
	own := make(map[string]bool, len(t.Config))
	for _, v := range t.Config {
		own[v.Name] = true
	}
	var vars []Var
	for _, v := range a.Config {
		if !own[v.Name] {
			vars = append(vars, v)
		}
	}
	return append(vars, t.Config...)
}

// given are the variables that start gives: no secrets.
func (a App) given(t Type, p Process) []Var {
	var vars []Var
	if p.Port > 0 {
		vars = append(vars, Var{Name: "PORT", Value: strconv.Itoa(p.Port)})
	}
	vars = append(vars, Var{Name: "PS", Value: p.Name})
	return append(vars, t.Ports...)
}

// hasConfig reports whether there are values to keep from others.
func (a App) hasConfig() bool {
	if len(a.Config) > 0 {
		return true
	}
	for _, t := range a.Types {
		if len(t.Config) > 0 {
			return true
		}
	}
	return false
}

// gate is a script that waits until the types that t needs are ready, for
// engines without an order of starts. It asks the kernel who listens, so it
// sees what a shell can see: ready=port, http and tcp.
func (a App) gate(t Type) string {
	var b strings.Builder
	for _, need := range t.Needs {
		n, _ := a.typ(need)
		for _, p := range n.Processes {
			if check := n.Ready.check(p.Port); check != "" {
				b.WriteString(waitFor(check) + "; ")
			}
		}
	}
	return b.String()
}

// gateWarnings tells what the gate does not wait for.
func (r *renderer) gateWarnings(t Type) {
	for _, need := range t.Needs {
		n, _ := r.typ(need)
		switch n.Ready.Kind {
		case ReadyExit, ReadyLog:
			r.warn("%s: %s has no order of starts: %s does not wait for %s (ready=%s)", t.Name, r.format.Name, t.Name, need, n.Ready.Text)
		case ReadyStarted:
			r.warn("%s: %s has no order of starts: %s does not wait for %s; ready=port above %s would make it", t.Name, r.format.Name, t.Name, need, need)
		}
	}
	if t.Release() {
		r.warn("%s: %s has no steps before the app: nothing waits for it, run it by hand", t.Name, r.format.Name)
	}
}

// depth is how many types start before t, one after the other.
func (a App) depth(t Type) int { return a.depthIn(t, len(a.Types)) }

func (a App) depthIn(t Type, limit int) int {
	deepest := 0
	if limit == 0 {
		return 0 // a cycle, which is refused elsewhere
	}
	for _, w := range a.waits(t) {
		deepest = max(deepest, 1+a.depthIn(w, limit-1))
	}
	return deepest
}
