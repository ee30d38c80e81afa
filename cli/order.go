package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ganger/formation"
	"ganger/procfile"
	"ganger/ready"
	"ganger/watch"
)

// foreignChecks look at the values of settings whose grammar procfile does not
// know.
func foreignChecks() map[string]func(string) error {
	return map[string]func(string) error{
		"ready": func(value string) error {
			_, err := ready.Parse(value)
			return err
		},
		"watch": func(value string) error {
			_, err := watch.Parse(watchAny + value)
			return err
		},
	}
}

// watchAny stands before a list whose patterns may all say what to leave out:
// another line may say what to watch.
const watchAny = "**,"

// checkOrder looks for settings of order, readiness and watching that no start
// could carry out.
func (a *app) checkOrder() error {
	var all procfile.Mistakes
	for _, t := range a.file.Types {
		add := func(key, problem, hint string) {
			all = append(all, procfile.Mistake{File: a.place.procfile, Line: lineOf(t, key), Problem: problem, Hint: hint})
		}
		s := a.settings[t.Name]
		for _, of := range []struct {
			key, verb string
			types     []string
		}{{"needs", "needs", s.Needs}, {"restart-with", "is restarted with", s.RestartWith}} {
			for _, other := range of.types {
				if other == t.Name {
					add(of.key, fmt.Sprintf("%s %s itself", t.Name, of.verb), "")
				} else if !a.hasType(other) {
					problem, hint := parts(formation.UnknownType(other, a.types()))
					add(of.key, fmt.Sprintf("%s %s: %s", t.Name, of.verb, problem), hint)
				}
			}
		}
		if s.Ready.NeedsPort() && s.Port == procfile.PortNone {
			add("ready", fmt.Sprintf("ready=%s, and %s has port=none", s.Ready, t.Name), "give it a port, as port=auto does, or another ready=")
		}
		if len(s.Watch) > 0 {
			if _, err := watch.Parse(watchText(s.Watch)); err != nil {
				add("watch", "watch "+err.Error(), "name what to watch as well, as in watch=src/**,!src/tmp/**")
			}
		}
	}
	if len(all) > 0 {
		slices.SortStableFunc(all, func(x, y procfile.Mistake) int { return x.Line - y.Line })
		return all
	}
	if err := formation.CheckNeeds(a.types(), a.settings); err != nil {
		problem, hint := parts(err)
		where := a.place.procfile
		if e := new(formation.Error); errors.As(err, &e) && e.Type != "" {
			t, _ := a.file.Lookup(e.Type)
			where += ":" + strconv.Itoa(lineOf(t, e.Key))
		}
		return fileError(where+": "+problem, hint)
	}
	return nil
}

// lineOf is the line that gave a type the setting last, else that of its name.
func lineOf(t procfile.Type, key string) int {
	line := t.Line
	for _, s := range t.Settings {
		if s.Key == key {
			line = s.Line
		}
	}
	return line
}

// bringAlong adds to counts what the types that run need, unless the flag says
// not to. elsewhere are those that are needed and do not run here.
func (a *app) bringAlong(choice formation.Choice, counts map[string]int) (along, elsewhere []formation.Need) {
	if a.opts.yes("no-needs") {
		choice = formation.Choice{} // which brings nothing
	}
	return choice.BringAlong(a.types(), a.opts.get("except").items(), a.settings, counts)
}

// needsLines say what runs only since it is needed, and what is needed and does
// not run.
func needsLines(along, elsewhere []formation.Need) []string {
	var lines []string
	for _, n := range along {
		lines = append(lines, fmt.Sprintf("also %s: %s needs it", n.Type, n.By))
	}
	for _, n := range elsewhere {
		lines = append(lines, fmt.Sprintf("%s is not started and taken as ready: %s needs it", n.Type, n.By))
	}
	return lines
}

// stageLines show in which order processes start, a line for each stage; nothing
// where all start at once.
func stageLines(procs []formation.Process) []string {
	stages := formation.Stages(procs)
	if len(stages) < 2 {
		return nil
	}
	first := make(map[string]formation.Process)
	for _, p := range procs {
		if p.Number == 1 {
			first[p.Type] = p
		}
	}
	lines := []string{"start order:"}
	for i, types := range stages {
		parts := make([]string, len(types))
		for j, typ := range types {
			parts[j] = typ
			if what := awaited(first[typ]); what != "" {
				parts[j] += " (" + what + ")"
			}
		}
		lines = append(lines, fmt.Sprintf("  %d. %s", i+1, strings.Join(parts, ", ")))
	}
	return lines
}
