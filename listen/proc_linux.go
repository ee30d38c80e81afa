package listen

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// readFiles reads the sockets from /proc (proc_net_tcp.rst of the kernel).
func readFiles() ([]Socket, error) {
	// Not /proc/net, which ProcSubset=pid of systemd hides.
	all, err := readFile("/proc/self/net/tcp", nil)
	if err != nil {
		return nil, err
	}
	if both, err := readFile("/proc/self/net/tcp6", all); err == nil {
		return both, nil
	}
	return all, nil // a kernel without IPv6
}

// readFile appends the sockets of a file.
func readFile(path string, all []Socket) ([]Socket, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return parseFile(file, all)
}

// parseFile reads to the end: Linux lists what listens first, but gVisor lists
// all sockets by age.
func parseFile(r io.Reader, all []Socket) ([]Socket, error) {
	lines := bufio.NewScanner(r)
	lines.Scan() // the header
	for lines.Scan() {
		if s, ok := parseLine(lines.Text()); ok {
			all = append(all, s)
		}
	}
	return all, lines.Err()
}

// parseLine is not ok when the line is not that of a socket that listens.
func parseLine(line string) (s Socket, ok bool) {
	const local, state, uid, inode = 1, 3, 7, 9
	const listen = "0A"
	field := strings.Fields(line)
	if len(field) <= inode || field[state] != listen {
		return Socket{}, false
	}
	if s.Addr, ok = parseAddr(field[local]); !ok {
		return Socket{}, false
	}
	var err error
	if s.Inode, err = strconv.ParseUint(field[inode], 10, 64); err != nil {
		return Socket{}, false
	}
	if s.UID, err = strconv.Atoi(field[uid]); err != nil {
		s.UID = -1
	}
	return s, true
}

// parseAddr reads 0100007F:1F90. The address is printed as words of 32 bits of
// this machine's order.
func parseAddr(text string) (addr netip.AddrPort, ok bool) {
	ip, port, _ := strings.Cut(text, ":")
	n, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	raw, err := hex.DecodeString(ip)
	if err != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	a, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(a.Unmap(), uint16(n)), ok
}
