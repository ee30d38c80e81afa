package env

import "strings"

// ownLimit is how many entries a Vars keeps apart from those it shares with its
// clones. Environ compares each of them with every shared entry, so it stays small.
const ownLimit = 16

// Vars is an environment: an ordered set of NAME=value entries. The zero value is
// empty and ready to use.
//
// Clone is free and a clone keeps only what it sets itself, so that a thousand
// processes share one environment and differ in their few own variables. A Vars
// may be read and cloned by several goroutines at once, and changed by one alone.
type Vars struct {
	base []string // one entry a name; shared with clones, hence never written to
	own  []string // later entries, which win; "NAME" alone removes; only appended to
}

// FromEnviron returns the environment that os.Environ describes. Of several entries
// for one name the last wins. Entries without "=", which a system may hold, pass on
// unchanged. The slice is not kept.
func FromEnviron(environ []string) Vars {
	return Vars{base: unique(environ)}
}

// Lookup returns the value of name, and whether it is set.
func (v Vars) Lookup(name string) (string, bool) {
	for i := len(v.own) - 1; i >= 0; i-- {
		if v.own[i] == name {
			return "", false
		}
		if defines(v.own[i], name) {
			return v.own[i][len(name)+1:], true
		}
	}
	for _, entry := range v.base {
		if defines(entry, name) {
			return entry[len(name)+1:], true
		}
	}
	return "", false
}

// Set gives name a value. The name must be one that ValidName accepts, and the value
// must hold no NUL, or the system will refuse to start a process with it.
func (v *Vars) Set(name, value string) { v.add(name + "=" + value) }

// Unset removes name.
func (v *Vars) Unset(name string) { v.add(name) }

func (v *Vars) add(entry string) {
	if len(v.own) == ownLimit {
		v.base, v.own = v.Environ(), nil
	}
	v.own = append(v.own, entry)
}

// Clone returns a copy that changes apart from v.
func (v Vars) Clone() Vars {
	// Without room to append, the first change of the clone moves it elsewhere.
	return Vars{base: v.base, own: v.own[:len(v.own):len(v.own)]}
}

// Environ returns the entries, each name once, in the form that os/exec takes. The
// slice is the caller's.
func (v Vars) Environ() []string {
	list := make([]string, len(v.base), len(v.base)+len(v.own))
	copy(list, v.base)
	for _, entry := range v.own {
		name, _, set := strings.Cut(entry, "=")
		at := 0
		for at < len(list) && !defines(list[at], name) {
			at++
		}
		switch {
		case at < len(list) && set:
			list[at] = entry
		case at < len(list):
			list = append(list[:at], list[at+1:]...)
		case set:
			list = append(list, entry)
		}
	}
	return list
}

// defines reports whether entry is "name=...".
func defines(entry, name string) bool {
	return len(entry) > len(name) && entry[len(name)] == '=' && entry[:len(name)] == name
}

// unique returns a new list with each name once: in the place of its first entry,
// with the value of its last.
func unique(entries []string) []string {
	list := make([]string, 0, len(entries))
	at := make(map[string]int, len(entries))
	for _, entry := range entries {
		name, _, set := strings.Cut(entry, "=")
		if !set {
			list = append(list, entry)
			continue
		}
		if i, seen := at[name]; seen {
			list[i] = entry
			continue
		}
		at[name] = len(list)
		list = append(list, entry)
	}
	return list
}
