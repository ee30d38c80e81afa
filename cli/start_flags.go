package cli

import (
	"fmt"
	"strings"

	"ganger/procfile"

	"github.com/spf13/pflag"
)

// filesFlags say which app: they are flags of every command that reads one.
func filesFlags() []spec {
	return []spec{
		{name: "procfile", short: "f", value: "FILE", usage: "the Procfile (Procfile, else Procfile.dev)"},
		{name: "root", short: "d", value: "DIR", usage: "the app root (the folder of -f, else the nearest with a Procfile)", aliases: []string{"app-root"}},
		{name: "env", short: "e", kind: list, value: "FILE,...", usage: "env files instead of .env; later ones win"},
		{name: "no-override", kind: yesNo, usage: "what the environment has set already wins over the env files"},
		{name: "port", short: "p", value: "PORT", usage: "the base port (5000), auto or none; web=6000 for one type", check: checkPort},
		{name: "skip-bad-lines", kind: yesNo, usage: "leave out Procfile lines that are no entry, and name them"},
	}
}

// startFlags are those of start, in the order in which help shows them.
func startFlags() []spec {
	flags := []spec{
		{name: "formation", short: "m", kind: list, value: "TYPE=N,...", usage: "how many of each type; 0 of those not named, but for all=N",
			aliases: []string{"concurrency"}, shortAlias: "c"},
		{name: "except", short: "x", kind: list, value: "TYPE,...", usage: "types not to start"},
	}
	flags = append(flags, filesFlags()...)
	return append(flags, []spec{
		{name: "stop-timeout", short: "t", kind: setting, value: "TIME", usage: "from the stop signal to KILL (5s); bare numbers are seconds", aliases: []string{"timeout"}, check: checkSetting("stop-timeout")},
		{name: "stop-signal", kind: setting, value: "SIG", usage: "what asks a process to stop (TERM)", check: checkSetting("stop-signal")},
		{name: "stop-to", kind: setting, value: "WHOM", usage: "who gets it: group, or main, the first process alone", check: checkSetting("stop-to")},
		{name: "restart", kind: setting, value: "WHEN", usage: "on-failure (default), on-failure:N, always or no", check: checkSetting("restart")},
		{name: "restart-delay", kind: setting, value: "MIN..MAX", usage: "doubled from MIN up to MAX (0.1s..30s)", check: checkSetting("restart-delay")},
		{name: "exit-when", value: "WHEN", usage: "end when all have ended (default), at a failure, or at any end", check: oneOf("all", "failure", "any")},
		{name: "stdin", kind: typeList, value: "TYPE", usage: "the type that reads ganger's input"},
		{name: "tty", kind: setting, value: "WHEN", usage: "a terminal for each process: auto, always or never", check: checkSetting("tty")},
		{name: "timestamps", value: "FORM", usage: "off, time (default) or iso", check: oneOf("off", "time", "iso")},
		{name: "no-prefix", kind: yesNo, usage: "lines without labels"},
		{name: "quiet", kind: typeList, value: "TYPE,...", usage: "types whose output is not shown"},
		{name: "color", value: "WHEN", usage: "auto (default), always or never", check: oneOf("auto", "always", "never"), aliases: []string{"colour"}},
		{name: "json", kind: yesNo, usage: "one JSON object a line"},
		{name: "log-dir", value: "DIR", usage: "write each process's output to DIR/NAME.log as well"},
		{name: "history", value: "SIZE", usage: "output kept in memory for each process (256k)", check: checkSize},
		{name: "socket", value: "PATH", usage: "where commands reach the app instead of the runtime folder, or none"},
		{name: "release", kind: yesNo, usage: "run the release step first"},
		{name: "no-needs", kind: yesNo, usage: "do not start what the named types need"},
		{name: "dry-run", kind: yesNo, usage: "print what would run, and run nothing"},
	}...)
}

// spelling is another program's yes-or-no flag for a value of one of ours. It
// is a pflag.Value.
type spelling struct {
	of      *option
	name    string
	yes, no string
}

func (s spelling) Set(value string) error {
	yes, err := parseYesNo(value)
	if err != nil {
		return err
	}
	text := s.no
	if yes {
		text = s.yes
	}
	return s.of.add(given{text, "--" + s.name, fromFlag})
}

func (spelling) String() string { return "" }
func (spelling) Type() string   { return "" }

// foremanFlags are foreman's and honcho's spellings, which help does not show.
func foremanFlags(fs *pflag.FlagSet, opts *options) {
	for _, s := range []spelling{
		{opts.get("timestamps"), "timestamp", "time", "off"},
		{opts.get("timestamps"), "no-timestamp", "off", "time"},
		{opts.get("color"), "no-color", "never", "auto"},
		{opts.get("color"), "no-colour", "never", "auto"},
	} {
		f := fs.VarPF(s, s.name, "", "another spelling of --"+s.of.name)
		f.Hidden, f.NoOptDefVal = true, "true"
	}
}

// checkSetting checks a setting's values as the Procfile's would be. Who says
// the error names the place.
func checkSetting(key string) func(string) error {
	return func(value string) error {
		for part := range strings.SplitSeq(value, ",") {
			if _, v, ok := strings.Cut(part, "="); ok {
				part = v
			}
			var s procfile.Settings
			if err := s.Set(key, part); err != nil {
				problem, hint := parts(err)
				return usageError(strings.TrimPrefix(problem, key+" "), hint) // the flag's name is said
			}
		}
		return nil
	}
}

func checkPort(value string) error {
	if strings.Contains(value, "=") {
		return checkSetting("port")(value)
	}
	return nil // portalloc names the place it came from
}

func oneOf(words ...string) func(string) error {
	return func(value string) error {
		for _, w := range words {
			if value == w {
				return nil
			}
		}
		return fmt.Errorf("%q is not one of %s", value, strings.Join(words, ", "))
	}
}

func checkSize(value string) error {
	_, err := parseSize(value)
	return err
}

// parseSize reads a number of bytes: 4096, 256k, 4M.
func parseSize(value string) (int, error) {
	digits, unit := value, 1
	switch {
	case strings.HasSuffix(strings.ToLower(value), "k"):
		digits, unit = value[:len(value)-1], 1<<10
	case strings.HasSuffix(strings.ToLower(value), "m"):
		digits, unit = value[:len(value)-1], 1<<20
	}
	n := 0
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' || n > 1<<20 {
			return 0, fmt.Errorf("%q is not a size; use bytes, or 256k or 4M", value)
		}
		n = n*10 + int(c-'0')
	}
	if digits == "" || n*unit > 1<<30 {
		return 0, fmt.Errorf("%q is not a size up to 1024M; use bytes, or 256k or 4M", value)
	}
	return n * unit, nil
}
