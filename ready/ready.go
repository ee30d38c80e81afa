// Package ready finds out when a process is ready for those that need it: when
// it listens, answers, or says so.
//
//	var poller ready.Poller // one for all processes
//	c, err := ready.Parse("http:/health")
//	before := poller.Before(c, port) // then the process is started
//	result, err := poller.Wait(ctx, c, ready.Target{Port: port, Before: before, PIDs: tree})
//
// A port is looked up in the kernel's tables, so that the process sees no stray
// connection. Where the system has none (other than Linux) it is tried by a
// connection, only on the process's PORT, and whoever accepts it counts unless
// somebody did before the start.
package ready

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ganger/listen"
)

// Target is the process of which a condition is to become true.
type Target struct {
	Port   int          // its PORT, 0 where it has none
	Before Before       // who listened before its start
	PIDs   func() []int // its tree at the moment of the call; may be nil
	Lines  *Lines       // of the condition, which are handed in meanwhile; for Log alone

	// Seen, unless nil, is told what was found instead, in words, whenever that
	// is something new. It must not block.
	Seen func(what string)
}

// Result is how a process got ready.
type Result struct {
	Kind Kind
	// Port is the one that it listens on, which may not be its PORT. It is 0
	// where that is not known: for Port and HTTP it is.
	Port int
	// Host is where it listens there: localhost, or an address of this machine
	// that is not local.
	Host string
}

// Address is HOST:PORT, empty where no port is known.
func (r Result) Address() string {
	if r.Port == 0 {
		return ""
	}
	return net.JoinHostPort(r.Host, strconv.Itoa(r.Port))
}

// URL is empty where no port is known. Only for HTTP it is known that the
// process speaks the protocol.
func (r Result) URL() string {
	if r.Port == 0 {
		return ""
	}
	return localURL(r.Host, r.Port)
}

// NotReadyError says what was waited for and what was last seen.
type NotReadyError struct {
	Awaited string // "port 5200"
	Seen    string // "nobody listens there"; may be empty
	Err     error  // why the waiting ended, the context's error
}

func (e *NotReadyError) Error() string {
	if e.Seen == "" {
		return fmt.Sprintf("not ready: waited for %s", e.Awaited)
	}
	return fmt.Sprintf("not ready: waited for %s: %s", e.Awaited, e.Seen)
}

func (e *NotReadyError) Unwrap() error { return e.Err }

// Before notes who listens, for a process that is about to start. It costs
// nothing where the condition does not ask.
func (p *Poller) Before(c Condition, port int) Before {
	if !c.NeedsPort() {
		return Before{}
	}
	t := p.table()
	if !t.ok {
		_, err := knock(context.Background(), port)
		return Before{taken: err == nil}
	}
	b := Before{inodes: make(map[uint64]bool, len(t.listeners))}
	for _, l := range t.listeners {
		b.inodes[l.Inode] = true
	}
	return b
}

// Wait returns when the condition is true, or with a *NotReadyError when the
// context ends. It polls only meanwhile. Exit is never true here: who started
// the process sees its end.
func (p *Poller) Wait(ctx context.Context, c Condition, t Target) (Result, error) {
	w := &wait{poller: p, condition: c, target: t, since: time.Now()}
	var err error
	var l listen.Socket
	switch c.Kind {
	case Started:
	case Port:
		l, err = w.port(ctx)
	case HTTP:
		l, err = w.http(ctx)
	case TCP:
		err = w.tcp(ctx)
	case Log:
		l, err = w.log(ctx)
	case Exit:
		<-ctx.Done()
		err = ctx.Err()
	}
	if err != nil {
		return Result{}, &NotReadyError{c.Awaited(t.Port), w.seen, err}
	}
	r := Result{Kind: c.Kind}
	if l != (listen.Socket{}) {
		r.Port, r.Host = l.Port(), host(l)
	}
	return r, nil
}

// wait is one call of Wait.
type wait struct {
	poller    *Poller
	condition Condition
	target    Target
	since     time.Time
	seen      string
	tree      treePorts
	refused   bool // the port was once found free, where there is no table
}

func (w *wait) pause() time.Duration { return pause(time.Since(w.since)) }

func (w *wait) see(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if what == w.seen {
		return
	}
	w.seen = what
	if w.target.Seen != nil {
		w.target.Seen(what)
	}
}

// tcp waits for a connection to be accepted. The name is looked up each time:
// it may be one that appears only with the service.
func (w *wait) tcp(ctx context.Context) error {
	for {
		err := connect(ctx, w.condition.address)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		w.see("%s", plain(err))
		if err := sleep(ctx, w.pause()); err != nil {
			return err
		}
	}
}

func connect(ctx context.Context, address string) error {
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err == nil {
		_ = conn.Close()
	}
	return err
}

// knock tries the port of this machine by a connection.
func knock(ctx context.Context, port int) (netip.AddrPort, error) {
	var first error
	for _, ip := range []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()} {
		addr := netip.AddrPortFrom(ip, uint16(port))
		err := connect(ctx, addr.String())
		if err == nil {
			return addr, nil
		}
		if first == nil {
			first = err
		}
	}
	return netip.AddrPort{}, first
}

// plain is the error without the names of calls: "connection refused".
func plain(err error) string {
	text := err.Error()
	for _, call := range []string{"connect: ", "read: ", "write: ", "lookup "} {
		if _, after, ok := strings.Cut(text, call); ok {
			text = after
		}
	}
	return strings.TrimPrefix(text, "dial tcp ")
}
