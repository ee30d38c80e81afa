package listen

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// ask asks the kernel for the sockets (sock_diag(7)).
func ask() ([]Socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	// The kernel answers at once; this is for one that does not.
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		return nil, err
	}
	buf := make([]byte, 32<<10) // the most that the kernel puts into one answer
	var all []Socket
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		if err := unix.Sendto(fd, request(family), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			return nil, err
		}
		if all, err = receive(fd, buf, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// request is a message header and a struct inet_diag_req_v2.
func request(family byte) []byte {
	const length = unix.SizeofNlMsghdr + 56
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

// receive appends the sockets of the answer to one request.
func receive(fd int, buf []byte, all []Socket) ([]Socket, error) {
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
		if len(messages) == 0 {
			return nil, errors.New("sock_diag: no answer")
		}
		for _, m := range messages {
			switch m.Header.Type {
			case unix.NLMSG_DONE:
				return all, nil
			case unix.NLMSG_ERROR:
				return nil, fmt.Errorf("sock_diag: %w", errno(m.Data))
			case unix.SOCK_DIAG_BY_FAMILY:
				if s, ok := parseMessage(m.Data); ok {
					all = append(all, s)
				}
			}
		}
	}
}

// parseMessage reads a struct inet_diag_msg.
func parseMessage(b []byte) (s Socket, ok bool) {
	const port, source, uid, inode, size = 4, 8, 64, 68, 72
	if len(b) < size {
		return Socket{}, false
	}
	length := 4
	if b[0] == unix.AF_INET6 {
		length = 16
	}
	addr, _ := netip.AddrFromSlice(b[source : source+length])
	return Socket{
		Inode: uint64(binary.NativeEndian.Uint32(b[inode:])),
		Addr:  netip.AddrPortFrom(addr.Unmap(), binary.BigEndian.Uint16(b[port:])),
		UID:   int(binary.NativeEndian.Uint32(b[uid:])),
	}, true
}

func errno(b []byte) error {
	if len(b) < 4 {
		return unix.EBADMSG
	}
	return unix.Errno(-int32(binary.NativeEndian.Uint32(b)))
}
