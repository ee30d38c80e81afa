package control

import (
	"fmt"
	"net"
	"os"
)

// trusted says whether a peer with this uid may talk to us: ourselves, and root,
// who can do all that we can anyway.
func trusted(uid int) bool { return uid == os.Geteuid() || uid == 0 }

// ofSocket asks something of a connection's descriptor.
func ofSocket(c *net.UnixConn, get func(fd int) (int, error)) (uid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return -1, err
	}
	if cerr := raw.Control(func(fd uintptr) { uid, err = get(int(fd)) }); cerr != nil {
		err = cerr
	}
	if err != nil {
		return -1, fmt.Errorf("cannot tell whose connection it is: %w", err)
	}
	return uid, nil
}
