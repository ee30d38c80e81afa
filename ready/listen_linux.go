package ready

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// listeners returns every listening TCP socket of our network namespace; ok is
// false where the system does not tell.
//
// The kernel is asked by message first: it goes through its listeners alone.
// The files have every connection, and reading them walks the whole table of
// those, full or empty: some milliseconds on a machine with much memory. They
// serve where there is no such message (gVisor, WSL 1).
func listeners() (all []listener, ok bool) {
	if all, err := askListeners(); err == nil {
		return all, true
	}
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(path)
		if err != nil {
			continue // a kernel without IPv6 has no tcp6
		}
		ok = true
		all = append(all, parseListeners(file)...)
		_ = file.Close()
	}
	return all, ok
}

func parseListeners(file *os.File) []listener {
	var all []listener
	lines := bufio.NewScanner(file)
	lines.Scan() // the header
	for lines.Scan() {
		l, ok := parseListener(lines.Text())
		if !ok {
			break // the listening sockets come first
		}
		all = append(all, l)
	}
	return all
}

// parseListener reads a line of /proc/net/tcp or tcp6; ok is false when it is
// not that of a listening socket.
func parseListener(line string) (l listener, ok bool) {
	const local, state, inode = 1, 3, 9
	const listen = "0A"
	field := strings.Fields(line)
	if len(field) <= inode || field[state] != listen {
		return listener{}, false
	}
	ip, port, _ := strings.Cut(field[local], ":")
	p, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return listener{}, false
	}
	// The address is printed as words of 32 bits of this machine's order.
	raw, err := hex.DecodeString(ip)
	if err != nil || len(raw)%4 != 0 {
		return listener{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	addr, ok := netip.AddrFromSlice(raw)
	if !ok {
		return listener{}, false
	}
	node, err := strconv.ParseUint(field[inode], 10, 64)
	if err != nil {
		return listener{}, false
	}
	return listener{node, netip.AddrPortFrom(addr.Unmap(), uint16(p))}, true
}

// sockets calls f with the inode of every socket that the process has open. The
// processes of other users are looked into by root alone.
func sockets(pid int, f func(inode uint64)) {
	path := "/proc/" + strconv.Itoa(pid) + "/fd"
	dir, err := os.Open(path)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		link, _ := os.Readlink(path + "/" + name)
		number, isSocket := strings.CutPrefix(link, "socket:[")
		if !isSocket {
			continue
		}
		if inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64); err == nil {
			f(inode)
		}
	}
}
