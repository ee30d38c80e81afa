package ready

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is the server of its own tests: it listens on the addresses
// that it is given as arguments, says "listening", and ends with its input. An
// argument "-" is a step further: what follows happens after a line of input.
const serverVar = "READY_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverVar) != "" {
		serve(os.Args[1:])
		return
	}
	os.Exit(m.Run())
}

func serve(args []string) {
	input := bufio.NewReader(os.Stdin)
	for _, arg := range args {
		if arg == "-" {
			fmt.Println("listening")
			if _, err := input.ReadString('\n'); err != nil {
				return
			}
			continue
		}
		network, addr, _ := strings.Cut(arg, "/")
		if _, err := reusable().Listen(context.Background(), network, addr); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println("listening")
	_, _ = input.ReadString('\n')
}

// reusable makes listeners that may share a port.
func reusable() *net.ListenConfig {
	return &net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if e := c.Control(func(fd uintptr) { err = reusePort(int(fd)) }); e != nil {
			return e
		}
		return err
	}}
}

type server struct {
	t     *testing.T
	pid   int
	lines *bufio.Reader
	next  func()
}

// startServer starts one and waits for its first word.
func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), serverVar+"=1", "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	s := &server{t: t, pid: cmd.Process.Pid, lines: bufio.NewReader(out)}
	s.next = func() {
		if _, err := in.Write([]byte("\n")); err != nil {
			t.Error(err)
		}
		s.listening()
	}
	s.listening()
	return s
}

func (s *server) listening() {
	s.t.Helper()
	if line, err := s.lines.ReadString('\n'); line != "listening\n" {
		s.t.Errorf("the server says %q, %v", line, err)
	}
}

func (s *server) pids() []int { return []int{s.pid} }

// freePort returns a port below those that the system picks, on which nobody
// listens.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 20000 + int(time.Now().UnixNano()/1000+int64(os.Getpid()))%10000
		var free int
		for _, host := range []string{"0.0.0.0", "::"} {
			l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
			if err == nil {
				free++
				_ = l.Close()
			}
		}
		if free == 2 {
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

func addr(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

func mustParse(t *testing.T, text string) Condition {
	t.Helper()
	c, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func reusePort(fd int) error {
	return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soReusePort, 1)
}
