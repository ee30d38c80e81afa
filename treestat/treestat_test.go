package treestat

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childVar makes the test binary a program that takes something.
const childVar = "TREESTAT_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		child()
		return
	}
	os.Exit(m.Run())
}

// child listens, holds 64 MiB, uses processor time, and says where and how much.
func child() {
	four, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	six, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		six = four // no IPv6 here
	}
	held := make([]byte, 64<<20)
	for i := 0; used() < 100*time.Millisecond; i++ {
		held[i*4096%len(held)]++
	}
	for i := 0; i < len(held); i += 4096 {
		held[i]++
	}
	conn, err := net.Dial("tcp", four.Addr().String()) // no listener
	if err != nil {
		panic(err)
	}
	fmt.Println(port(four), port(six))
	_, _ = os.Stdin.Read(make([]byte, 1))
	_, _, _ = conn.Close(), four.Close(), held
}

// used is how much processor time this process has had.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func port(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

func start(t testing.TB) (pid int, ports []int) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childVar+"=1", "GORACE=atexit_sleep_ms=0")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	})
	guard := time.AfterFunc(time.Minute, func() {
		t.Error("the child says nothing within a minute")
		_ = c.Process.Kill()
	})
	defer guard.Stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range strings.Fields(line) {
		var n int
		if _, err := fmt.Sscan(f, &n); err != nil {
			t.Fatal(err)
		}
		ports = append(ports, n)
	}
	slices.Sort(ports)
	return c.Process.Pid, slices.Compact(ports)
}

func TestRead(t *testing.T) {
	before := time.Now()
	first, ports := start(t)
	second, more := start(t)
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	stats := Read(map[string][]int{
		"one":  {first},
		"both": {first, second},
		"gone": {gone.Process.Pid},
		"none": nil,
	})
	one, both := stats["one"], stats["both"]
	if !slices.Equal(one.Ports, ports) {
		t.Errorf("ports %v, want %v", one.Ports, ports)
	}
	all := slices.Sorted(slices.Values(append(more, ports...)))
	if !slices.Equal(both.Ports, all) {
		t.Errorf("ports of both %v, want %v", both.Ports, all)
	}
	if one.RSS < 64<<20 || one.RSS > 1<<30 || both.RSS < 128<<20 {
		t.Errorf("resident: %d, both %d", one.RSS, both.RSS)
	}
	if one.CPU <= 0 || both.CPU <= one.CPU {
		t.Errorf("processor time: %v, both %v", one.CPU, both.CPU)
	}
	const grain = 20 * time.Millisecond // of the system's clock
	if one.Started.Before(before.Add(-grain)) || one.Started.After(time.Now()) || !both.Started.Equal(one.Started) {
		t.Errorf("started %v, both %v, want shortly after %v", one.Started, both.Started, before)
	}
	for _, name := range []string{"gone", "none"} {
		if s := stats[name]; s.RSS != 0 || s.CPU != 0 || !s.Started.IsZero() || len(s.Ports) > 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestPercent(t *testing.T) {
	start := time.Unix(1000, 0)
	s := Stat{CPU: 3 * time.Second, Started: start}
	if got := s.Percent(start.Add(6 * time.Second)); got != 50 {
		t.Errorf("got %v", got)
	}
	for _, s := range []Stat{{}, {CPU: time.Second, Started: start}} {
		if got := s.Percent(start); got != 0 {
			t.Errorf("%+v: %v", s, got)
		}
	}
}

// A formation of 50 processes is to be read in less than 5 ms.
func BenchmarkRead50(b *testing.B) {
	trees := make(map[string][]int)
	pid, _ := start(b)
	for i := range 50 {
		trees[fmt.Sprint(i)] = []int{pid}
	}
	for b.Loop() {
		Read(trees)
	}
}
