package control

import (
	"net"
	"os"
	"sync"
	"time"
)

// A Listener is a socket that takes connections of the user who made it, and of
// root. Serve closes it.
type Listener struct {
	unix *net.UnixListener
	path string
	made os.FileInfo
	max  int // connections at a time

	mu     sync.Mutex
	conns  map[*conn]struct{}
	excess map[*net.UnixConn]struct{} // are to hear that there are too many
	closed bool
}

// conn is one connection.
type conn struct {
	*net.UnixConn
	from *Listener
	uid  int

	// Since when it asks for nothing, zero while a request of it is served. The
	// listener's lock guards it.
	quiet time.Time
}

// Accept waits for the next connection. Of another user's nothing is read, and
// nothing is said to it. When there are too many, the one goes that has been
// there the longest without a request.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		u, err := l.unix.AcceptUnix()
		if err != nil {
			return nil, err
		}
		uid, err := peerUID(u)
		if err != nil || !trusted(uid) {
			u.Close()
			continue
		}
		c := &conn{UnixConn: u, from: l, uid: uid, quiet: time.Now()}
		if !l.admit(c) {
			l.refuse(u)
			continue
		}
		return c, nil
	}
}

// fullAnswer is what one hears that finds every connection busy.
const fullAnswer = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" +
	`{"error":{"code":"too-many","message":"too many connections at once"}}` + "\n"

// refuse tells one that every connection is busy, once it has asked: to an HTTP
// client an answer that comes before is none. Of those who have not asked yet no
// more are kept than of the others.
func (l *Listener) refuse(u *net.UnixConn) {
	l.mu.Lock()
	wait := len(l.excess) < l.max && !l.closed
	if wait {
		l.excess[u] = struct{}{}
	}
	l.mu.Unlock()
	if !wait {
		refused(u)
		return
	}
	go func() {
		_ = u.SetReadDeadline(time.Now().Add(headerTime))
		_, _ = u.Read(make([]byte, maxHeader))
		refused(u)
		l.mu.Lock()
		delete(l.excess, u)
		l.mu.Unlock()
	}()
}

// refused says it. The connection is new: its buffer takes this at once.
func refused(u *net.UnixConn) {
	_, _ = u.Write([]byte(fullAnswer))
	u.Close()
}

// admit counts a connection in.
func (l *Listener) admit(c *conn) bool {
	l.mu.Lock()
	var oldest *conn
	if len(l.conns) >= l.max {
		for o := range l.conns {
			if !o.quiet.IsZero() && (oldest == nil || o.quiet.Before(oldest.quiet)) {
				oldest = o
			}
		}
		if oldest == nil {
			l.mu.Unlock()
			return false
		}
		delete(l.conns, oldest)
	}
	l.conns[c] = struct{}{}
	l.mu.Unlock()
	if oldest != nil {
		oldest.UnixConn.Close()
	}
	return true
}

// setQuiet notes that c asks for nothing since t, or with zero that it does.
func (c *conn) setQuiet(t time.Time) {
	c.from.mu.Lock()
	defer c.from.mu.Unlock()
	c.quiet = t
}

// idle reports whether no request of c is served, and whether none will be.
func (c *conn) idle() (now, forGood bool) {
	c.from.mu.Lock()
	defer c.from.mu.Unlock()
	return !c.quiet.IsZero(), c.from.closed
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	c.from.mu.Lock()
	delete(c.from.conns, c)
	c.from.mu.Unlock()
	return c.UnixConn.Close()
}

// cut closes the connections: all, or those without a request.
func (l *Listener) cut(all bool) {
	l.mu.Lock()
	var gone []*conn
	for c := range l.conns {
		if all || !c.quiet.IsZero() {
			gone = append(gone, c)
		}
	}
	for u := range l.excess {
		u.Close()
	}
	l.mu.Unlock()
	for _, c := range gone {
		c.Close()
	}
}

// Addr implements [net.Listener].
func (l *Listener) Addr() net.Addr { return l.unix.Addr() }

// Close stops listening and removes the socket, if it is still the one that was
// made.
func (l *Listener) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	if st, err := os.Lstat(l.path); err == nil && os.SameFile(st, l.made) {
		os.Remove(l.path)
	}
	return l.unix.Close()
}
