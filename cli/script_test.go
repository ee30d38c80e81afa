package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// secret stands for what no session may show: scripts give it as the value of
// a variable in an env file.
const secret = "hunter2"

// TestScript runs the sessions in testdata/script.
//
// Beside the commands of testscript there are "status N PROGRAM [ARG...]", which
// runs a program that is to end with the status N, and "await PATTERN PROGRAM
// [ARG...]", which runs one again and again until its output matches. BASE is a
// port that a session has for its own, with those that are 1, 55, 100, 200 and
// 300 above it, as BASE_1, BASE_55 and so on.
func TestScript(t *testing.T) {
	leakCheck(t)
	t.Run("all", func(t *testing.T) { // its parallel parts have ended when it has
		testscript.Run(t, testscript.Params{
			Dir:                 "../testdata/script",
			RequireExplicitExec: true,
			RequireUniqueNames:  true,
			Setup:               setupScript,
			Condition:           condition,
			Cmds:                map[string]func(*testscript.TestScript, bool, []string){"status": status, "await": awaitOutput},
		})
	})
}

// condition is [root]: whether nothing is forbidden here.
func condition(name string) (bool, error) {
	if name != "root" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	return os.Getuid() == 0, nil
}

func setupScript(e *testscript.Env) error {
	mark := "script " + e.WorkDir
	e.Setenv(markVar, mark)
	e.Vars = append(e.Vars, quickExit, slowStop)
	base, release, err := claim()
	if err != nil {
		return err
	}
	e.Defer(release)
	for _, n := range wanted {
		e.Setenv(strings.TrimSuffix("BASE_"+strconv.Itoa(n), "_0"), strconv.Itoa(base+n))
	}
	e.Setenv("HOME", e.WorkDir) // the app root is not looked for above it
	runtime := filepath.Join(e.WorkDir, ".run")
	if err := os.Mkdir(runtime, 0o700); err != nil {
		return err
	}
	e.Setenv("XDG_RUNTIME_DIR", runtime)
	if cover := os.Getenv("GOCOVERDIR"); cover != "" {
		e.Setenv("GOCOVERDIR", cover)
	}
	e.Defer(func() {
		if left := endMarked(mark); left != "" {
			e.T().Fatal("processes outlive the session: " + left)
		}
	})
	return nil
}

// status runs a program and checks its exit status. A refusal of ganger's own
// has to be in form: errors and hints alone, nothing started, no stack trace,
// no value of an env file.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ee *exec.ExitError
		if !errors.As(err, &ee) {
			ts.Fatalf("%v", err)
		}
		got = ee.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s: status %d, want %d", strings.Join(args[1:], " "), got, want)
	}
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	if strings.Contains(stdout+stderr, secret) {
		ts.Fatalf("a secret is shown")
	}
	if regexp.MustCompile(`(?m)^(panic:|fatal error:|goroutine \d|WARNING: DATA RACE)`).MatchString(stdout + stderr) {
		ts.Fatalf("a stack trace")
	}
	if args[1] != "ganger" || stdout != "" || got != statusFailed && got != statusUsage {
		return
	}
	if !regexp.MustCompile(`\A(error: \S.*\n(hint: \S.*\n(  \S.*\n)*)?)+\z`).MatchString(stderr) {
		ts.Fatalf("not in the form of errors and hints: %q", stderr)
	}
}

// awaitOutput waits until what a program prints matches.
func awaitOutput(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await PATTERN PROGRAM [ARG...]")
	}
	re, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	said := ""
	if !until(func() bool {
		_ = ts.Exec(args[1], args[2:]...) // it may fail until it is so
		said = ts.ReadFile("stdout") + ts.ReadFile("stderr")
		return re.MatchString(said)
	}) {
		ts.Fatalf("%s does not print %q within %s, but %q", strings.Join(args[1:], " "), args[0], patience, said)
	}
}
