package listen

import (
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// ways are the two of reading the table.
var ways = map[string]func() ([]Socket, error){"messages": ask, "files": readFiles}

// Both ways say the same of every kind of socket, and it is true.
func TestSockets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		v6only int
		bound  unix.Sockaddr
		addr   string
	}{
		{"IPv4 wildcard", 0, &unix.SockaddrInet4{}, "0.0.0.0"},
		{"IPv4 loopback", 0, &unix.SockaddrInet4{Addr: loopback4}, "127.0.0.1"},
		{"IPv6 wildcard", 0, &unix.SockaddrInet6{}, "::"},
		{"IPv6 wildcard alone", 1, &unix.SockaddrInet6{}, "::"},
		{"IPv6 loopback", 1, &unix.SockaddrInet6{Addr: loopback6}, "::1"},
		{"IPv4 of IPv6", 0, &unix.SockaddrInet6{Addr: mapped}, "127.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fd := bind(t, tt.bound, tt.v6only)
			check(t, inode(t, fd), nil) // it does not listen yet
			if err := unix.Listen(fd, 1); err != nil {
				t.Fatal(err)
			}
			check(t, inode(t, fd), []Socket{{
				Inode: inode(t, fd),
				Addr:  netip.AddrPortFrom(netip.MustParseAddr(tt.addr), port(t, fd)),
				UID:   owner(t, fd),
			}})
		})
	}
}

// What Go listens with may be a socket of MPTCP, with one of TCP behind it. A
// connection to it is none that listens.
func TestSocketsOfGo(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw(t, l.(*net.TCPListener), func(fd int) {
		check(t, inode(t, fd), []Socket{{inode(t, fd), netip.MustParseAddrPort(l.Addr().String()), owner(t, fd)}})
	})
	raw(t, conn.(*net.TCPConn), func(fd int) { check(t, inode(t, fd), nil) })
}

// More than fit into one message, or one page of a file.
func TestManySockets(t *testing.T) {
	t.Parallel()
	var mine []uint64
	for range 400 {
		mine = append(mine, inode(t, listening(t, &unix.SockaddrInet4{Addr: loopback4})))
	}
	slices.Sort(mine)
	for name, read := range ways {
		var found []uint64
		steadily(func() bool {
			all, err := read()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			found = found[:0]
			for _, s := range all {
				if _, ok := slices.BinarySearch(mine, s.Inode); ok {
					found = append(found, s.Inode)
				}
			}
			slices.Sort(found)
			return slices.Equal(found, mine)
		})
		if !slices.Equal(found, mine) {
			t.Errorf("%s: found %d of %d, or others", name, len(found), len(mine))
		}
	}
}

func BenchmarkAsk(b *testing.B) {
	for b.Loop() {
		if _, err := ask(); err != nil {
			b.Skip(err)
		}
	}
}

func BenchmarkFiles(b *testing.B) {
	for b.Loop() {
		if _, err := readFiles(); err != nil {
			b.Skip(err)
		}
	}
}

// check compares what both ways say of a socket.
func check(t *testing.T, inode uint64, want []Socket) {
	t.Helper()
	for name, read := range ways {
		var got []Socket
		steadily(func() bool {
			all, err := read()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got = only(all, inode)
			return slices.Equal(got, want)
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// steadily looks again, for some time, while it is not as it should be: the
// kernel goes through a table that others change meanwhile, and may miss a socket
// or have one twice.
func steadily(look func() bool) {
	for end := time.Now().Add(20 * time.Second); !look() && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
}

func only(all []Socket, inode uint64) []Socket {
	return slices.DeleteFunc(all, func(s Socket) bool { return s.Inode != inode })
}

var (
	loopback4 = [4]byte{127, 0, 0, 1}
	loopback6 = [16]byte{15: 1}
	mapped    = [16]byte{10: 0xff, 11: 0xff, 12: 127, 15: 1} // ::ffff:127.0.0.1
)

// bind opens a TCP socket on a port that the kernel chooses.
func bind(t *testing.T, addr unix.Sockaddr, v6only int) (fd int) {
	t.Helper()
	family := unix.AF_INET
	if _, six := addr.(*unix.SockaddrInet6); six {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	_ = unix.Fchown(fd, 4711, -1) // root's would be 0, which is all over the tables
	if family == unix.AF_INET6 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, v6only); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Bind(fd, addr); err == unix.EADDRNOTAVAIL && family == unix.AF_INET6 {
		t.Skip(err) // IPv6 is switched off
	} else if err != nil {
		t.Fatal(err)
	}
	return fd
}

func listening(t *testing.T, addr unix.Sockaddr) (fd int) {
	t.Helper()
	fd = bind(t, addr, 0)
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	return fd
}

func port(t *testing.T, fd int) uint16 {
	t.Helper()
	addr, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	switch addr := addr.(type) {
	case *unix.SockaddrInet4:
		return uint16(addr.Port)
	case *unix.SockaddrInet6:
		return uint16(addr.Port)
	}
	t.Fatalf("%T is no address of TCP", addr)
	return 0
}

func inode(t *testing.T, fd int) uint64 { return stat(t, fd).Ino }

func owner(t *testing.T, fd int) int { return int(stat(t, fd).Uid) }

func stat(t *testing.T, fd int) (st unix.Stat_t) {
	t.Helper()
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	return st
}

func raw(t *testing.T, c syscall.Conn, f func(fd int)) {
	t.Helper()
	r, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Control(func(fd uintptr) { f(int(fd)) }); err != nil {
		t.Fatal(err)
	}
}
