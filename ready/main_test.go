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
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for what has to happen. No test takes this long
// unless it fails.
const patience = time.Minute

// patient is a context for a wait that has to come to its end.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// receive waits for the next of what is told.
func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-patient(t).Done():
		t.Errorf("%s: nothing within %s", what, patience)
		var none T
		return none
	}
}

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
	lines chan string
	next  func()
}

// startServer starts one and waits for its first word.
func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
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
	s := &server{t: t, pid: cmd.Process.Pid, lines: make(chan string, 10)}
	go func() {
		said := bufio.NewScanner(out)
		for said.Scan() {
			s.lines <- said.Text()
		}
		close(s.lines)
	}()
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
	if line := receive(s.t, s.lines, "a word of the server"); line != "listening" {
		s.t.Errorf("the server says %q", line)
	}
}

func (s *server) pids() []int { return []int{s.pid} }

// lastPort is what the next free port is counted from, so that no two tests get
// the same.
var lastPort atomic.Int64

func init() { lastPort.Store(time.Now().UnixNano()/1000 + int64(os.Getpid())) }

// freePort returns a port below those that the system picks, on which nobody
// listens.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 20000 + int(lastPort.Add(1)%10000)
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
