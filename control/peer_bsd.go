//go:build darwin || freebsd

package control

import (
	"net"

	"golang.org/x/sys/unix"
)

// solLocal is SOL_LOCAL of sys/un.h, the level of a Unix socket's own options.
const solLocal = 0

// peerUID is the user at the other end, as the kernel noted it at the connect,
// or of the server at its listen.
func peerUID(c *net.UnixConn) (int, error) {
	return ofSocket(c, func(fd int) (int, error) {
		cred, err := unix.GetsockoptXucred(fd, solLocal, unix.LOCAL_PEERCRED)
		if err != nil {
			return -1, err
		}
		return int(cred.Uid), nil
	})
}
