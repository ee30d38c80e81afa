package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// supervisor is a program that runs a Procfile.
type supervisor struct {
	name  string
	path  string
	args  func(dir string) []string
	write func(dir string, pairs []string, child func(string) string) error // its own file
	// limit is how long an end may take: the stop timeout and two seconds.
	limit time.Duration
}

// slack is for a machine that has other things to do.
const slack = 3 * time.Second

func ganger(path string) supervisor {
	return supervisor{
		name:  "ganger",
		path:  path,
		args:  func(string) []string { return []string{"start"} },
		limit: time.Second + 2*time.Second + slack,
	}
}

// peerLimit is for those that wait longest before they kill (goreman and
// process-compose, 10 s), and for a machine that runs many of them.
const peerLimit = 20 * time.Second

// peers are those found in folder or on PATH, as their users would start them.
func peers(folder string) []supervisor {
	plain := func(args ...string) func(string) []string {
		return func(string) []string { return args }
	}
	known := []supervisor{
		{name: "foreman", args: plain("start")},
		{name: "forego", args: plain("start")},
		{name: "goreman", args: plain("-rpc-server=false", "start")},
		{name: "honcho", args: plain("start")},
		{name: "hivemind", args: plain()},
		{name: "nf", args: plain("start")},
		{name: "overmind", args: func(dir string) []string {
			return []string{"start", "-s", filepath.Join(dir, "overmind.sock")}
		}},
		{name: "process-compose", args: plain("up", "--no-server", "--tui=false"), write: writeCompose},
	}
	var found []supervisor
	for _, s := range known {
		s.limit = peerLimit
		s.path = filepath.Join(folder, s.name)
		if _, err := os.Stat(s.path); folder == "" || err != nil {
			if s.path, err = exec.LookPath(s.name); err != nil {
				continue
			}
		}
		found = append(found, s)
	}
	return found
}

func writeCompose(dir string, pairs []string, child func(string) string) error {
	var text strings.Builder
	fmt.Fprintln(&text, "version: \"0.5\"\nprocesses:")
	for i := 0; i < len(pairs); i += 2 {
		lines := strings.Split(pairs[i], "\n")
		command := pairs[i+1]
		if rest, ok := strings.CutPrefix(command, childName+" "); ok {
			command = child(rest)
		}
		fmt.Fprintf(&text, "  %s:\n    command: %s\n", lines[len(lines)-1], strconv.Quote(command))
	}
	return os.WriteFile(filepath.Join(dir, "process-compose.yaml"), []byte(text.String()), 0o644)
}
