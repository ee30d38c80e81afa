package cli

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The demo starts on a machine that has Go alone, answers, and stops.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("builds three programs")
	}
	leakCheck(t)
	dir := copyDemo(t)
	port := ownPorts(t)
	cmd := command(t, t.TempDir(), "start", "-d", dir, "-p", strconv.Itoa(port), "-t", "20")
	goEnv, err := exec.CommandContext(patient(t), "go", "env", "GOCACHE", "GOMODCACHE", "GOPATH").Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, value := range strings.Fields(string(goEnv)) {
		cmd.Env = append(cmd.Env, []string{"GOCACHE", "GOMODCACHE", "GOPATH"}[i]+"="+value)
	}
	prebuild(t, dir)
	s := launchCommand(t, cmd)
	s.await(`release skipped: ganger run -d .* release`)
	s.await(`web\.1 +\| .*` + strconv.Itoa(port))
	s.await(`clock\.1 +\| `)
	s.await(`worker\.1 +\| `)
	client := http.Client{Timeout: patience}
	resp, err := client.Get("http://localhost:" + strconv.Itoa(port) + "/")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	client.CloseIdleConnections()
	if err != nil || !strings.Contains(string(body), "Good day from the demo") {
		t.Errorf("answer %q, %v: want the greeting of its .env", body, err)
	}
	s.end()
	s.await(`web\.1 exited with status 0`)
	s.none("killed")
}

// copyDemo copies the demo, in a module of its own and without what it built.
func copyDemo(t *testing.T) string {
	t.Helper()
	module := t.TempDir()
	to := filepath.Join(module, "testdata", "demo")
	if err := os.CopyFS(to, os.DirFS("../testdata/demo")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(to, "bin")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, module, name, string(text))
	}
	return to
}

// prebuild compiles the programs of an app, so that what is awaited of it is its
// start alone.
func prebuild(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.Command("go", "build", "./...")
	cmd.Dir = dir
	if out, err := finishWithin(t, cmd, 5*patience); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
