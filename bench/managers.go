package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// An app is what a manager is given to run.
type app struct {
	types []processType
	under []string // a command line that runs the manager's
	json  bool     // the manager's own output as JSON
	pty   bool     // a pty for each process
	asked bool     // by other commands, while it runs
}

type processType struct {
	name    string
	command string
	copies  int
}

// A manager is a program that runs a Procfile, and how to make it do so.
type manager struct {
	name string
	path string

	args  []string // of every case
	asked []string // in place of args where other commands talk to it; nil: args
	// copies are the arguments that ask for n of a type. A manager without
	// has the type written n times into its Procfile.
	copies func(name string, n int) []string
	// write makes the manager's file; nil is a Procfile.
	write func(dir string, a app) error

	json []string // the arguments for JSON; nil: it has none
	pty  []string // the arguments for ptys; nil: it has none
	list []string // those that show what runs, in the run's folder; nil: nothing does

	// follow is what a client asks for over HTTP, at controlSocket, to get
	// what web1 writes from then on, as lines of JSON; empty: it cannot.
	follow string
}

// controlSocket is where those managers listen that have a choice.
const controlSocket = "control.sock"

// onPTY is for those that need no argument to use a pty.
var onPTY = []string{}

// managers are those that bench knows, ganger first. What they start with is
// what their users would type, less what opens a port or a screen.
func managers() []manager {
	return []manager{
		{
			name:   "ganger",
			args:   []string{"start", "-f", "Procfile", "--timestamps", "time"},
			copies: flagged("-m"),
			asked:  []string{"start", "-f", "Procfile", "--timestamps", "time", "--socket", controlSocket},
			json:   []string{"--json"},
			pty:    []string{"--tty", "always"},
			list:   []string{"ps"},
			follow: "/v1/logs?lines=0&follow=true&process=",
		},
		{
			name:   "foreman",
			args:   []string{"start", "-f", "Procfile"},
			copies: flagged("-m"),
		},
		{
			name:   "honcho",
			args:   []string{"-f", "Procfile", "start"},
			copies: flagged("-c"),
		},
		{
			name:   "nf",
			args:   []string{"-j", "Procfile", "start"},
			copies: func(name string, n int) []string { return []string{name + "=" + strconv.Itoa(n)} },
		},
		{
			name:   "forego",
			args:   []string{"start", "-f", "Procfile"},
			copies: flagged("-c"),
		},
		{
			name:  "goreman",
			args:  []string{"-f", "Procfile", "-rpc-server=false", "start"},
			asked: []string{"-f", "Procfile", "start"}, // see environ
			list:  []string{"run", "status"},
		},
		{
			name: "hivemind",
			args: []string{"Procfile"},
			pty:  onPTY,
		},
		{
			// It has -m, too, but with the ports' usual steps no more than ten
			// copies.
			name: "overmind",
			args: []string{"start", "-f", "Procfile"},
			pty:  onPTY,
			list: []string{"ps"},
		},
		{
			name:  "process-compose",
			args:  []string{"up", "-f", "process-compose.yaml", "-t=false", "--no-server", "-L", "process-compose.log"},
			asked: []string{"up", "-f", "process-compose.yaml", "-t=false", "-U", "-u", controlSocket, "-L", "process-compose.log"},
			write: writeProcessCompose,
			pty:   onPTY,
			list:  []string{"list", "-o", "wide", "-U", "-u", controlSocket},
		},
	}
}

func flagged(flag string) func(string, int) []string {
	return func(name string, n int) []string {
		return []string{flag, name + "=" + strconv.Itoa(n)}
	}
}

// cannotError is why a manager is left out of a case.
type cannotError string

func (e cannotError) Error() string { return string(e) }

// commandLine writes the manager's files and says what to execute in dir.
func (m manager) commandLine(dir string, a app) ([]string, error) {
	args := m.args
	if a.asked && m.asked != nil {
		args = m.asked
	}
	argv := slices.Concat(a.under, []string{m.path}, args)
	if a.json {
		if m.json == nil {
			return nil, cannotError("it writes no JSON")
		}
		argv = append(argv, m.json...)
	}
	if a.pty {
		if m.pty == nil {
			return nil, cannotError("it uses no ptys")
		}
		argv = append(argv, m.pty...)
	}
	if m.write != nil {
		return argv, m.write(dir, a)
	}
	if m.copies != nil {
		for _, t := range a.types {
			if t.copies > 1 {
				argv = append(argv, m.copies(t.name, t.copies)...)
			}
		}
		return argv, writeProcfile(dir, a.types)
	}
	return argv, writeProcfile(dir, eachOnce(a.types))
}

// eachOnce turns a type with n copies into n types.
func eachOnce(types []processType) []processType {
	var all []processType
	for _, t := range types {
		if t.copies == 1 {
			all = append(all, t)
			continue
		}
		for i := range t.copies {
			all = append(all, processType{t.name + strconv.Itoa(i+1), t.command, 1})
		}
	}
	return all
}

func writeProcfile(dir string, types []processType) error {
	var text strings.Builder
	for _, t := range types {
		fmt.Fprintf(&text, "%s: %s\n", t.name, t.command)
	}
	return os.WriteFile(filepath.Join(dir, "Procfile"), []byte(text.String()), 0o600)
}

func writeProcessCompose(dir string, a app) error {
	var text strings.Builder
	text.WriteString("version: \"0.5\"\nprocesses:\n")
	for _, t := range a.types {
		fmt.Fprintf(&text, "  %s:\n    command: %q\n", t.name, t.command)
		if t.copies > 1 {
			fmt.Fprintf(&text, "    replicas: %d\n", t.copies)
		}
		if a.pty {
			text.WriteString("    is_tty: true\n")
		}
	}
	return os.WriteFile(filepath.Join(dir, "process-compose.yaml"), []byte(text.String()), 0o600)
}
