package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The stack runs on real servers: what needs them starts when they are ready,
// though that takes its time, is restarted on a change, and does its work.
func TestStack(t *testing.T) {
	leakCheck(t)
	dir := copyStack(t)
	write(t, dir, "Procfile", strings.Replace(content(t, dir, "Procfile"), "\ndb: ", "\ndb: sleep 2; exec ", 1))
	port := ownPorts(t)
	s := launchCommand(t, stackCommand(t, dir, "start", "--release", "-t", "20", "-p", strconv.Itoa(port)))
	s.patience = 3 * patience // a database is made
	s.await(`worker\.1 waits for db \(a line that matches`)
	s.await(`redis\.1 ready on port ` + strconv.Itoa(port+100))
	s.await(`db\.1 ready on port ` + strconv.Itoa(port))
	s.await(`release\.1 exited with status 0`)
	url := "http://localhost:" + strconv.Itoa(port+200)
	s.await(`web\.1 ready on ` + url)
	s.await(`all ready after .*: web\.1 ` + url)
	s.await(`worker\.1 +\| waiting for jobs`)
	s.none(`worker\.1 exited`)

	smoke := stackCommand(t, dir, "run", "-p", strconv.Itoa(port), "./smoke.sh")
	if out, err := finish(t, smoke); err != nil || !strings.Contains(out, "is done") {
		t.Fatalf("the smoke test: %v\n%s", err, out)
	}

	// What is built has been watched for long.
	write(t, dir, "worker/main.go", content(t, dir, "worker/main.go")+"\n// changed\n")
	s.await(`worker/main\.go changed: restart worker\.1`)
	s.await(`worker\.1 +started \(pid \d+\)`)
	s.end()
	s.none("killed")
}

// One command starts the stack, tests it and stops it.
func TestStackUp(t *testing.T) {
	leakCheck(t)
	dir := copyStack(t)
	cmd := stackCommand(t, dir, "run", "--up", "--release", "-p", strconv.Itoa(ownPorts(t)), "--", "./smoke.sh")
	if out, err := finishWithin(t, cmd, 3*patience); err != nil || !strings.Contains(out, "is done") {
		t.Errorf("%v\n%s", err, out)
	}
}

// copyStack copies the stack, in a module of its own, to where the user of the
// database may come.
func copyStack(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs and a database")
	}
	for _, name := range []string{"redis-server", "psql", "pg_config", "curl", "go"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(err)
		}
	}
	module, err := os.MkdirTemp("", "stack")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(module) })
	to := filepath.Join(module, "testdata", "stack")
	if err := os.CopyFS(to, os.DirFS("../testdata/stack")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(to, "tmp")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(module, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, module, "go.mod", "module ganger\n\ngo 1.25\n")
	prebuild(t, to)
	return to
}

// stackCommand is ganger in the stack, whose programs are built with what was
// built before.
func stackCommand(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	out, err := exec.CommandContext(patient(t), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, dir, args...)
	cmd.Env = append(cmd.Env, "GOCACHE="+strings.TrimSpace(string(out)))
	return cmd
}

func content(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
