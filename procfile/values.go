package procfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Restart says what to do when a process has ended.
type Restart struct {
	Policy RestartPolicy
	Max    int // failures in a row after which OnFailure gives up; 0 never does
}

// RestartPolicy says which ends are followed by a restart.
type RestartPolicy int

const (
	OnFailure RestartPolicy = iota // a status other than 0, or a signal
	Always
	Never
)

// String returns the text that Set takes for it.
func (r Restart) String() string {
	switch {
	case r.Policy == Always:
		return "always"
	case r.Policy == Never:
		return "no"
	case r.Max > 0:
		return "on-failure:" + strconv.Itoa(r.Max)
	}
	return "on-failure"
}

// Delay is how long to wait before a restart: Min at first, then doubled up to
// Max.
type Delay struct{ Min, Max time.Duration }

// String returns the text that Set takes for it.
func (d Delay) String() string {
	if d.Min == d.Max {
		return d.Min.String()
	}
	return d.Min.String() + ".." + d.Max.String()
}

// StopTo says who gets the stop signal.
type StopTo int

const (
	StopGroup StopTo = iota // the process group of the first process
	StopMain                // the first process alone
)

// String returns the text that Set takes for it.
func (t StopTo) String() string {
	if t == StopMain {
		return "main"
	}
	return "group"
}

// Port is the port of a type's first process: a number, PortAuto or PortNone.
type Port int

const (
	PortAuto Port = 0  // by the type's place in the Procfile
	PortNone Port = -1 // no PORT at all
)

// String returns the text that Set takes for it.
func (p Port) String() string {
	switch p {
	case PortAuto:
		return "auto"
	case PortNone:
		return "none"
	}
	return strconv.Itoa(int(p))
}

// TTY says whether a process writes to a terminal of its own or to a pipe.
type TTY int

const (
	TTYAuto TTY = iota // a terminal when ganger's output is one
	TTYAlways
	TTYNever
)

// String returns the text that Set takes for it.
func (t TTY) String() string {
	switch t {
	case TTYAlways:
		return "always"
	case TTYNever:
		return "never"
	}
	return "auto"
}

// Stdin says what a process reads.
type Stdin int

const (
	StdinOpen Stdin = iota // nothing, and no end of file: some watchers end on it
	StdinOwn               // what ganger itself reads
	StdinNull              // the end of file
)

// String returns the text that Set takes for it.
func (s Stdin) String() string {
	switch s {
	case StdinOwn:
		return "yes"
	case StdinNull:
		return "null"
	}
	return "open"
}

// Ready says when a process is ready for those that need it. Beside the two
// below, which need no looking, it is port, tcp:HOST:PORT, http:/path or
// log:REGEX, of which only the first word is known to be right.
type Ready string

const (
	ReadyStarted Ready = "started" // it runs
	ReadyExit    Ready = "exit"    // it has run to its end with status 0
)

// Probed reports whether somebody has to look whether a process is ready.
func (r Ready) Probed() bool { return r != ReadyStarted && r != ReadyExit && r != "" }

// NeedsPort reports whether only a process with a PORT can be ready.
func (r Ready) NeedsPort() bool { return r == "port" || strings.HasPrefix(string(r), "http:") }

// EnvVar is a variable of the environment.
type EnvVar struct{ Name, Value string }

func unknown(value string) error { return fmt.Errorf("%s is not known", quote(value)) }

func setRestart(s *Settings, _, value string) error {
	switch value {
	case "on-failure":
		s.Restart = Restart{Policy: OnFailure}
	case "always":
		s.Restart = Restart{Policy: Always}
	case "no", "never":
		s.Restart = Restart{Policy: Never}
	default:
		count, ok := strings.CutPrefix(value, "on-failure:")
		if !ok {
			return unknown(value)
		}
		n, err := strconv.ParseUint(count, 10, 31)
		if err != nil || n == 0 {
			return fmt.Errorf("%s has no number from 1 up after the colon", quote(value))
		}
		s.Restart = Restart{Policy: OnFailure, Max: int(n)}
	}
	return nil
}

func setRestartDelay(s *Settings, _, value string) error {
	low, high, ranged := strings.Cut(value, "..")
	if !ranged {
		high = low
	}
	shortest, err := ParseDuration(low)
	if err != nil {
		return err
	}
	longest, err := ParseDuration(high)
	if err != nil {
		return err
	}
	if shortest > longest {
		return fmt.Errorf("%s begins above its end", quote(value))
	}
	s.RestartDelay = Delay{Min: shortest, Max: longest}
	return nil
}

func setStopSignal(s *Settings, _, value string) error {
	sig, err := ParseSignal(value)
	if err != nil {
		return err
	}
	switch sig {
	case syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGCONT:
		return fmt.Errorf("%s suspends or continues a process and ends none", quote(value))
	}
	s.StopSignal = sig
	return nil
}

func setStopTimeout(s *Settings, _, value string) error {
	timeout, err := ParseDuration(value)
	if err != nil {
		return err
	}
	s.StopTimeout = timeout
	return nil
}

func setStopTo(s *Settings, _, value string) error {
	switch value {
	case "group":
		s.StopTo = StopGroup
	case "main":
		s.StopTo = StopMain
	default:
		return unknown(value)
	}
	return nil
}

func setPort(s *Settings, _, value string) error {
	switch value {
	case "auto":
		s.Port = PortAuto
	case "none":
		s.Port = PortNone
	default:
		n, err := strconv.ParseUint(value, 10, 64)
		switch {
		case err != nil && !errors.Is(err, strconv.ErrRange):
			return fmt.Errorf("%s is not a number", quote(value))
		case err != nil || n > 65535:
			return fmt.Errorf("%s is past 65535", quote(value))
		case n == 0:
			return fmt.Errorf("%s is not a port", quote(value))
		}
		s.Port = Port(n)
	}
	return nil
}

func setTTY(s *Settings, _, value string) error {
	switch value {
	case "auto":
		s.TTY = TTYAuto
	case "always", "yes":
		s.TTY = TTYAlways
	case "never", "no":
		s.TTY = TTYNever
	default:
		return unknown(value)
	}
	return nil
}

func setStdin(s *Settings, _, value string) error {
	switch value {
	case "open":
		s.Stdin = StdinOpen
	case "yes":
		s.Stdin = StdinOwn
	case "null":
		s.Stdin = StdinNull
	default:
		return unknown(value)
	}
	return nil
}

func setQuiet(s *Settings, _, value string) error {
	switch value {
	case "yes", "true":
		s.Quiet = true
	case "no", "false":
		s.Quiet = false
	default:
		return unknown(value)
	}
	return nil
}

func setDir(s *Settings, _, value string) error {
	if value == "" {
		return errors.New("is empty")
	}
	s.Dir = value
	return nil
}

// setEnv never shows the value in an error: it may be a secret.
func setEnv(s *Settings, name, value string) error {
	if name == "" {
		return errors.New("has no name after the dot")
	}
	for _, r := range name {
		if r <= ' ' || r == '=' || r == 0x7f {
			return fmt.Errorf("has %q in the name of the variable", r)
		}
	}
	vars := slices.Clone(s.Env)
	at := slices.IndexFunc(vars, func(v EnvVar) bool { return v.Name == name })
	if at >= 0 {
		vars[at].Value = value
	} else {
		vars = append(vars, EnvVar{name, value})
	}
	s.Env = vars
	return nil
}

func setEnvFile(s *Settings, _, value string) error {
	files, err := list(value)
	if err != nil {
		return err
	}
	s.EnvFiles = slices.Concat(s.EnvFiles, files)
	return nil
}

func setLeave(s *Settings, _, value string) error {
	if value == "none" {
		s.Leave = nil
		return nil
	}
	names, err := list(value)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.Contains(name, "/") {
			return fmt.Errorf("%s is a path, not the name of a program", quote(name))
		}
	}
	s.Leave = names
	return nil
}

func setNeeds(s *Settings, _, value string) error {
	return addTypes(&s.Needs, value)
}

func setRestartWith(s *Settings, _, value string) error {
	return addTypes(&s.RestartWith, value)
}

// addTypes adds the names of types that are not there yet.
func addTypes(to *[]string, value string) error {
	names, err := list(value)
	if err != nil {
		return err
	}
	all := slices.Clone(*to)
	for _, name := range names {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	*to = all
	return nil
}

func setReady(s *Settings, _, value string) error {
	switch kind, rest, more := strings.Cut(value, ":"); kind {
	case "started", "port", "exit":
		if more {
			return fmt.Errorf("%s has something after %s, which takes nothing", quote(value), kind)
		}
	case "tcp", "http", "log":
		if rest == "" {
			return fmt.Errorf("%s has nothing after the colon", quote(value))
		}
	default:
		return unknown(value)
	}
	s.Ready = Ready(value)
	return nil
}

func setReadyTimeout(s *Settings, _, value string) error {
	timeout, err := ParseDuration(value)
	if err == nil && timeout == 0 {
		err = fmt.Errorf("%s is no time to get ready in", quote(value))
	}
	if err != nil {
		return err
	}
	s.ReadyTimeout = timeout
	return nil
}

func setStopCommand(s *Settings, _, value string) error {
	if strings.TrimSpace(value) == "" {
		return errors.New("is empty")
	}
	s.StopCommand = value
	return nil
}

func setWatch(s *Settings, _, value string) error {
	if strings.TrimSpace(value) == "" {
		return errors.New("is empty")
	}
	s.Watch = append(slices.Clone(s.Watch), value)
	return nil
}

// list splits at commas. Blanks around a part are dropped.
func list(value string) ([]string, error) {
	parts := strings.Split(value, ",")
	for i, part := range parts {
		if parts[i] = strings.TrimSpace(part); parts[i] == "" {
			return nil, fmt.Errorf("%s has an empty name", quote(value))
		}
	}
	return parts, nil
}
