package formation

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ganger/env"
	"ganger/procfile"
)

// Advice is what deserves to be set for a program that is known.
type Advice struct {
	Program string
	Set     string // settings, "stop-signal=INT"; "" where the command is what to change
	Why     string
}

// String is one line: postgres: stop-signal=INT, since TERM waits for its clients.
func (a Advice) String() string {
	if a.Set == "" {
		return a.Program + ": " + a.Why
	}
	return fmt.Sprintf("%s: %s, since %s", a.Program, a.Set, a.Why)
}

// Advise looks for common programs in a command and says what to set for them
// that is not set. Where a shell runs several programs, each is looked at.
func Advise(command string, settings procfile.Settings) []Advice {
	var all []Advice
	for _, c := range calls(command) {
		for _, known := range knownPrograms() {
			if !slices.Contains(known.names, c.name) || known.sub != "" && !slices.Contains(c.args, known.sub) {
				continue
			}
			if set, why := known.advise(c, settings); why != "" {
				all = append(all, Advice{c.name, set, why})
			}
		}
	}
	return all
}

// knownProgram is a program, or with sub one of its commands.
type knownProgram struct {
	names  []string
	sub    string
	advise func(c call, s procfile.Settings) (set, why string) // why is "" where all is well
}

// knownPrograms is where a program is added. Sources are the programs' own manuals.
func knownPrograms() []knownProgram {
	return []knownProgram{
		{names("postgres", "postmaster"), "", stopWith("INT",
			"TERM waits until every client has left (smart shutdown)")},
		{names("celery"), "worker", both(
			toMain("it ends its children itself, and TERM makes them drop their tasks"),
			timeout(30*time.Second, "it lets running tasks finish, and is killed after %s"))},
		{names("sidekiq", "sidekiqswarm"), "", sidekiq},
		{names("rake", "rails"), "resque:work", stopWith("QUIT",
			"TERM ends the running job, QUIT lets it finish")},
		{names("uwsgi"), "", uwsgi},
		{names("docker", "docker-compose", "podman", "podman-compose"), "up", timeout(15*time.Second,
			"containers have 10 s to stop, and it is killed after %s: they are left running")},
		{names("tailwindcss", "esbuild"), "", watcher},
		{names("mysqld", "mariadbd"), "", timeout(30*time.Second,
			"it writes its buffers at the end, and is killed after %s")},

		// The following would leave us with nothing but their children.
		{names("nginx"), "", background(unless("daemon off"), `nginx -g "daemon off;", unless its configuration says so`)},
		{names("redis-server", "valkey-server"), "", redis},
		{names("pg_ctl", "pg_ctlcluster"), "start", background(always, "postgres -D DIR")},
		{names("systemctl", "service", "brew"), "start", background(always, "the program that it starts")},
		{names("httpd", "apache2", "apachectl", "apache2ctl"), "", background(unless("FOREGROUND"), "-DFOREGROUND")},
		{names("php-fpm"), "", background(unless("-F", "--nodaemonize"), "-F")},
		{names("supervisord"), "", background(unless("-n", "--nodaemon"), "-n")},
		{names("caddy"), "start", background(always, "caddy run")},
		{names("celery"), "multi", background(always, "celery worker")},
		{names("docker", "docker-compose", "podman", "podman-compose"), "up", background(having("-d", "--detach"), "no -d")},
		{names("docker", "podman"), "run", background(having("-d", "--detach"), "no -d")},
		{names("gunicorn"), "", background(having("-D", "--daemon"), "no --daemon")},
		{names("unicorn", "unicorn_rails", "haproxy"), "", background(having("-D", "--daemonize"), "no -D")},
		{names("memcached", "elasticsearch"), "", background(having("-d", "--daemon", "--daemonize"), "no -d")},
		{names("rails"), "server", background(having("-d", "--daemon"), "no -d")},
		{names("mongod"), "", background(having("--fork"), "no --fork")},
		{names("mysqld", "mariadbd"), "", background(having("-D", "--daemonize"), "no --daemonize")},
		{names("rabbitmq-server"), "", background(having("-detached"), "no -detached")},
	}
}

func names(n ...string) []string { return n }

type adviser = func(call, procfile.Settings) (set, why string)

func stopWith(sig, why string) adviser {
	return func(_ call, s procfile.Settings) (string, string) {
		if s.StopSignal != syscall.SIGTERM {
			return "", "" // chosen by somebody who knows
		}
		return "stop-signal=" + sig, why
	}
}

func toMain(why string) adviser {
	return func(_ call, s procfile.Settings) (string, string) {
		if s.StopTo == procfile.StopMain {
			return "", ""
		}
		return "stop-to=main", why
	}
}

// timeout asks for a longer one. In why, %s is the present one.
func timeout(least time.Duration, why string) adviser {
	return func(_ call, s procfile.Settings) (string, string) {
		if s.StopTimeout >= least {
			return "", ""
		}
		return "stop-timeout=" + least.String(), fmt.Sprintf(why, s.StopTimeout)
	}
}

func both(a, b adviser) adviser {
	return func(c call, s procfile.Settings) (string, string) {
		set1, why1 := a(c, s)
		set2, why2 := b(c, s)
		if why1 == "" || why2 == "" {
			return set1 + set2, why1 + why2
		}
		return set1 + " " + set2, why1 + "; " + why2
	}
}

// background tells of a program that does not stay in the foreground.
func background(when func(call) bool, instead string) adviser {
	return func(c call, _ procfile.Settings) (string, string) {
		if !when(c) {
			return "", ""
		}
		return "", "it goes to the background, where it is taken for ended; use " + instead
	}
}

func always(call) bool { return true }

func having(flags ...string) func(call) bool {
	return func(c call) bool {
		return slices.ContainsFunc(flags, func(f string) bool { return slices.Contains(c.args, f) })
	}
}

func unless(texts ...string) func(call) bool {
	return func(c call) bool {
		line := strings.Join(c.args, " ")
		return !slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(line, t) })
	}
}

// sidekiq has a timeout of its own, 25 s if none is given, and needs 5 s beyond.
func sidekiq(c call, s procfile.Settings) (string, string) {
	own := 25
	if n, err := strconv.Atoi(c.value("-t", "--timeout")); err == nil && n > 0 {
		own = n
	}
	why := fmt.Sprintf("jobs have %d s to finish, and it is killed after %%s: what they do is lost or done twice", own)
	return timeout(time.Duration(own+5)*time.Second, why)(c, s)
}

func uwsgi(c call, s procfile.Settings) (string, string) {
	if slices.Contains(c.args, "--die-on-term") {
		return "", ""
	}
	return stopWith("INT", "TERM makes it start anew, unless die-on-term is set")(c, s)
}

// watcher is a program that watches files until its input ends.
func watcher(c call, s procfile.Settings) (string, string) {
	if s.Stdin != procfile.StdinNull || !slices.Contains(c.args, "--watch") && !slices.Contains(c.args, "-w") {
		return "", ""
	}
	return "stdin=open", "--watch ends with the end of its input"
}

// redis goes to the background if its configuration says so, as Debian's does.
// What follows the file wins.
func redis(c call, s procfile.Settings) (string, string) {
	file := len(c.args) > 0 && !strings.HasPrefix(c.args[0], "-")
	switch daemonize := c.value("--daemonize"); {
	case daemonize == "yes":
		return background(always, "no --daemonize")(c, s)
	case daemonize == "" && file:
		return "", "its configuration may send it to the background (Debian's does), where it is taken for ended; add --daemonize no"
	}
	return "", ""
}

// call is a program with its arguments.
type call struct {
	name string
	args []string
}

// value is what follows one of the flags, or "".
func (c call) value(flags ...string) string {
	for i, arg := range c.args {
		for _, f := range flags {
			if v, ok := strings.CutPrefix(arg, f+"="); ok {
				return v
			}
			if arg == f && i+1 < len(c.args) {
				return c.args[i+1]
			}
		}
	}
	return ""
}

// calls are the programs that a line runs, as far as a glance tells: it serves
// advice and nothing else.
func calls(line string) []call {
	var all []call
	for part := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(";&|()", r) }) {
		words := strings.Fields(part)
		for i := range words {
			words[i] = strings.Trim(words[i], `"'`)
		}
		words = skipWrappers(words)
		if len(words) > 0 {
			name := path.Base(words[0])
			if words[0] == "@tailwindcss/cli" { // its package, which npx takes for the program
				name = "tailwindcss"
			}
			all = append(all, call{name, words[1:]})
		}
	}
	return all
}

// skipWrappers drops what stands before the program: FOO=1 exec bundle exec ...
func skipWrappers(words []string) []string {
	for len(words) > 0 {
		name, _, assigns := strings.Cut(words[0], "=")
		next := ""
		if len(words) > 1 {
			next = words[1]
		}
		switch pair := path.Base(words[0]) + " " + next; {
		case assigns && env.ValidName(name):
			words = words[1:]
		case pair == "sh -c", pair == "bash -c", pair == "bundle exec", pair == "poetry run", pair == "uv run", pair == "pipenv run", pair == "hatch run",
			pair == "npm exec", pair == "pnpm exec", pair == "yarn exec", pair == "yarn run", pair == "python -m", pair == "python3 -m":
			words = words[2:]
		case slices.Contains(names("exec", "env", "npx", "bunx", "nice", "sudo", "--", "-y", "--yes"), path.Base(words[0])):
			words = words[1:]
		default:
			return words
		}
	}
	return nil
}
