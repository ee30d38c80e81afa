package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// model is the app as it should be: what its start and the commands since have
// made of it.
type model struct {
	types []kind         // in the order of the Procfile
	count map[string]int // of processes, by type
	down  map[string]bool
	given bool // the start said how many of which type: another type begins with none
}

func (m *model) clone() *model {
	return &model{slices.Clone(m.types), maps.Clone(m.count), maps.Clone(m.down), m.given}
}

// names are all processes of the formation.
func (m *model) names() []string {
	var all []string
	for _, k := range m.types {
		all = append(all, m.processes(k.name)...)
	}
	return all
}

// processes are those that a name stands for: of a type, of a pattern like
// "t1.*", or itself.
func (m *model) processes(name string) []string {
	typ, number, one := strings.Cut(name, ".")
	if one && number != "*" {
		return []string{name}
	}
	var all []string
	for n := range m.count[typ] {
		all = append(all, fmt.Sprintf("%s.%d", typ, n+1))
	}
	return all
}

// wants reports whether a process should run.
func (m *model) wants(name string) bool {
	return !m.down[name] && slices.Contains(m.names(), name)
}

// scale gives a type so many processes. What has left the formation comes back
// as if it had never been there.
func (m *model) scale(typ string, count int) {
	for n := min(count, m.count[typ]); n < max(count, m.count[typ]); n++ {
		delete(m.down, fmt.Sprintf("%s.%d", typ, n+1))
	}
	m.count[typ] = count
}

// up is what start and restart do: what is named runs, of a type without
// processes the first.
func (m *model) up(names []string) {
	for _, name := range names {
		if !strings.Contains(name, ".") && m.count[name] == 0 {
			m.scale(name, 1)
		}
		for _, process := range m.processes(name) {
			delete(m.down, process)
		}
	}
}

// stop keeps down what is named.
func (m *model) stop(names []string) {
	for _, name := range names {
		for _, process := range m.processes(name) {
			m.down[process] = true
		}
	}
}

// reload takes over the types of another Procfile: how many there are of a type
// stays as it is, and so does what was stopped.
func (m *model) reload(types []kind) {
	for _, k := range m.types {
		if !slices.ContainsFunc(types, func(x kind) bool { return x.name == k.name }) {
			m.scale(k.name, 0)
			delete(m.count, k.name)
		}
	}
	m.types = types
	for _, k := range types {
		if _, known := m.count[k.name]; !known {
			m.count[k.name] = 1
			if m.given {
				m.count[k.name] = 0
			}
		}
	}
}

// runs reports whether a type's command is one with that number.
func (m *model) runs(number string) bool {
	return slices.ContainsFunc(m.types, func(k kind) bool { return k.number == number })
}
