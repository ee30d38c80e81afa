package ready

import "ganger/listen"

// host is the name to reach it by from this machine.
func host(l listen.Socket) string {
	if ip := l.Addr.Addr(); !ip.IsUnspecified() && !ip.IsLoopback() && ip.IsValid() {
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
	listeners []listen.Socket
	ok        bool // the system has such a table
}

func readTable() table {
	ls, ok := listen.Sockets()
	return table{ls, ok}
}
