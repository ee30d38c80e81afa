package export

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// readUnit has systemd-analyze tell how systemd reads the unit: while it
// verifies one, it prints what it has made of it where it is to say all.
func readUnit(t *testing.T, app App, dir string) *exec.Cmd {
	t.Helper()
	dump := dumpUnit(t, app, dir)
	var env []string
	next := regexp.MustCompile(`\n\t\t[A-Z][A-Za-z]+: `) // a value has its line breaks
	for i, setting := range strings.Split(dump, "\n\t\tEnvironment: ") {
		if i > 0 {
			env = append(env, next.Split(setting, 2)[0])
		}
	}
	_, line, ok := strings.Cut(dump, "\n\t\t\tCommand Line: ")
	line, _, closed := strings.Cut(line, "\n")
	if !ok || !closed {
		t.Skip("this systemd-analyze does not show how it reads a unit")
	}
	word, ok := strings.CutPrefix(line, `/bin/sh -c "`)
	word, closed = strings.CutSuffix(word, `"`)
	if !ok || !closed {
		t.Fatalf("systemd would run %s", line)
	}
	script := systemdPrinted(t, word)
	// Only then does a manager expand variables: $$ is $ (systemd.service(5)).
	if left := strings.ReplaceAll(script, "$$", ""); strings.Contains(left, "$") {
		t.Fatalf("a $ stands alone in %q", script)
	}
	return withEnv(shellArgs(strings.ReplaceAll(script, "$$", "$")), env)
}

// dumpUnit is what systemd-analyze says of the unit of web.1 when it verifies
// it.
func dumpUnit(t *testing.T, app App, dir string) string {
	t.Helper()
	cmd := limited(t, needs(t, "systemd-analyze"), "verify", filepath.Join(dir, app.Name+"-web.1.service"))
	cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":", "SYSTEMD_LOG_LEVEL=debug", "XDG_RUNTIME_DIR="+t.TempDir())
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		for line := range strings.Lines(errs.String()) { // of all that it is to say
			if strings.Contains(line, dir) {
				t.Log(line)
			}
		}
		t.Fatal(err)
	}
	return string(out)
}

// readUnitWithFiles is readUnit, with the environment files read by a program of
// systemd's that reads files of the same syntax.
func readUnitWithFiles(t *testing.T, app App, dir string) *exec.Cmd {
	t.Helper()
	const generator = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator"
	if _, err := os.Stat(generator); err != nil {
		t.Skip(err)
	}
	cmd := readUnit(t, app, dir)
	config := filepath.Join(t.TempDir(), "environment.d")
	if err := os.Mkdir(config, 0o755); err != nil {
		t.Fatal(err)
	}
	files := regexp.MustCompile(`(?m)^EnvironmentFile=(.*)$`).FindAllStringSubmatch(readText(t, filepath.Join(dir, "shop-web.1.service")), -1)
	for i, m := range files {
		text := readText(t, m[1])
		if err := os.WriteFile(filepath.Join(config, strconv.Itoa(i)+".conf"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := limited(t, generator)
	read.Env = []string{"XDG_CONFIG_HOME=" + filepath.Dir(config)}
	var errs bytes.Buffer
	read.Stderr = &errs
	out, err := read.Output()
	if err != nil || errs.Len() > 0 {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if inner, ok := strings.CutPrefix(value, `"`); ok {
			value = systemdPrinted(t, strings.TrimSuffix(inner, `"`))
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// systemdFileValue leaves out what that program, other than a manager, does not
// take.
func systemdFileValue(value string) string {
	if value == "" {
		return "it is empty"
	}
	return utf8Value(value)
}

// systemdDoubled is a value for that program: other than a manager, it expands
// variables when it has read a file, and makes $ of $$.
func systemdDoubled(value string) string { return strings.ReplaceAll(value, "$", "$$") }

// systemdPrinted reads what systemd prints within double quotes: a shell's and
// C's escapes.
func systemdPrinted(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	for s != "" {
		switch {
		case s[0] != '\\' || len(s) == 1:
			b.WriteByte(s[0])
			s = s[1:]
		case slices.Contains([]byte("$`\"\\"), s[1]):
			b.WriteByte(s[1])
			s = s[2:]
		default:
			r, multibyte, tail, err := strconv.UnquoteChar(s, 0)
			if err != nil || multibyte {
				t.Fatalf("%q: %v", s, err)
			}
			b.WriteByte(byte(r))
			s = tail
		}
	}
	return b.String()
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
