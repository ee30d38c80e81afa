package cli

import (
	"strings"

	"ganger/formation"
	"ganger/process"
	"ganger/supervisor"
)

// commandText says what a command asks of processes.
func commandText(n supervisor.Commanded) string {
	what, names := "", nameAll(n.Processes, func(a supervisor.About) string { return a.Process.Name })
	switch n.Op {
	case supervisor.OpStart:
		what = "start "
	case supervisor.OpStop:
		what = "stop "
	case supervisor.OpRestart:
		what = "restart "
	case supervisor.OpKill:
		what, names = "kill ", nameKilled(n.Processes)
	case supervisor.OpSignal:
		what = process.SignalName(n.Signal) + " to "
	}
	why := "by command"
	if n.Why != "" {
		why = n.Why
	}
	return why + ": " + what + names
}

// changesText says how a scale or a reload changes the formation.
func changesText(changes []formation.Change) string {
	var parts []string
	for _, kind := range []struct {
		kind formation.ChangeKind
		does string
	}{{formation.Added, "start "}, {formation.Removed, "remove "}, {formation.Changed, "change "}} {
		var names []string
		for _, c := range changes {
			if c.Kind != kind.kind {
				continue
			}
			name := c.Process
			if len(c.Reasons) > 0 {
				name += " (" + oneLine(strings.Join(c.Reasons, "; ")) + ")"
			}
			names = append(names, name)
		}
		if len(names) > 0 {
			parts = append(parts, kind.does+strings.Join(names, ", "))
		}
	}
	return "by command: " + strings.Join(parts, "; ")
}
