package portalloc

import (
	"errors"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"ganger/listen"
)

// Taken reports whether somebody listens on the TCP port, on all addresses or
// on loopback alone, with IPv4 or IPv6. Connections that linger after their
// server has gone (TIME_WAIT) do not count, since servers bind over them. Where
// the system does not let us ask (ports below 1024), the answer is false.
//
// It asks by binding without listening, so no client can see it, and needs no
// permission and no /proc.
func Taken(port int) bool {
	if port < 1 || port > lastPort {
		return false
	}
	if bindClashes(unix.AF_INET, &unix.SockaddrInet4{Port: port}) ||
		bindClashes(unix.AF_INET6, &unix.SockaddrInet6{Port: port}) {
		return true
	}
	// To Linux a listener on loopback clashes with the wildcard. BSD and macOS
	// let a wildcard stand beside it, so there loopback has to be tried too.
	return runtime.GOOS != "linux" &&
		(bindClashes(unix.AF_INET, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}) ||
			bindClashes(unix.AF_INET6, &unix.SockaddrInet6{Port: port, Addr: [16]byte{15: 1}}))
}

// AllTaken returns those of the ports on which somebody listens.
//
// Where the system has a table of listeners, one look at that serves for many
// ports. It costs as much as asking for three of them one by one.
func AllTaken(ports []int) []int {
	taken := Taken
	if len(ports) > 3 {
		if all, ok := listen.Sockets(); ok {
			held := make(map[int]bool, len(all))
			for _, s := range all {
				held[s.Port()] = true
			}
			taken = func(port int) bool { return held[port] }
		}
	}
	var found []int
	for _, port := range ports {
		if taken(port) {
			found = append(found, port)
		}
	}
	return found
}

// bindClashes reports whether the address is in use. Every other failure (no
// IPv6 here, no permission) says nothing about that.
func bindClashes(family int, addr unix.Sockaddr) bool {
	fd, err := socket(family)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	// Binds over TIME_WAIT, and never over a listener. It also lets two that
	// look at one moment pass each other.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) != nil {
		return false
	}
	if family == unix.AF_INET6 {
		// The default is a setting of the system.
		if unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1) != nil {
			return false
		}
	}
	return errors.Is(unix.Bind(fd, addr), unix.EADDRINUSE)
}

// socket opens a TCP socket that no child inherits. SOCK_CLOEXEC would say so
// in one call, but macOS lacks it; the lock keeps forks out in between.
func socket(family int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	return fd, err
}
