package process

import (
	"os"
	"path/filepath"
	"strings"
)

// headStart is the front, with its back on the way, where the command line says
// at once that this is a start; nil where it has to be read first.
//
// It begins when this package is initialised, and so before those that import
// it or come later by name. The front has use for none of them, and the back
// would wait for them all: a seventh of the time to the first process.
var headStart = takeHeadStart()

func takeHeadStart() *front {
	if !plainStart(os.Args) || !TwoHalves() {
		return nil
	}
	return beginFront(os.Args[1:])
}

// HeadStart reports whether the back is on its way already: then nothing is left
// to do but Front.
func HeadStart() bool { return headStart != nil }

// plainStart reports whether a command line is that of a start, and nothing else
// than one in the background. Another program that has this package, as tests
// have, does not have the name.
func plainStart(args []string) bool {
	if len(args) < 2 || filepath.Base(args[0]) != "ganger" || args[1] != "start" {
		return false
	}
	for _, arg := range args[2:] {
		if strings.HasPrefix(arg, "--detach") {
			return apart
		}
	}
	return true
}
