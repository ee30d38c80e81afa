package formation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ganger/procfile"
)

// MaxCount bounds the processes of one type: a slip of the finger is not to
// take the machine down.
const MaxCount = 10000

// A Choice says which types run, and how many processes of each.
type Choice struct {
	All   int            // of every type that Of does not name, but release
	Of    map[string]int // by type
	Given bool           // somebody chose: without, each type has one process
	Names bool           // chosen by naming types, not by -m
}

// ParseFormation reads foreman's "web=2,worker=1" and "all=1". The error is a
// *Error that names the bad part.
func ParseFormation(text string, types []string) (Choice, error) {
	c := Choice{Of: make(map[string]int), Given: true}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, number, ok := strings.Cut(part, "=")
		if !ok {
			return Choice{}, &Error{
				Problem: fmt.Sprintf("formation %q: no number", part),
				Hint:    fmt.Sprintf("write %s=1", part),
			}
		}
		if err := c.set(strings.TrimSpace(name), strings.TrimSpace(number), types); err != nil {
			return Choice{}, err
		}
	}
	if len(c.Of) == 0 && c.All == 0 && !strings.Contains(text, "=") {
		return Choice{}, &Error{
			Problem: fmt.Sprintf("formation %q names nothing", text),
			Hint:    "write web=2,worker=1 or all=1",
		}
	}
	return c, nil
}

// ParseNames reads the names of types, each with a number or without: "web",
// "worker=2"; or several of them as heroku local takes them: "web,worker=2".
func ParseNames(args, types []string) (Choice, error) {
	if len(args) == 0 {
		return Choice{}, nil
	}
	c := Choice{Of: make(map[string]int), Given: true, Names: true}
	for _, arg := range strings.Split(strings.Join(args, ","), ",") {
		name, number, ok := strings.Cut(arg, "=")
		if !ok {
			number = "1"
		}
		if err := c.set(name, number, types); err != nil {
			return Choice{}, err
		}
	}
	return c, nil
}

func (c *Choice) set(name, number string, types []string) error {
	n, err := strconv.Atoi(number)
	switch {
	case err != nil || n < 0:
		return &Error{
			Problem: fmt.Sprintf("%s=%s: not a number of processes", name, number),
			Hint:    fmt.Sprintf("use a whole number from 0, as in %s=2", name),
		}
	case n > MaxCount:
		return &Error{
			Problem: fmt.Sprintf("%s=%s: too many processes", name, number),
			Hint:    fmt.Sprintf("at most %d of a type", MaxCount),
		}
	}
	if name == "all" && !slices.Contains(types, "all") {
		c.All = n
		return nil
	}
	if !slices.Contains(types, name) {
		return UnknownType(name, types)
	}
	c.Of[name] = n
	return nil
}

// UnknownType is the error for a name that is no type, with the nearest.
func UnknownType(name string, types []string) error {
	e := &Error{Problem: fmt.Sprintf("no type %q in the Procfile (%s)", name, strings.Join(types, ", "))}
	if near := procfile.Nearest(name, types); near != "" {
		e.Hint = fmt.Sprintf("did you mean %s?", near)
	}
	return e
}

// Counts is how many processes of each type the choice comes to. except are
// types that do not run whatever was chosen; release runs only when it was
// named, or withRelease is set.
func (c Choice) Counts(types, except []string, withRelease bool) (map[string]int, error) {
	counts := make(map[string]int, len(types))
	for _, t := range types {
		n, named := c.Of[t]
		switch {
		case named:
		case t == ReleaseType:
			n = 0
		case c.Given:
			n = c.All
		default:
			n = 1
		}
		if t == ReleaseType && (withRelease || n > 1) {
			n = 1
		}
		counts[t] = n
	}
	for _, x := range except {
		if !slices.Contains(types, x) {
			return nil, UnknownType(x, types)
		}
		counts[x] = 0
	}
	return counts, nil
}
