package export

import (
	"slices"
	"strings"

	"ganger/formation"
)

// Command is how a line of the Procfile is run by an engine.
//
// No value of a variable is put into it, as a start would where it can do
// without a shell: the port of a replica is not known here, and a command line
// is no place for a secret.
type Command struct {
	Argv   []string // without a shell; nil where the line needs one
	Script string   // for /bin/sh -c, which can run every line
	// Single: the shell is replaced by the program, so that what the engine
	// signals and waits for is the program.
	Single bool
}

func commandOf(line string) Command {
	unset := func(string) (string, bool) { return "", false }
	c := formation.Resolve(line, unset)
	if c.Shell {
		script := c.Argv[2]
		return Command{Script: script, Single: slices.Contains(strings.Fields(script), "exec")}
	}
	if strings.HasPrefix(line, "-") || strings.HasPrefix(line, "+") {
		return Command{Argv: c.Argv, Script: " " + line} // not an option of exec, nor of sh
	}
	return Command{Argv: c.Argv, Script: "exec " + line, Single: true}
}

// Args is the command for an engine that needs no shell where the line does
// not.
func (c Command) Args() []string {
	if c.Argv != nil {
		return c.Argv
	}
	return shellArgs(c.Script)
}

func shellArgs(script string) []string { return []string{"/bin/sh", "-c", script} }
