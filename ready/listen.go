package ready

import "net/netip"

// listener is a TCP socket that takes connections.
type listener struct {
	inode uint64 // what tells two sockets apart, and finds who has it open
	addr  netip.AddrPort
}

func (l listener) port() int { return int(l.addr.Port()) }

// host is the name to reach it by from this machine.
func (l listener) host() string {
	if ip := l.addr.Addr(); !ip.IsUnspecified() && !ip.IsLoopback() && ip.IsValid() {
		return ip.String()
	}
	return "localhost"
}

// Before is who listened before a process started. The zero value is nobody.
type Before struct {
	inodes map[uint64]bool
	taken  bool // the port, where the system has no table to tell by whom
}

// table is what the kernel says of all listeners at one moment.
type table struct {
	listeners []listener
	ok        bool // the system has such a table
}

func readTable() table {
	ls, ok := listeners()
	return table{ls, ok}
}
