package procfile

import (
	"fmt"
	"strings"
	"syscall"
	"time"
)

// Settings is how a type is to be run. The zero value is not the default:
// StopTime is how long a stop takes at most: that of the stop-command, if there
// is one, and then that of the process.
func (s Settings) StopTime() time.Duration {
	if s.StopCommand != "" {
		return 2 * s.StopTimeout
	}
	return s.StopTimeout
}

// DefaultSettings is. A copy shares nothing that Set would change.
type Settings struct {
	Restart      Restart
	RestartDelay Delay
	StopSignal   syscall.Signal
	StopTimeout  time.Duration // of the stop-command, and from the stop signal to KILL; 0 kills at once
	StopTo       StopTo
	Port         Port
	TTY          TTY
	Stdin        Stdin
	Quiet        bool     // keep the output out of the stream that is shown
	Dir          string   // relative to the app root; empty is the app root
	Env          []EnvVar // in the order given, names unique
	EnvFiles     []string // relative to the app root, later ones win
	Leave        []string // programs let go at a stop where they left their group

	Needs        []string // types that have to be ready before it starts
	Ready        Ready
	ReadyTimeout time.Duration // after which it is said what it is waited for
	RestartWith  []string      // types whose restart restarts it
	StopCommand  string        // run at a stop before the stop signal; empty: none
	Watch        []string      // patterns of files whose change restarts it, each list as given
}

// DefaultSettings returns the settings of a type that has none.
func DefaultSettings() Settings {
	return Settings{
		Restart:      Restart{Policy: OnFailure},
		RestartDelay: Delay{Min: 100 * time.Millisecond, Max: 30 * time.Second},
		StopSignal:   syscall.SIGTERM,
		StopTimeout:  5 * time.Second,
		Leave:        browsers(),
		Ready:        ReadyStarted,
		ReadyTimeout: 60 * time.Second,
	}
}

// browsers names what dev servers open and the user wants to keep. The names
// are those that Linux, macOS and FreeBSD show for the process; Linux cuts
// them at 15 bytes.
func browsers() []string {
	return []string{
		"firefox", "firefox-esr", "firefox-bin", "librewolf", "zen",
		"chrome", "google-chrome", "Google Chrome", "chromium", "chromium-browse", "Chromium",
		"brave", "brave-browser", "Brave Browser", "msedge", "microsoft-edge", "Microsoft Edge",
		"opera", "Opera", "vivaldi-bin", "Vivaldi", "epiphany", "falkon", "konqueror", "Safari", "Arc",
	}
}

// Key describes one setting, for help and documents.
type Key struct {
	Name    string // "restart"; "env.NAME" stands for every name
	Values  string // what is accepted, as it would follow "use"
	Default string
	Doc     string // what it does, one line
}

// Keys describes every setting, in the order in which to show them.
func Keys() []Key {
	all := make([]Key, len(keys))
	for i := range keys {
		all[i] = keys[i].Key
	}
	return all
}

type keyRow struct {
	Key
	repeats bool // may be given more than once for a type
	// set stores the value. name is what stands for NAME in "env.NAME". The
	// error begins with the value, quoted: `"x" is not ...`.
	set func(s *Settings, name, value string) error
}

// keys is where a setting is added: a row, and the function that reads it.
var keys = [...]keyRow{
	{Key{"restart", "on-failure, on-failure:N, always or no", "on-failure",
		"when to start again what has ended; with N, give up after N failures in a row"}, false, setRestart},
	{Key{"restart-delay", "MIN..MAX or one time for both, as 0.1s..30s", "0.1s..30s",
		"how long to wait before a restart: doubled each time, from MIN up to MAX"}, false, setRestartDelay},
	{Key{"stop-signal", signalNames, "TERM",
		"the signal that asks a process to stop"}, false, setStopSignal},
	{Key{"stop-timeout", "seconds, or a time like 500ms or 1m30s", "5s",
		"how long a process has to stop before it is killed"}, false, setStopTimeout},
	{Key{"stop-to", "group or main", "group",
		"who gets the stop signal: the process group, or its first process alone"}, false, setStopTo},
	{Key{"port", "auto, none or a number from 1 to 65535", "auto",
		"the port of the type's first process; none sets no PORT"}, false, setPort},
	{Key{"tty", "auto, always or never", "auto",
		"whether the output is a terminal; auto: when ganger's own is"}, false, setTTY},
	{Key{"stdin", "open, yes or null", "open",
		"what the process reads: nothing yet and no end of file, ganger's own input, or the end of file"}, false, setStdin},
	{Key{"quiet", "yes or no", "no",
		"keep the output in the history and do not show it"}, false, setQuiet},
	{Key{"dir", "a folder, relative to the app root", "the app root",
		"the folder that the command runs in"}, false, setDir},
	{Key{"env.NAME", "any text", "",
		"a variable for this type alone"}, false, setEnv},
	{Key{"env-file", "FILE,..., relative to the app root", "",
		"env files for this type alone, read after the app's own"}, true, setEnvFile},
	{Key{"leave", "none or NAME,...", "the usual browsers",
		"programs that a stop lets go if they have left their process group"}, false, setLeave},
	{Key{"needs", "TYPE,...", "",
		"types that have to be ready before it starts, and that stop after it"}, true, setNeeds},
	{Key{"ready", "started, port, tcp:HOST:PORT, http:/path, log:REGEX or exit", "started",
		"when it is ready: it runs, it listens (on its PORT or, if it leaves that alone, on another: for 0.5 s, 2 s where the system picked the port, 10 s on a debugger's), it answers, it writes a line, or it has ended with status 0"}, false, setReady},
	{Key{"ready-timeout", "seconds, or a time like 500ms or 1m30s", "60s",
		"how long it may take to be ready before that is said, and ganger wait fails"}, false, setReadyTimeout},
	{Key{"restart-with", "TYPE,...", "",
		"types whose restart restarts it as well"}, true, setRestartWith},
	{Key{"stop-command", "a command", "",
		"what is run at a stop before the stop signal, for at most stop-timeout, which the process has after it as well"}, false, setStopCommand},
	{Key{"watch", "PATTERN,..., relative to its folder, as src/**/*.go,!**/*_test.go", "",
		"files whose change restarts it"}, true, setWatch},
}

// find returns the row of a key and what it gives for NAME.
func find(key string) (row *keyRow, name string, ok bool) {
	for i := range keys {
		row := &keys[i]
		if prefix, open := strings.CutSuffix(row.Name, "NAME"); open {
			if name, ok := strings.CutPrefix(key, prefix); ok {
				return row, name, true
			}
		} else if row.Name == key {
			return row, "", true
		}
	}
	return nil, "", false
}

// Set gives a setting its value. It serves Procfile settings, flags and keys of
// a defaults file of the same name. A later value replaces an earlier one; a
// setting that names several things (env-file, needs, restart-with, watch) adds
// to it. The error is a *SettingError.
func (s *Settings) Set(key, value string) error {
	row, name, ok := find(key)
	if !ok {
		return unknownKey(key)
	}
	if strings.IndexByte(key, 0) >= 0 || strings.IndexByte(value, 0) >= 0 {
		return &SettingError{Problem: row.Name + " has a NUL byte", Hint: "use " + row.Values}
	}
	if err := row.set(s, name, value); err != nil {
		return &SettingError{Problem: key + " " + err.Error(), Hint: "use " + row.Values}
	}
	return nil
}

// SettingError says what is wrong with a key or a value, and what is accepted.
type SettingError struct{ Problem, Hint string }

// Error returns the problem and the hint in one line.
func (e *SettingError) Error() string { return e.Problem + "; " + e.Hint }

func unknownKey(key string) error {
	known := make([]string, len(keys))
	for i := range keys {
		known[i] = keys[i].Name
	}
	e := &SettingError{Problem: "unknown setting " + quote(key)}
	word := key
	if prefix, _, dotted := strings.Cut(key, "."); dotted {
		word = prefix + ".NAME"
	}
	if near := Nearest(word, known); near != "" {
		e.Hint = fmt.Sprintf("did you mean %q?", near)
	} else {
		e.Hint = "settings are " + strings.Join(known, ", ")
	}
	return e
}
