package portalloc

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// listenOn takes a port that the kernel chooses.
func listenOn(t *testing.T, network, host string) (net.Listener, int) {
	t.Helper()
	l, err := net.Listen(network, net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("cannot listen on %s %s: %v", network, host, err)
	}
	t.Cleanup(func() { l.Close() })
	return l, l.Addr().(*net.TCPAddr).Port
}

func TestTaken(t *testing.T) {
	tests := []struct{ name, network, host string }{
		{"IPv4 loopback", "tcp4", "127.0.0.1"},
		{"IPv4 wildcard", "tcp4", "0.0.0.0"},
		{"IPv6 loopback", "tcp6", "::1"},
		{"IPv6 wildcard", "tcp6", "::"},
		{"both", "tcp", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// A freed port may be given to somebody else on this machine at
			// once; three in a row are not.
			for range 3 {
				l, port := listenOn(t, tt.network, tt.host)
				if !Taken(port) {
					t.Fatalf("port %d is not taken though somebody listens", port)
				}
				if !Taken(port) {
					t.Fatal("the second look differs from the first")
				}
				l.Close()
				if !Taken(port) {
					return
				}
			}
			t.Error("ports are taken though nobody listens any more")
		})
	}
}

func TestTakenOutOfRange(t *testing.T) {
	for _, port := range []int{-1, 0, 65536, 70000} {
		if Taken(port) {
			t.Errorf("port %d is taken", port)
		}
	}
}

// A server that shares its port with SO_REUSEPORT still has it.
func TestTakenReusePort(t *testing.T) {
	fd, err := socket(unix.AF_INET)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		t.Skip(err)
	}
	port := bindAny(t, fd)
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	if !Taken(port) {
		t.Errorf("port %d is not taken", port)
	}
}

func bindAny(t *testing.T, fd int) (port int) {
	t.Helper()
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	addr, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return addr.(*unix.SockaddrInet4).Port
}

// A server that closes a connection first leaves its port in TIME_WAIT for a
// minute. Servers bind over that, so nobody has the port.
func TestTakenTimeWait(t *testing.T) {
	l, port := listenOn(t, "tcp4", "127.0.0.1")
	client, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatalf("the client read %v, want the server's end", err)
	}
	client.Close()
	l.Close()

	// The naive test, which tells that there is something to be wrong about.
	fd, err := socket(unix.AF_INET)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); !errors.Is(err, unix.EADDRINUSE) {
		t.Skipf("binding port %d says %v: no TIME_WAIT here", port, err)
	}
	if Taken(port) {
		t.Errorf("port %d is taken, but it is only in TIME_WAIT", port)
	}
}

// Where binding is not allowed nothing is known, and that is no alarm.
func TestTakenWithoutPermission(t *testing.T) {
	t.Parallel()
	out, err := child(t, "unprivileged").Output()
	if err != nil {
		t.Fatalf("the child failed: %v", err)
	}
	switch string(out) {
	case "free":
	case "allowed":
		t.Skip("every user may bind ports below 1024 here")
	default:
		t.Errorf("to a user without permission port 1 is %q, want free", out)
	}
}

// unprivileged is the child of TestTakenWithoutPermission.
func unprivileged() {
	if os.Getuid() == 0 {
		const nobody = 65534
		if err := syscall.Setuid(nobody); err != nil {
			panic(err)
		}
	}
	l, err := net.Listen("tcp", ":1")
	switch {
	case err == nil:
		l.Close()
		os.Stdout.WriteString("allowed")
	case Taken(1):
		os.Stdout.WriteString("taken")
	default:
		os.Stdout.WriteString("free")
	}
}

func BenchmarkTaken(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	b.ReportAllocs()
	for b.Loop() {
		if Taken(port) {
			b.Fatal("taken by somebody else")
		}
	}
}

// AllTaken agrees with Taken, whichever way it looks.
func TestAllTaken(t *testing.T) {
	// As above, a freed port may be somebody else's at once.
	again := true
	for tries := 1; again && tries <= 3; tries++ {
		again = allTaken(t, tries)
	}
}

func allTaken(t *testing.T, tries int) (again bool) {
	t.Helper()
	v4, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer v4.Close()
	ports := []int{v4.Addr().(*net.TCPAddr).Port}
	want := slices.Clone(ports)
	if v6, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		defer v6.Close()
		ports = append(ports, v6.Addr().(*net.TCPAddr).Port)
		want = slices.Clone(ports)
	}
	for range 5 { // and some that were free a moment ago
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
		l.Close()
	}
	for _, ask := range [][]int{ports, ports[:1], nil} {
		got := AllTaken(ask)
		var expect []int
		for _, port := range want {
			if slices.Contains(ask, port) {
				expect = append(expect, port)
			}
		}
		if !slices.Equal(got, expect) {
			again = true
			if tries == 3 {
				t.Errorf("AllTaken(%v) = %v, want %v", ask, got, expect)
			}
		}
	}
	return again
}
