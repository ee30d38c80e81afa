package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ganger/formation"
	"ganger/ready"
	"ganger/supervisor"
)

// ofReady is what there is to say of a notice about order and readiness.
func (w *wording) ofReady(n supervisor.Notice) []message {
	before := w.unmet
	w.unmet = ""
	switch n := n.(type) {
	case supervisor.Waits:
		return []message{{name: "waits", about: n.About, text: n.Process.Name + " waits for " + awaitedNames(n.For)}}
	case supervisor.Ready:
		w.answers(n)
		return []message{{name: "ready", about: n.About, text: readyText(n), after: true}}
	case supervisor.NotReady:
		return []message{{name: "not-ready", about: n.About, text: notReadyText(n), after: true}}
	case supervisor.AllReady:
		return []message{{name: "all-ready", text: "all ready after " + seconds(n.After) + listAddresses(w.addresses)}}
	case supervisor.Unmet:
		w.unmet = n.Process.Type
		if before == w.unmet {
			return nil // it was just said of another process of the type
		}
		return []message{{name: "not-started", about: n.About, text: unmetText(n)}}
	case supervisor.RestartedWith:
		return []message{{name: "command", about: n.About, text: fmt.Sprintf("restart %s, since %s was restarted", n.Process.Name, n.With.Process.Name)}}
	}
	return nil
}

// answers notes where a process answers.
func (w *wording) answers(n supervisor.Ready) {
	if n.URL == "" {
		return
	}
	now := address{n.Process.Name, n.URL}
	if at := slices.IndexFunc(w.addresses, func(a address) bool { return a.process == now.process }); at >= 0 {
		w.addresses[at] = now
	} else {
		w.addresses = append(w.addresses, now)
	}
}

// address is where a process answers.
type address struct{ process, url string }

// listAddresses is what follows the time at which all are ready.
func listAddresses(all []address) string {
	const most = 8
	var parts []string
	for i, a := range all {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(all)-most))
			break
		}
		parts = append(parts, a.process+" "+a.url)
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// awaitedNames names processes that are waited for, each with what makes it
// ready: by its type, where it is likely to be the only one.
func awaitedNames(all []supervisor.About) string {
	of := make(map[string]int)
	for _, a := range all {
		of[a.Process.Type]++
	}
	return nameAll(all, func(a supervisor.About) string {
		name := a.Process.Type
		if a.Process.Number > 1 || of[name] > 1 {
			name = a.Process.Name
		}
		if what := awaited(a.Process); what != "" {
			name += " (" + what + ")"
		}
		return name
	})
}

// awaited is what is waited for until a process is ready, "" for its start.
func awaited(p formation.Process) string {
	c := conditionOf(p)
	if c.Kind == ready.Started {
		return ""
	}
	return c.Awaited(p.Port)
}

func readyText(n supervisor.Ready) string {
	on := readyOn(supervisor.Readiness{Port: n.Port, URL: n.URL})
	after := " after " + seconds(n.After)
	switch {
	case on == "":
		return n.Process.Name + " ready" + after
	case n.Process.Port != 0 && n.Port != n.Process.Port:
		return fmt.Sprintf("%s ready%s, listens on %s (PORT is %d)", n.Process.Name, after, on, n.Process.Port)
	}
	return n.Process.Name + " ready on " + on + after
}

// readyOn is where a process that is ready can be reached, "" where that is not
// known.
func readyOn(r supervisor.Readiness) string {
	switch {
	case r.URL != "":
		return r.URL
	case r.Port != 0:
		return "port " + strconv.Itoa(r.Port)
	}
	return ""
}

func notReadyText(n supervisor.NotReady) string {
	text := fmt.Sprintf("%s is not ready after %s: waits for %s", n.Process.Name, seconds(n.After), awaited(n.Process))
	if n.Seen != "" {
		text += " (" + oneLine(n.Seen) + ")"
	}
	return text
}

func unmetText(n supervisor.Unmet) string {
	how := "failed"
	if n.State == supervisor.StateDone {
		how = "has ended"
	}
	return fmt.Sprintf("%s not started: %s %s", n.Process.Type, n.Needed.Process.Type, how)
}
