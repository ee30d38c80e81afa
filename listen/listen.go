// Package listen reads the kernel's table of TCP sockets that take connections:
// those of all processes in our network namespace.
//
// Only Linux has such a table to be read. Who has a socket open is found by its
// inode, among the descriptors in /proc/PID/fd.
package listen

import "net/netip"

// Socket is a TCP socket that takes connections.
type Socket struct {
	Inode uint64 // what tells two sockets apart
	// Addr is where it listens. An IPv4 address that an IPv6 socket is bound
	// to is given as IPv4; [::] may take IPv4 too.
	Addr netip.AddrPort
	UID  int // its owner, -1 where unknown
}

// Port is the port that it listens on.
func (s Socket) Port() int { return int(s.Addr.Port()) }
