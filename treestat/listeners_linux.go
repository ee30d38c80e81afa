package treestat

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// listeners are the ports of all listening TCP sockets by inode.
//
// They are asked for by netlink: to read /proc/net/tcp takes the kernel
// milliseconds, since it walks the table of all connections there can be.
func listeners() map[uint64]int {
	found := make(map[uint64]int)
	if err := askListeners(found); err != nil {
		readListeners(found)
	}
	return found
}

// From <linux/inet_diag.h>, in bytes.
const (
	diagRequest = 56 // struct inet_diag_req_v2
	diagMessage = 72 // struct inet_diag_msg
	diagPort    = 4  // of id.idiag_sport there
	diagInode   = 68 // of idiag_inode there

	tcpListen = 10 // <net/tcp_states.h>
)

// askListeners asks the kernel (sock_diag(7)). A kernel built without that, or a
// container that forbids it, is an error.
func askListeners(found map[uint64]int) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	buf := make([]byte, 32<<10)
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		req := make([]byte, unix.SizeofNlMsghdr+diagRequest)
		binary.NativeEndian.PutUint32(req, uint32(len(req)))
		binary.NativeEndian.PutUint16(req[4:], unix.SOCK_DIAG_BY_FAMILY)
		binary.NativeEndian.PutUint16(req[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
		body := req[unix.SizeofNlMsghdr:]
		body[0], body[1] = family, unix.IPPROTO_TCP
		binary.NativeEndian.PutUint32(body[4:], 1<<tcpListen)
		if err := unix.Sendto(fd, req, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			return err
		}
		if err := takeListeners(fd, buf, found); err != nil {
			return err
		}
	}
	return nil
}

// takeListeners reads the answer to one request.
func takeListeners(fd int, buf []byte, found map[uint64]int) error {
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		messages, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil || len(messages) == 0 {
			return errors.Join(err, errors.New("no answer"))
		}
		for _, m := range messages {
			switch m.Header.Type {
			case unix.NLMSG_DONE:
				return nil
			case unix.NLMSG_ERROR:
				return errors.New("refused")
			}
			if len(m.Data) >= diagMessage {
				inode := binary.NativeEndian.Uint32(m.Data[diagInode:])
				found[uint64(inode)] = int(binary.BigEndian.Uint16(m.Data[diagPort:]))
			}
		}
	}
}

// readListeners reads the tables of /proc.
func readListeners(found map[uint64]int) {
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		file, err := os.Open(table)
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(file)
		lines.Scan() // the header
		for lines.Scan() {
			inode, port, ok := parseListener(lines.Bytes())
			if !ok {
				// The kernel lists the listening sockets first
				// (Documentation/networking/proc_net_tcp.rst).
				break
			}
			found[inode] = port
		}
		file.Close()
	}
}

// parseListener reads a line of the table; not ok when it is not that of a
// listening socket.
func parseListener(line []byte) (inode uint64, port int, ok bool) {
	const local, state, node = 1, 3, 9
	const listen = "0A"
	f := bytes.Fields(line)
	if len(f) <= node || string(f[state]) != listen {
		return 0, 0, false
	}
	_, hex, _ := bytes.Cut(f[local], []byte(":"))
	n, err := strconv.ParseUint(string(hex), 16, 16)
	return number(f[node]), int(n), err == nil
}
