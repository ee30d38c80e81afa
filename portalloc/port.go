// Package portalloc gives each process of an app its port.
//
// [Base] finds the base port among the places where it can be set, [Port]
// counts from it, [Clashes] refuses two processes with one port. [Taken] says
// whether somebody listens on a port already and [Holders] who that is. [Auto]
// looks for a base whose ports are all free.
//
// A port has no owner here: nothing is reserved, so a port that was free may be
// taken a moment later.
package portalloc

import (
	"fmt"
	"strings"
)

const (
	lastPort = 65535
	// typeStep is the distance between the first ports of two neighbouring
	// types, as foreman has it.
	typeStep = 100
)

// Error is a port that cannot be had: what is wrong, and what to do about it.
type Error struct{ Problem, Hint string }

// Error returns the problem without the hint.
func (e *Error) Error() string { return e.Problem }

// Port is the port of the nth process (from 1) of the type at place (from 0) in
// the Procfile: base + 100*place + (n-1). A type with a first port of its own
// has that for a base, and place 0. The error is an [*Error].
func Port(base, place, n int) (int, error) {
	// Compared one by one, since the sum of three huge numbers overflows.
	if place <= lastPort && n <= lastPort {
		if port := base + typeStep*place + n - 1; port <= lastPort {
			return port, nil
		}
	}
	return 0, &Error{
		Problem: fmt.Sprintf("no port for process number %d of its type: %d + %d x %d + %d is past %d",
			n, base, typeStep, place, n-1, lastPort),
		Hint: "choose a lower base port, or fewer processes",
	}
}

// Claim is a process and the port that it is to have.
type Claim struct {
	Process string // web.1
	Port    int    // 0: none
	// Fixed: the port was given to the type itself (port=6000), so it stays
	// when the base moves.
	Fixed bool
}

// Clashes returns an [*Error] that names the first two processes, in the order
// of the claims, that would have one port, and counts the others.
func Clashes(claims []Claim) error {
	holders := make(map[int]Claim, len(claims))
	var first *Error
	more := 0
	for _, c := range claims {
		if c.Port == 0 {
			continue
		}
		holder, clash := holders[c.Port]
		switch {
		case !clash:
			holders[c.Port] = c
		case first == nil:
			first = clashError(holder, c)
		default:
			more++
		}
	}
	if first == nil {
		return nil
	}
	if more > 0 {
		first.Problem += fmt.Sprintf(" (and %d more such pairs)", more)
	}
	return first
}

func clashError(a, b Claim) *Error {
	typ, _, _ := strings.Cut(b.Process, ".")
	e := &Error{
		Problem: fmt.Sprintf("%s and %s would both have port %d", a.Process, b.Process, b.Port),
		Hint:    fmt.Sprintf("give %s another first port: the line \"# ganger: port=N\" above it in the Procfile", typ),
	}
	if a.Fixed != b.Fixed {
		e.Hint += ", or choose another base port"
	}
	return e
}
