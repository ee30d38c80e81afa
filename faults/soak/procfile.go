package soak

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// commands are what types do. NUMBER is in the arguments of what they run: by it
// a process is found that cleared its environment, and one that runs what the
// Procfile no longer says.
var commands = []string{
	"sleep NUMBER",
	`trap "" TERM INT HUP; sleep NUMBER & sleep NUMBER`,
	"setsid sleep NUMBER & exec sleep NUMBER",
	"(setsid sh -c 'trap \"\" TERM; sleep NUMBER & sleep NUMBER' &); sleep 0.7; exit 3",
	"while :; do echo a line of output; sleep 0.03; done",
	"sleep 0.2; exit 1",
	"(env -i setsid sleep NUMBER &); exec sleep NUMBER",
	"for i in 1 2 3 4 5 6 7 8; do (sleep 0.2; exit 4) & done; wait; sleep 0.3",
	"head -c 3000000 /dev/zero; sleep 1",
	"exec 1>&- 2>&-; sleep NUMBER",
	"kill -SEGV $$",
	"printf 'no newline'; exec sleep NUMBER",
}

// settings are what stands above a type.
var settings = []string{"", "", "stop-signal=INT", "stop-timeout=500ms", "stop-to=main"}

// kind is a type of the Procfile.
type kind struct {
	name, settings, command string
	number                  string // in its command; another edition has another
}

// newKind is a type of that name that does something else than any before.
func (r *run) newKind(name string) kind {
	r.editions++
	number := fmt.Sprintf("%s.%d", r.number(), r.editions)
	return kind{
		name:     name,
		settings: settings[r.rand.IntN(len(settings))],
		command:  strings.ReplaceAll(commands[r.rand.IntN(len(commands))], "NUMBER", number),
		number:   number,
	}
}

const mostTypes = 5

// edit is another edition of the types: one more, one less, or one changed.
func (r *run) edit(types []kind) []kind {
	next := slices.Clone(types)
	one := r.rand.IntN(len(next))
	switch n := r.rand.IntN(10); {
	case n < 2 && len(next) > 1:
		return slices.Delete(next, one, one+1)
	case n < 5 && len(next) < mostTypes:
		return slices.Insert(next, r.rand.IntN(len(next)+1), r.newKind(r.newName(next)))
	case n < 9:
		next[one] = r.newKind(next[one].name)
	}
	return next
}

// newName is a name that no type has, but one may have had.
func (r *run) newName(types []kind) string {
	for {
		name := fmt.Sprintf("t%d", r.rand.IntN(mostTypes))
		if !slices.ContainsFunc(types, func(k kind) bool { return k.name == name }) {
			return name
		}
	}
}

// write makes the Procfile say these types, and besides what is no type.
func (r *run) write(types []kind, besides string) error {
	var text strings.Builder
	for _, k := range types {
		if k.settings != "" {
			fmt.Fprintf(&text, "# ganger: %s\n", k.settings)
		}
		fmt.Fprintf(&text, "%s: %s\n", k.name, k.command)
	}
	return os.WriteFile(filepath.Join(r.dir, "Procfile"), []byte(text.String()+besides), 0o644)
}
