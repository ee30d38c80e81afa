package export

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ganger/export/internal/awkward"
)

var seed = awkward.SeedFlag()

// reader reads back what a format made of the process web.1 of the app shop,
// and returns the command that the engine would run, in its environment.
type reader func(t *testing.T, app App, dir string) *exec.Cmd

// Hundreds of awkward values, as variables and as arguments, are read back by a
// reader of the engine's own, or by the one that it uses, and reach the program
// byte for byte.
func TestEveryValueIsReadBack(t *testing.T) {
	same := func(value string) string { return value }
	for _, c := range []struct {
		name, format string
		inline       bool
		accept       func(value string) (why string)
		prepare      func(value string) string // before the export
		read         reader
	}{
		{"systemd, units", "systemd", true, utf8Value, same, readUnit},
		{"systemd, env files", "systemd", false, systemdFileValue, systemdDoubled, readUnitWithFiles},
		{"systemd-user", "systemd-user", true, utf8Value, same, readUnit},
		{"supervisord", "supervisord", false, utf8Value, same, readProgram},
		{"runit", "runit", false, anyValue, same, readService},
		{"s6", "s6", false, anyValue, same, readService},
		{"launchd", "launchd", false, xmlValue, same, readPropertyList},
		{"upstart", "upstart", false, anyValue, same, readUpstartJob},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := randomValues(t, c.accept)
			args := awkward.Arguments(want)
			dir := filepath.Join(t.TempDir(), "systemd", "system")
			app := randomApp(t, want, args, c.prepare)
			app.Location, app.InlineEnv = dir, c.inline
			writeApp(t, app, c.format, dir)
			cmd := c.read(t, app, dir)
			cmd.Dir = app.Root
			gotArgs, env := dumped(t, cmd)
			if !slices.Equal(gotArgs, args) {
				t.Errorf("arguments %q, want %q", gotArgs, args)
			}
			for i, value := range want {
				if got, ok := env[valueName(i)]; !ok || got != value {
					t.Errorf("%s is %q, want %q", valueName(i), got, value)
				}
			}
			if env["PS"] != "web.1" || env["PORT"] != "5000" {
				t.Errorf("PS %q, PORT %q", env["PS"], env["PORT"])
			}
		})
	}
}

func valueName(i int) string { return fmt.Sprintf("V%d", i) }

// randomValues are the known ones, each character that is one byte, and some at
// random, without those that the format refuses.
func randomValues(t *testing.T, accept func(string) string) []string {
	t.Helper()
	values := awkward.Values()
	for r := rune(1); r < 0x80; r++ {
		values = append(values, "a "+string(r)+" ;b #c")
	}
	values = append(values, awkward.Random(awkward.Generator(t, *seed), 300)...)
	return slices.DeleteFunc(values, func(v string) bool { return accept(v) != "" })
}

// randomApp is an app of one web that runs a program with these arguments, in a
// folder where it is there. Half of the values are the type's own.
func randomApp(t *testing.T, values, args []string, prepare func(string) string) App {
	t.Helper()
	app := sample{procfile: "web: " + awkward.Line("bin/web", args), counts: map[string]int{"web": 1}}.app(t)
	app.Root = t.TempDir()
	app.Types[0].Dir = app.Root
	for i, value := range values {
		v := Var{Name: valueName(i), Value: prepare(value)}
		if i%2 == 0 {
			app.Config = append(app.Config, v)
		} else {
			app.Types[0].Config = append(app.Types[0].Config, v)
		}
	}
	program(t, app.Root, "bin/web", `printf '%s\0' "$#" "$@"`+"\nexec env -0\n")
	return app
}

// program writes a script below a folder.
func program(t *testing.T, dir, name, script string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// dumped runs a command that ends in the app's program, and returns what that
// was started with.
func dumped(t *testing.T, cmd *exec.Cmd) (args []string, env map[string]string) {
	t.Helper()
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	words := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	n, err := strconv.Atoi(words[0])
	if err != nil || n >= len(words) {
		t.Fatalf("no program was run: %q", out)
	}
	env = make(map[string]string)
	for _, entry := range words[1+n:] {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return words[1 : 1+n], env
}

// writeApp writes an app in a format to a folder.
func writeApp(t *testing.T, app App, format, dir string) []File {
	t.Helper()
	f, err := Lookup(format)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Render(app, nil)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Compare(dir, f, app.Name, out)
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Apply(func(string) {}); err != nil {
		t.Fatal(err)
	}
	return out.Files
}

func needs(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skip(err)
	}
	return path
}
