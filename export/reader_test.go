package export

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// readProgram has supervisord's own code read its file, where that is
// installed; else what that code is made of, Python's configparser and shlex.
func readProgram(t *testing.T, _ App, dir string) *exec.Cmd {
	t.Helper()
	python := needs(t, "python3")
	script := `
import configparser, json, shlex, sys
c = configparser.RawConfigParser(inline_comment_prefixes=(';', '#'), strict=False)
c.read(sys.argv[1], encoding='utf-8')
print(json.dumps(shlex.split(c.get('program:shop-web-1', 'command') % {})))`
	for _, other := range []string{"/usr/bin/python3", python} { // a package of the system is of its own Python
		if limited(t, other, "-c", "import supervisor.options").Run() == nil {
			python, script = other, `
import json, sys
from supervisor.options import ServerOptions
from supervisor.process import Subprocess
o = ServerOptions()
o.realize(['-c', sys.argv[1]])
program = o.process_group_configs[0].process_configs[0]
print(json.dumps(Subprocess(program).get_execv_args()[1]))`
			break
		}
	}
	file := filepath.Join(dir, "main.conf")
	if err := os.WriteFile(file, []byte("[supervisord]\n[include]\nfiles=shop.conf\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(script, "ServerOptions") {
		file = filepath.Join(dir, "shop.conf")
	}
	var words []string
	pythonJSON(t, &words, python, script, file)
	return withEnv(words, nil)
}

// readPropertyList has Python's plistlib read the file, which is strict.
func readPropertyList(t *testing.T, _ App, dir string) *exec.Cmd {
	t.Helper()
	var list struct {
		ProgramArguments     []string
		EnvironmentVariables map[string]string
	}
	pythonJSON(t, &list, needs(t, "python3"), `
import json, plistlib, sys
print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))`, filepath.Join(dir, "shop-web-1.plist"))
	var env []string
	for name, value := range list.EnvironmentVariables {
		env = append(env, name+"="+value)
	}
	return withEnv(list.ProgramArguments, env)
}

// readService runs the script of a service, where the engine's programs that
// change the group and the user change nothing.
func readService(t *testing.T, app App, dir string) *exec.Cmd {
	t.Helper()
	program(t, app.Root, "tools/chpst", `while [ "$1" != /bin/sh ]; do shift; done; exec "$@"`)
	cmd := withEnv([]string{"/bin/sh", "run"}, []string{"PATH=" + filepath.Join(app.Root, "tools") + ":" + os.Getenv("PATH")})
	// The engine starts a script in its own folder.
	cmd.Args = []string{"/bin/sh", "-c", `cd "$0" && exec ./run`, filepath.Join(dir, "shop-web-1")}
	return cmd
}

// readUpstartJob runs what upstart would give to a shell, with its option: the
// lines between script and the first that is end script, blanks aside (init(5)).
func readUpstartJob(t *testing.T, _ App, dir string) *exec.Cmd {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "shop-web-1.conf"))
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	inside := false
	for line := range strings.Lines(string(text)) {
		switch word := strings.Join(strings.Fields(line), " "); {
		case !inside:
			inside = word == "script"
		case word == "end script":
			return withEnv([]string{"/bin/sh", "-e", "-c", script.String()}, nil)
		default:
			script.WriteString(line)
		}
	}
	t.Fatalf("no end of the script:\n%s", text)
	return nil
}

// pythonJSON decodes what a script prints.
func pythonJSON(t *testing.T, into any, python, script string, args ...string) {
	t.Helper()
	cmd := limited(t, python, append([]string{"-c", script}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONUTF8=1")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// limited is a program that has to come to its end.
func limited(t testing.TB, name string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, name, args...)
}

// withEnv is a command with an environment of PATH and these.
func withEnv(words, env []string) *exec.Cmd {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	return cmd
}
