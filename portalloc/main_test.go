package portalloc

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// childVar makes the test binary play a part instead of running tests.
const childVar = "PORTALLOC_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childVar) {
	case "":
		os.Exit(m.Run())
	case "unprivileged":
		unprivileged()
	case "server":
		server()
	case "ganger":
		ganger()
	}
}

// patience bounds every wait for what has to happen. No test takes this long
// unless it fails.
const patience = time.Minute

// child is the test binary in one of its parts. It ends when its stdin does, at
// the latest with the test, or when nobody believes any more that it will.
func child(t *testing.T, part string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, exe)
	cmd.Env = append(os.Environ(), childVar+"="+part)
	cmd.Stderr = os.Stderr
	return cmd
}

// start starts the child and returns the numbers of the line that it prints
// when it is ready.
func start(t *testing.T, cmd *exec.Cmd) []int {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the child said %q: %v", line, err)
	}
	var numbers []int
	for field := range strings.FieldsSeq(line) {
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatalf("the child said %q", line)
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// server listens on a port of IPv4 and one of IPv6, where there is that, and
// prints its pid and the ports.
func server() {
	line := strconv.Itoa(os.Getpid())
	for _, network := range []string{"tcp4", "tcp6"} {
		l, err := net.Listen(network, "localhost:0")
		if err != nil {
			continue
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		line += " " + port
	}
	os.Stdout.WriteString(line + "\n")
	os.Stdin.Read(make([]byte, 1))
}

// ganger runs a server, which carries the mark of a process, as its child.
func ganger() {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childVar+"=server", "GANGER_ROOT=/srv/shop", "GANGER_PROCESS=outer.1/web.2")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		panic(err)
	}
}

// named is the child under another program name.
func named(t *testing.T, cmd *exec.Cmd, name string) *exec.Cmd {
	t.Helper()
	link := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(cmd.Path, link); err != nil {
		t.Fatal(err)
	}
	cmd.Path = link
	return cmd
}
