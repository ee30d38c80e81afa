package cli

import (
	"fmt"
	"strconv"
	"strings"

	"ganger/procfile"

	"github.com/spf13/pflag"
)

// rank is how strong the place is where an option was given. Between the last
// two stand the settings of the Procfile.
type rank uint8

const (
	unset        rank = iota
	fromDefaults      // .ganger or .foreman
	fromShell         // GANGER_<FLAG>
	fromFlag
)

// kind says what an option takes.
type kind uint8

const (
	text     kind = iota
	yesNo         // a flag without a value means yes
	list          // repeatable, or separated by commas
	setting       // a setting of types: VALUE for all, or TYPE=VALUE,...
	typeList      // TYPE,...: a yes-or-no setting of these types
)

// given is one value of an option and where it stands.
type given struct {
	text string
	from string // "--port", "GANGER_PORT", ".ganger:3"
	rank rank
}

// option is one flag, which may also be given in the shell's environment and in
// the app's defaults file. The strongest place counts; a setting keeps them
// all, since they may speak of different types. It is a pflag.Value.
type option struct {
	name  string
	kind  kind
	check func(string) error // of a text's form, where it can be checked alone
	all   []given
}

// top are the values of the strongest place.
func (o *option) top() []given {
	best := unset
	for _, g := range o.all {
		best = max(best, g.rank)
	}
	var top []given
	for _, g := range o.all {
		if g.rank == best {
			top = append(top, g)
		}
	}
	return top
}

func (o *option) isSet() bool { return len(o.all) > 0 }

// last is the value that counts of an option that has one.
func (o *option) last() given {
	if top := o.top(); len(top) > 0 {
		return top[len(top)-1]
	}
	return given{}
}

func (o *option) text() string { return o.last().text }
func (o *option) yes() bool    { return o.last().text == "true" }

// items are the parts of a list.
func (o *option) items() []string {
	var items []string
	for _, g := range o.top() {
		for part := range strings.SplitSeq(g.text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				items = append(items, part)
			}
		}
	}
	return items
}

// add takes a value from any place.
func (o *option) add(g given) error {
	if o.kind == yesNo {
		b, err := parseYesNo(g.text)
		if err != nil {
			return err
		}
		g.text = strconv.FormatBool(b)
	}
	if o.check != nil {
		if err := o.check(g.text); err != nil {
			return err
		}
	}
	o.all = append(o.all, g)
	return nil
}

// Set implements pflag.Value.
func (o *option) Set(value string) error {
	return o.add(given{text: value, from: "--" + o.name, rank: fromFlag})
}

// String implements pflag.Value; it is the default, and none has one here that
// help would show.
func (o *option) String() string { return "" }

// Type implements pflag.Value; help shows it.
func (o *option) Type() string { return "" }

func parseYesNo(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "true", "on", "1":
		return true, nil
	case "no", "false", "off", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither yes nor no", text)
}

// assignment is a setting of one type, or of all.
type assignment struct {
	typ, key, value string // typ "": all
	from            string
	rank            rank
}

// assignments are what a setting's option says.
func (o *option) assignments() []assignment {
	var out []assignment
	for _, g := range o.all {
		for part := range strings.SplitSeq(g.text, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			a := assignment{key: o.name, value: part, from: g.from, rank: g.rank}
			if typ, value, ok := strings.Cut(part, "="); ok {
				a.typ, a.value = typ, value
			} else if o.kind == typeList {
				a.typ, a.value = part, "yes"
			}
			out = append(out, a)
		}
	}
	return out
}

// options are those of one command, by name.
type options struct {
	byName map[string]*option
	names  []string
	anyRun bool // they are for runs elsewhere and later: that we run under CI says nothing
}

func (os *options) get(name string) *option { return os.byName[name] }

// spec describes an option for pflag and help.
type spec struct {
	name, short string
	kind        kind
	value       string // what stands for the value in help
	usage       string
	check       func(string) error
	aliases     []string // other long names, not shown
	shortAlias  string   // another letter, not shown
}

// newOptions makes the options of an app: every one that start has, since a
// defaults file may hold them all whichever command reads it.
func newOptions() *options {
	os := &options{byName: make(map[string]*option)}
	for _, s := range startFlags() {
		os.define(s)
	}
	return os
}

func (os *options) define(s spec) {
	os.byName[s.name] = &option{name: s.name, kind: s.kind, check: s.check}
	os.names = append(os.names, s.name)
}

// flags offers options as flags. An alias is the same option by another name,
// and is not shown.
func (os *options) flags(fs *pflag.FlagSet, specs []spec) {
	for _, s := range specs {
		usage := s.usage
		if s.value != "" {
			usage = "`" + s.value + "`" + usage
		}
		o := os.get(s.name)
		fs.VarPF(o, s.name, s.short, usage).NoOptDefVal = noValue(s.kind)
		short := s.shortAlias
		for _, name := range s.aliases {
			f := fs.VarPF(o, name, short, "the same as --"+s.name)
			f.Hidden, f.NoOptDefVal = true, noValue(s.kind)
			short = ""
		}
	}
}

func noValue(k kind) string {
	if k == yesNo {
		return "true"
	}
	return ""
}

// fromEnvironment takes GANGER_<FLAG> of the shell.
func (os *options) fromEnvironment(lookup func(string) (string, bool)) error {
	for _, name := range os.names {
		v := flagVar(name)
		value, ok := lookup(v)
		if !ok || value == "" || neverFromShell(name) {
			continue
		}
		if err := os.get(name).add(given{value, v, fromShell}); err != nil {
			return withPlace(err, v, fromShell)
		}
	}
	return nil
}

// neverFromShell names the flags that have no variable: GANGER_ROOT tells the
// processes of an app whose they are, and an app within it is another.
func neverFromShell(name string) bool { return name == "root" || name == "dry-run" }

// flagVar is the variable that stands for a flag.
func flagVar(name string) string {
	return "GANGER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// unknownKey is the error for a key that is no flag's long name.
func unknownKey(key string, names []string) (problem, hint string) {
	problem = fmt.Sprintf("unknown key %q", key)
	if near := procfile.Nearest(key, names); near != "" {
		return problem, fmt.Sprintf("did you mean %s?", near)
	}
	return problem, "keys are the long names of the flags of start: ganger help start"
}
