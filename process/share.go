package process

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Share has the front keep file open for as long as it lives too: a lock on it is
// held until the last of the halves has ended. Should the back die, last is
// written over the beginning of the file before the front ends the app. It is
// one line, without its end.
func (l *Link) Share(file *os.File, last string) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	cerr := raw.Control(func(fd uintptr) { err = l.c.sendWith(int(fd), wordShare, last) })
	if err == nil {
		err = cerr
	}
	return err
}

// sendWith sends a line and a descriptor that belongs to it.
func (c *conn) sendWith(fd int, word, rest string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	raw, err := c.sock.SyscallConn()
	if err != nil {
		return err
	}
	line, rights := []byte(word+" "+rest+"\n"), unix.UnixRights(fd)
	werr := raw.Write(func(sock uintptr) bool {
		var n int
		if n, err = unix.SendmsgN(int(sock), line, rights, nil, 0); err == nil {
			line, rights = line[n:], nil // it goes with the first byte
			return len(line) == 0
		}
		return err != unix.EAGAIN && err != unix.EINTR
	})
	if err == nil {
		err = werr
	}
	return err
}

// Read reads the socket. A descriptor that comes along is kept for shared: a
// plain read would close it.
func (c *conn) Read(p []byte) (n int, err error) {
	raw, err := c.sock.SyscallConn()
	if err != nil {
		return 0, err
	}
	rights := make([]byte, unix.CmsgSpace(4))
	var oobn int
	rerr := raw.Read(func(sock uintptr) bool {
		n, oobn, _, _, err = unix.Recvmsg(int(sock), p, rights, 0)
		return err != unix.EAGAIN && err != unix.EINTR
	})
	switch {
	case rerr != nil:
		return 0, rerr
	case err != nil:
		return 0, err
	}
	c.take(rights[:oobn])
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// take keeps the descriptor of a control message.
func (c *conn) take(control []byte) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return
	}
	for _, m := range messages {
		fds, _ := unix.ParseUnixRights(&m)
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			c.came = append(c.came, fd)
		}
	}
}

// shared is a file that the back shares.
type shared struct {
	fd   int
	last string
}

// share keeps the file that came with a line.
func (f *front) share(last string) {
	if came := f.back.came; len(came) > 0 {
		f.back.came = came[1:]
		f.shared = append(f.shared, shared{came[0], last})
	}
}

// backDied writes what the back wanted to have said.
func (f *front) backDied() {
	for _, s := range f.shared {
		// Nobody is there who could do anything about an error.
		_, _ = unix.Pwrite(s.fd, []byte(s.last), 0)
	}
}
