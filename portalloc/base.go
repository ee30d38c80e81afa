package portalloc

import (
	"fmt"
	"strconv"
)

const (
	// DefaultBase is the base port where nothing sets another.
	DefaultBase = 5000
	// FromDefault is the From of that base.
	FromDefault = "default"
)

// Candidate is a place where the base port may be set.
type Candidate struct {
	Value string // as it was written; empty: not set here
	From  string // "-p", "PORT in .env": how messages name the place
}

// BasePort is the base port and where it was set.
type BasePort struct {
	Port int    // 1 to 65535; 0 with None and Auto
	From string // the candidate's From, or FromDefault
	None bool   // "none": no process gets a port
	Auto bool   // "auto": the port is to be found by [Auto]
}

// Base takes the first candidate that has a value: a port from 1 to 65535,
// "none" or "auto". Without one it is [DefaultBase]. A value that is none of
// these is an [*Error] that names it and where it stands: a later candidate
// does not stand in for it.
func Base(candidates ...Candidate) (BasePort, error) {
	for _, c := range candidates {
		switch c.Value {
		case "":
			continue
		case "none":
			return BasePort{From: c.From, None: true}, nil
		case "auto":
			return BasePort{From: c.From, Auto: true}, nil
		}
		// Unsigned, because ParseInt would take "+5000".
		port, err := strconv.ParseUint(c.Value, 10, 16)
		if err != nil || port == 0 {
			return BasePort{}, &Error{
				Problem: fmt.Sprintf("%s: %q is not a port", c.From, c.Value),
				Hint:    "use a number from 1 to 65535, none or auto",
			}
		}
		return BasePort{Port: int(port), From: c.From}, nil
	}
	return BasePort{Port: DefaultBase, From: FromDefault}, nil
}
