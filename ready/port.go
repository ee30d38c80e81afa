package ready

import (
	"context"
	"net/netip"
	"time"

	"ganger/listen"
)

// port waits until the process listens: on its PORT, itself or by somebody who
// was not there when it started (a container's proxy is no child of docker run);
// or, where PORT stays unused, on another port.
func (w *wait) port(ctx context.Context) (listen.Socket, error) {
	within := time.Duration(0)
	for {
		t, err := w.poller.look(ctx, within)
		if err != nil {
			return listen.Socket{}, err
		}
		var l listen.Socket
		var ok bool
		if t.ok {
			l, ok = w.lookUp(t, time.Now())
		} else {
			l, ok = w.tryOut(ctx)
		}
		if ok {
			return l, nil
		}
		within = w.pause()
	}
}

// lookUp reads the answer off the table.
func (w *wait) lookUp(t table, now time.Time) (l listen.Socket, ok bool) {
	port := w.target.Port
	taken, others := false, false
	for _, l := range t.listeners {
		old := w.target.Before.inodes[l.Inode]
		switch {
		case l.Port() == port && !old:
			return l, true
		case l.Port() == port:
			taken = true
		case !old:
			others = true
		}
	}
	// Only if there is something to find are the process's descriptors read: a
	// socket handed to it by its parent is in the table from before, too.
	if taken || others {
		if l, ok = w.tree.find(t, w.target, now); ok {
			return l, true
		}
	}
	switch other := w.tree.other.Port(); {
	case other != 0 && taken:
		w.see("it listens on port %d; port %d belongs to somebody who was there before", other, port)
	case other != 0:
		w.see("it listens on port %d, nobody on port %d", other, port)
	case taken:
		w.see("port %d belongs to somebody who was there before", port)
	default:
		w.see("nobody listens on port %d", port)
	}
	return listen.Socket{}, false
}

// tryOut connects to the port, where there is no table.
func (w *wait) tryOut(ctx context.Context) (l listen.Socket, ok bool) {
	addr, err := knock(ctx, w.target.Port)
	switch {
	case err != nil:
		w.refused = true
		w.see("port %d: %s", w.target.Port, plain(err))
		return listen.Socket{}, false
	case w.target.Before.taken && !w.refused:
		w.see("port %d belongs to somebody who was there before", w.target.Port)
		return listen.Socket{}, false
	}
	return listen.Socket{Addr: addr}, true
}

// treePorts is what a process and its descendants listen on.
type treePorts struct {
	read  time.Time
	known map[uint64]bool // all listeners at that time
	mine  map[uint64]bool // those of the tree
	other listen.Socket   // the first one found that is not on PORT
	since time.Time       // when it was found
}

// find returns the tree's listener on PORT, or another one after it had some
// time to make use of PORT.
func (p *treePorts) find(t table, target Target, now time.Time) (l listen.Socket, ok bool) {
	p.refresh(t, target.PIDs, now)
	var kept, first listen.Socket
	for _, l := range t.listeners {
		switch {
		case !p.mine[l.Inode]:
		case l.Port() == target.Port:
			return l, true
		case l.Inode == p.other.Inode:
			kept = l
		case first == listen.Socket{} || auxiliary(first.Port()) && !auxiliary(l.Port()):
			first = l
		}
	}
	if kept == (listen.Socket{}) || auxiliary(kept.Port()) && first != (listen.Socket{}) && !auxiliary(first.Port()) {
		p.other, p.since = first, now
	}
	if p.other != (listen.Socket{}) && now.Sub(p.since) >= settle(p.other.Port()) {
		return p.other, true
	}
	return listen.Socket{}, false
}

// refresh reads the tree's descriptors where there are new listeners, else now
// and then: who belongs to the tree may be known late.
func (p *treePorts) refresh(t table, pids func() []int, now time.Time) {
	if pids == nil {
		return
	}
	fresh := now.Sub(p.read) >= 250*time.Millisecond || len(t.listeners) != len(p.known)
	for _, l := range t.listeners {
		fresh = fresh || !p.known[l.Inode]
	}
	if !fresh {
		return
	}
	p.read = now
	p.known = make(map[uint64]bool, len(t.listeners))
	for _, l := range t.listeners {
		p.known[l.Inode] = true
	}
	p.mine = make(map[uint64]bool)
	for _, pid := range pids() {
		sockets(pid, func(inode uint64) {
			if p.known[inode] {
				p.mine[inode] = true
			}
		})
	}
}

// settle is how long a port other than PORT has to be the only one before it is
// taken for the one that the process serves on.
func settle(port int) time.Duration {
	switch {
	case debugger(port):
		return 10 * time.Second
	case picked(port):
		return 2 * time.Second
	}
	return 500 * time.Millisecond
}

// auxiliary reports whether a port is likely to be another than that of the
// app, and to be opened before it: debuggers', or one that the system picked,
// as for the daemon of a build tool or the nodes of Erlang.
func auxiliary(port int) bool { return debugger(port) || picked(port) }

func debugger(port int) bool {
	switch port {
	case 4369, // Erlang's port mapper
		5005,  // JDWP
		5678,  // debugpy
		9003,  // Xdebug
		9229,  // node --inspect
		12345: // rdbg
		return true
	}
	return false
}

// picked reports whether the system may have picked a port. It is the lowest of
// the ranges in use: Linux has 32768, BSD 49152.
func picked(port int) bool { return port >= 32768 }

// dial returns the addresses to try in order to reach a listener from here.
func dial(l listen.Socket) []netip.AddrPort {
	v4 := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), l.Addr.Port())
	v6 := netip.AddrPortFrom(netip.IPv6Loopback(), l.Addr.Port())
	switch ip := l.Addr.Addr(); {
	case !ip.IsUnspecified():
		return []netip.AddrPort{l.Addr}
	case ip.Is4():
		return []netip.AddrPort{v4}
	default:
		// As a rule it takes both. Where it does not, 127.0.0.1 may be
		// somebody else's.
		return []netip.AddrPort{v6, v4}
	}
}
