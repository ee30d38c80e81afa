package procfile

import (
	"errors"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSet(t *testing.T) {
	for _, test := range []struct {
		key, value string
		want       func(s *Settings)
	}{
		{"restart", "always", func(s *Settings) { s.Restart = Restart{Policy: Always} }},
		{"restart", "on-failure", func(s *Settings) { s.Restart = Restart{Policy: OnFailure} }},
		{"restart", "on-failure:5", func(s *Settings) { s.Restart = Restart{OnFailure, 5} }},
		{"restart", "no", func(s *Settings) { s.Restart = Restart{Policy: Never} }},
		{"restart-delay", "0s", func(s *Settings) { s.RestartDelay = Delay{0, 0} }},
		{"restart-delay", "1", func(s *Settings) { s.RestartDelay = Delay{time.Second, time.Second} }},
		{"restart-delay", "0.2..1m", func(s *Settings) { s.RestartDelay = Delay{200 * time.Millisecond, time.Minute} }},
		{"stop-signal", "INT", func(s *Settings) { s.StopSignal = syscall.SIGINT }},
		{"stop-signal", "sigquit", func(s *Settings) { s.StopSignal = syscall.SIGQUIT }},
		{"stop-timeout", "30", func(s *Settings) { s.StopTimeout = 30 * time.Second }},
		{"stop-timeout", "0", func(s *Settings) { s.StopTimeout = 0 }},
		{"stop-to", "main", func(s *Settings) { s.StopTo = StopMain }},
		{"stop-to", "group", func(s *Settings) { s.StopTo = StopGroup }},
		{"port", "auto", func(s *Settings) { s.Port = PortAuto }},
		{"port", "none", func(s *Settings) { s.Port = PortNone }},
		{"port", "65535", func(s *Settings) { s.Port = 65535 }},
		{"tty", "auto", func(s *Settings) { s.TTY = TTYAuto }},
		{"tty", "yes", func(s *Settings) { s.TTY = TTYAlways }},
		{"tty", "never", func(s *Settings) { s.TTY = TTYNever }},
		{"stdin", "open", func(s *Settings) { s.Stdin = StdinOpen }},
		{"stdin", "yes", func(s *Settings) { s.Stdin = StdinOwn }},
		{"stdin", "null", func(s *Settings) { s.Stdin = StdinNull }},
		{"quiet", "yes", func(s *Settings) { s.Quiet = true }},
		{"quiet", "no", func(s *Settings) { s.Quiet = false }},
		{"dir", "sub/dir", func(s *Settings) { s.Dir = "sub/dir" }},
		{"env.A", "b=c ", func(s *Settings) { s.Env = []EnvVar{{"A", "b=c "}} }},
		{"env.A", "", func(s *Settings) { s.Env = []EnvVar{{"A", ""}} }},
		{"env.discovery.type", "x", func(s *Settings) { s.Env = []EnvVar{{"discovery.type", "x"}} }},
		{"env-file", ".env.web, b", func(s *Settings) { s.EnvFiles = []string{".env.web", "b"} }},
		{"leave", "none", func(s *Settings) { s.Leave = nil }},
		{"leave", "code,Google Chrome", func(s *Settings) { s.Leave = []string{"code", "Google Chrome"} }},
		{"needs", "db, redis,db", func(s *Settings) { s.Needs = []string{"db", "redis"} }},
		{"restart-with", "db", func(s *Settings) { s.RestartWith = []string{"db"} }},
		{"ready", "started", func(s *Settings) { s.Ready = ReadyStarted }},
		{"ready", "port", func(s *Settings) { s.Ready = "port" }},
		{"ready", "log:listening: [0-9]+", func(s *Settings) { s.Ready = "log:listening: [0-9]+" }},
		{"ready", "exit", func(s *Settings) { s.Ready = ReadyExit }},
		{"ready-timeout", "1m30s", func(s *Settings) { s.ReadyTimeout = 90 * time.Second }},
		{"stop-command", "docker compose stop db", func(s *Settings) { s.StopCommand = "docker compose stop db" }},
		{"watch", "src/**/*.{go,mod}", func(s *Settings) { s.Watch = []string{"src/**/*.{go,mod}"} }},
	} {
		got, want := DefaultSettings(), DefaultSettings()
		test.want(&want)
		if err := got.Set(test.key, test.value); err != nil {
			t.Errorf("%s=%s: %v", test.key, test.value, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s=%s: got %+v, want %+v", test.key, test.value, got, want)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	const (
		restart = "; use on-failure, on-failure:N, always or no"
		delay   = "; use MIN..MAX or one time for both, as 0.1s..30s"
		signal  = "; use TERM, INT, QUIT, HUP, USR1, USR2, WINCH or KILL"
		timeout = "; use seconds, or a time like 500ms or 1m30s"
		port    = "; use auto, none or a number from 1 to 65535"
		ready   = "; use started, port, tcp:HOST:PORT, http:/path, log:REGEX or exit"
		files   = "; use FILE,..., relative to the app root"
	)
	for _, test := range []struct{ key, value, want string }{
		{"restart", "", `restart "" is not known` + restart},
		{"restart", "Always", `restart "Always" is not known` + restart},
		{"restart", "on-failure:", `restart "on-failure:" has no number from 1 up after the colon` + restart},
		{"restart", "on-failure:0", `restart "on-failure:0" has no number from 1 up after the colon` + restart},
		{"restart", "on-failure:9999999999", `restart "on-failure:9999999999" has no number from 1 up after the colon` + restart},
		{"restart-delay", "..", `restart-delay "" is not a time` + delay},
		{"restart-delay", "1s..x", `restart-delay "x" is not a time` + delay},
		{"restart-delay", "2s..1s", `restart-delay "2s..1s" begins above its end` + delay},
		{"stop-signal", "FOO", `stop-signal "FOO" is not a signal` + signal},
		{"stop-signal", "15", `stop-signal "15" is a number, and numbers differ between systems` + signal},
		{"stop-signal", "STOP", `stop-signal "STOP" suspends or continues a process and ends none` + signal},
		{"stop-timeout", "-1", `stop-timeout "-1" is negative` + timeout},
		{"stop-to", "all", `stop-to "all" is not known; use group or main`},
		{"port", "0", `port "0" is not a port` + port},
		{"port", "70000", `port "70000" is past 65535` + port},
		{"port", "99999999999999999999", `port "99999999999999999999" is past 65535` + port},
		{"port", "-1", `port "-1" is not a number` + port},
		{"tty", "1", `tty "1" is not known; use auto, always or never`},
		{"stdin", "no", `stdin "no" is not known; use open, yes or null`},
		{"quiet", "", `quiet "" is not known; use yes or no`},
		{"dir", "", `dir is empty; use a folder, relative to the app root`},
		{"env.", "secret", `env. has no name after the dot; use any text`},
		{"env.A B", "secret", `env.A B has ' ' in the name of the variable; use any text`},
		{"env.A", "secret\x00", `env.NAME has a NUL byte; use any text`},
		{"env-file", "a,,b", `env-file "a,,b" has an empty name` + files},
		{"leave", "/usr/bin/firefox", `leave "/usr/bin/firefox" is a path, not the name of a program; use none or NAME,...`},
		{"leave", "", `leave "" has an empty name; use none or NAME,...`},
		{"restrat", "no", `unknown setting "restrat"; did you mean "restart"?`},
		{"stop_signal", "INT", `unknown setting "stop_signal"; did you mean "stop-signal"?`},
		{"readytimeout", "5", `unknown setting "readytimeout"; did you mean "ready-timeout"?`},
		{"needs", "db,", `needs "db," has an empty name; use TYPE,...`},
		{"ready", "", `ready "" is not known` + ready},
		{"ready", "listening", `ready "listening" is not known` + ready},
		{"ready", "port:5000", `ready "port:5000" has something after port, which takes nothing` + ready},
		{"ready", "log:", `ready "log:" has nothing after the colon` + ready},
		{"ready-timeout", "0", `ready-timeout "0" is no time to get ready in` + timeout},
		{"stop-command", " ", `stop-command is empty; use a command`},
		{"watch", "", `watch is empty; use PATTERN,..., relative to its folder, as src/**/*.go,!**/*_test.go`},
		{"evn.A", "b", `unknown setting "evn.A"; did you mean "env.NAME"?`},
		{"colour", "b", `unknown setting "colour"; settings are restart, restart-delay, stop-signal, stop-timeout, stop-to, ` +
			`port, tty, stdin, quiet, dir, env.NAME, env-file, leave, needs, ready, ready-timeout, restart-with, stop-command, watch`},
	} {
		s := DefaultSettings()
		err := s.Set(test.key, test.value)
		var e *SettingError
		if !errors.As(err, &e) || err.Error() != test.want {
			t.Errorf("%s=%s:\n got %v\nwant %s", test.key, test.value, err, test.want)
		}
		if !reflect.DeepEqual(s, DefaultSettings()) {
			t.Errorf("%s=%s: refused, and changed the settings to %+v", test.key, test.value, s)
		}
	}
}

func TestSetAgain(t *testing.T) {
	var s Settings
	for _, set := range [][2]string{
		{"tty", "yes"}, {"tty", "no"}, {"env.A", "1"}, {"env.B", "2"}, {"env.A", "3"}, {"env-file", "x"}, {"env-file", "y"},
		{"leave", "a"}, {"leave", "b"},
	} {
		if err := s.Set(set[0], set[1]); err != nil {
			t.Fatal(err)
		}
	}
	want := Settings{TTY: TTYNever, Env: []EnvVar{{"A", "3"}, {"B", "2"}}, EnvFiles: []string{"x", "y"}, Leave: []string{"b"}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v, want %+v", s, want)
	}
}

func TestCopiesAreIndependent(t *testing.T) {
	base := DefaultSettings()
	for _, key := range []string{"env.A", "env.B", "env.C", "env-file", "env-file", "env-file"} {
		if err := base.Set(key, "base"); err != nil {
			t.Fatal(err)
		}
	}
	one, two := base, base
	for _, s := range []*Settings{&one, &two} {
		for _, key := range []string{"env.A", "env.D", "env-file", "leave"} {
			value := "one"
			if s == &two {
				value = "two"
			}
			if err := s.Set(key, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := []EnvVar{{"A", "base"}, {"B", "base"}, {"C", "base"}}; !reflect.DeepEqual(base.Env, want) {
		t.Errorf("base: %v", base.Env)
	}
	if want := []EnvVar{{"A", "one"}, {"B", "base"}, {"C", "base"}, {"D", "one"}}; !reflect.DeepEqual(one.Env, want) {
		t.Errorf("one: %v", one.Env)
	}
	if want := []string{"base", "base", "base", "one"}; !reflect.DeepEqual(one.EnvFiles, want) {
		t.Errorf("one: %v", one.EnvFiles)
	}
	if reflect.DeepEqual(base.Leave, one.Leave) || reflect.DeepEqual(one.Leave, two.Leave) {
		t.Errorf("leave: %v, %v", one.Leave, two.Leave)
	}
}

func TestKeys(t *testing.T) {
	for _, key := range Keys() {
		if key.Name == "" || key.Values == "" || key.Doc == "" {
			t.Errorf("%+v is not filled in", key)
		}
		switch key.Name {
		case "dir", "env.NAME", "env-file", "leave", "needs", "restart-with", "stop-command", "watch":
			continue // the default is not a text that could be set
		}
		var s, want Settings
		if err := s.Set(key.Name, key.Default); err != nil {
			t.Error(err)
		}
		// What the default sets in empty settings is what DefaultSettings has.
		defaults := reflect.ValueOf(DefaultSettings())
		changed := reflect.ValueOf(s)
		for i := range changed.NumField() {
			if !reflect.DeepEqual(changed.Field(i).Interface(), reflect.ValueOf(want).Field(i).Interface()) &&
				!reflect.DeepEqual(changed.Field(i).Interface(), defaults.Field(i).Interface()) {
				t.Errorf("%s: the default %q gives %v, DefaultSettings %v", key.Name, key.Default, changed.Field(i), defaults.Field(i))
			}
		}
	}
}

func TestStringIsWhatSetTakes(t *testing.T) {
	for _, test := range []struct{ key, value string }{
		{"restart", "on-failure"}, {"restart", "on-failure:3"}, {"restart", "always"}, {"restart", "no"},
		{"restart-delay", "100ms..30s"}, {"restart-delay", "2s"}, {"stop-to", "group"}, {"stop-to", "main"},
		{"port", "auto"}, {"port", "none"}, {"port", "6000"}, {"tty", "auto"}, {"tty", "always"}, {"tty", "never"},
		{"stdin", "open"}, {"stdin", "yes"}, {"stdin", "null"},
	} {
		s := DefaultSettings()
		if err := s.Set(test.key, test.value); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{
			"restart": s.Restart.String(), "restart-delay": s.RestartDelay.String(), "stop-to": s.StopTo.String(),
			"port": s.Port.String(), "tty": s.TTY.String(), "stdin": s.Stdin.String(),
		}[test.key]
		if got != test.value {
			t.Errorf("%s=%s: String gives %q", test.key, test.value, got)
		}
	}
}

func TestSettingsOfATypeInAProcfile(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []Setting
		mistakes   string
	}{
		{"one", "# ganger: restart=always\nweb: a", []Setting{{"restart", "always", 1}}, ""},
		{"forms of the comment", "#ganger:tty=no\n//  ganger : quiet=yes\n\t# ganger: dir=x\nweb: a",
			[]Setting{{"tty", "no", 1}, {"quiet", "yes", 2}, {"dir", "x", 3}}, ""},
		{"comments between", "# ganger: tty=no\n# why\n# see https://example.com/a\nweb: a", []Setting{{"tty", "no", 1}}, ""},
		{"quotes", `# ganger: env.A='$b \c # d' env.B="e;f" env.C=g'h'`, []Setting{{"env.A", `$b \c # d`, 1}, {"env.B", "e;f", 1}, {"env.C", "gh", 1}}, ""},
		{"comment at the end", "# ganger: tty=no # don't; it costs $5", []Setting{{"tty", "no", 1}}, ""},
		{"empty value", "# ganger: env.A= env.B=''", []Setting{{"env.A", "", 1}, {"env.B", "", 1}}, ""},
		{"repeats", "# ganger: env-file=a\n# ganger: env-file=b", []Setting{{"env-file", "a", 1}, {"env-file", "b", 2}}, ""},
		{"commented out with the entry", "# ganger: bogus=1\n#db: postgres\n# ganger: tty=no", []Setting{{"tty", "no", 3}}, ""},
		{"commented out alone", "## ganger: bogus=1\n# # ganger: bogus=1\n# ganger: tty=no", []Setting{{"tty", "no", 3}}, ""},
		{"above a type called ganger", "# ganger: tty=no\nganger: a", []Setting{{"tty", "no", 1}}, ""},
		{"prose", "# ganger starts this\n# Ganger: too", nil, ""},

		{"twice", "# ganger: tty=no\n# ganger: tty=no env.A=1 env.A=2", nil,
			"P:2: tty is set on line 1 already\nP:2: env.A is set on line 2 already"},
		{"no value", "# ganger: quiet", nil, "P:1: quiet has no value"},
		{"no key", "# ganger: =x", nil, `P:1: "=x" is not a setting`},
		{"blanks around =", "# ganger: zap = no", nil,
			"P:1: \"zap\" is not a setting\nP:1: \"=\" is not a setting\nP:1: \"no\" is not a setting"},
		{"nothing", "# ganger:  # later", nil, "P:1: no setting after the colon"},
		{"open quote", "# ganger: dir='a", nil, "P:1: the settings have a quote without its end, or a parenthesis outside quotes"},
		{"shell sign", "# ganger: env.A=a&b", nil, "P:1: the settings have one of ; & | < > outside quotes"},
		{"variable", `# ganger: env.A="$B"`, nil, "P:1: the settings have $ outside single quotes"},
		{"command", "# ganger: env.A=`b`", nil, "P:1: the settings have ` outside single quotes"},
		{"backslash", `# ganger: env.A="a\nb"`, nil, `P:1: the settings have \ outside single quotes`},
		{"bad values of several lines", "# ganger: tty=x\n# ganger: port=0 stop-to=x", nil,
			"P:1: tty \"x\" is not known\nP:2: port \"0\" is not a port\nP:2: stop-to \"x\" is not known"},
		{"empty line below", "# ganger: tty=no\n\n# ganger: quiet=yes", []Setting{{"quiet", "yes", 3}}, "P:1: settings that belong to no type"},
		{"above a bad line", "# ganger: tty=x\nno colon", nil, "P:1: tty \"x\" is not known\nP:2: no colon: \"no colon\""},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := Parse("P", []byte(test.text+"\nlast: x\n"), Options{})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.mistakes {
				t.Errorf("got\n%s\nwant\n%s", got, test.mistakes)
			}
			if test.mistakes != "" && test.want == nil {
				return
			}
			if settings := f.Types[0].Settings; !reflect.DeepEqual(settings, test.want) {
				t.Errorf("got %+v, want %+v", settings, test.want)
			}
		})
	}

	if _, err := Parse("P", []byte("web: a\n# ganger: tty=no"), Options{}); err == nil || err.Error() != "P:2: settings that belong to no type" {
		t.Errorf("settings at the end: %v", err)
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30": 30 * time.Second, "0.5": 500 * time.Millisecond, ".5": 500 * time.Millisecond, "30s": 30 * time.Second,
		"1m30s": 90 * time.Second, "500ms": 500 * time.Millisecond, "0": 0, "0s": 0, "2h": 2 * time.Hour,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": `"" is not a time`, ".": `"." is not a time`, "x": `"x" is not a time`, "NaN": `"NaN" is not a time`,
		"inf": `"inf" is not a time`, "+5": `"+5" is not a time`, "1e3": `"1e3" is not a time`, "1m30": `"1m30" is not a time`,
		"5 s": `"5 s" is not a time`, "-5": `"-5" is negative`, "-0.1s": `"-0.1s" is negative`,
		"10000000000": `"10000000000" is too long a time`, "9999999h": `"9999999h" is too long a time`,
		strings.Repeat("9", 50): `"` + strings.Repeat("9", 40) + `..." is too long a time`,
	} {
		if got, err := ParseDuration(text); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, %v, want %s", text, got, err, want)
		}
	}
}

// FuzzParseDuration holds that no text gives a negative time, and that what is
// accepted is read the same when written as Go writes it.
func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"30", "0.5", "1m30s", "-1", "99999999999", "+", "."} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err != nil {
			return
		}
		if again, err := ParseDuration(d.String()); err != nil || d < 0 || again != d {
			t.Fatalf("%q: %v, then %v, %v", text, d, again, err)
		}
	})
}

func TestSignals(t *testing.T) {
	for text, want := range map[string]syscall.Signal{
		"TERM": syscall.SIGTERM, "SIGTERM": syscall.SIGTERM, "int": syscall.SIGINT, "SigHup": syscall.SIGHUP,
		"USR1": syscall.SIGUSR1, "WINCH": syscall.SIGWINCH, "KILL": syscall.SIGKILL,
	} {
		got, err := ParseSignal(text)
		if err != nil || got != want {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
		if name := SignalName(got); !strings.EqualFold(strings.TrimPrefix(name, "SIG"), strings.TrimPrefix(strings.ToUpper(text), "SIG")) {
			t.Errorf("%q is called %q", text, name)
		}
	}
	for _, text := range []string{"", "SIG", "0", "9", "TERM ", "-TERM", "SIGSIGTERM"} {
		if got, err := ParseSignal(text); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
	if got := SignalName(syscall.Signal(120)); got != "signal 120" {
		t.Errorf("got %q", got)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"web", "worker", "clock", "web-admin", "rails-worker"}
	for word, want := range map[string]string{
		"wbe": "web", "we": "web", "workr": "worker", "Worker": "worker", "admin": "web-admin", "clokc": "clock",
		"rails": "rails-worker", "nope": "", "": "", "xyz": "", "work": "worker", "ork": "",
		strings.Repeat("w", 1<<20): "",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("%.20q: got %q, want %q", word, got, want)
		}
	}
}
