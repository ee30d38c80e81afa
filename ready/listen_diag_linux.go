package ready

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// askListeners asks the kernel for its listening TCP sockets (sock_diag(7)).
func askListeners() ([]listener, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	// The kernel answers at once; this is for one that does not.
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		return nil, err
	}
	all, err := dump(fd, unix.AF_INET, nil)
	if err != nil {
		return nil, err
	}
	return dump(fd, unix.AF_INET6, all)
}

// dump appends the listeners of one address family.
func dump(fd int, family byte, all []listener) ([]listener, error) {
	if err := unix.Sendto(fd, diagRequest(family), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	buf := make([]byte, 32<<10) // the most that the kernel puts into one
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		messages, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			switch m.Header.Type {
			case unix.NLMSG_DONE:
				return all, nil
			case unix.NLMSG_ERROR:
				return nil, fmt.Errorf("sock_diag: %w", errno(m.Data))
			case unix.SOCK_DIAG_BY_FAMILY:
				if l, ok := parseDiag(m.Data); ok {
					all = append(all, l)
				}
			}
		}
	}
}

// diagRequest is a message header and a struct inet_diag_req_v2.
func diagRequest(family byte) []byte {
	const length = unix.NLMSG_HDRLEN + 56
	const listen = 10 // TCP_LISTEN
	b := make([]byte, length)
	order := binary.NativeEndian
	order.PutUint32(b[0:], length)
	order.PutUint16(b[4:], unix.SOCK_DIAG_BY_FAMILY)
	order.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	b[16] = family
	b[17] = unix.IPPROTO_TCP
	order.PutUint32(b[20:], 1<<listen)
	return b
}

// parseDiag reads a struct inet_diag_msg.
func parseDiag(b []byte) (l listener, ok bool) {
	const port, source, inode, size = 4, 8, 68, 72
	if len(b) < size {
		return listener{}, false
	}
	length := 4
	if b[0] == unix.AF_INET6 {
		length = 16
	}
	addr, _ := netip.AddrFromSlice(b[source : source+length])
	return listener{
		inode: uint64(binary.NativeEndian.Uint32(b[inode:])),
		addr:  netip.AddrPortFrom(addr.Unmap(), binary.BigEndian.Uint16(b[port:])),
	}, true
}

func errno(b []byte) error {
	if len(b) < 4 {
		return unix.EBADMSG
	}
	return unix.Errno(-int32(binary.NativeEndian.Uint32(b)))
}
