package ready

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ganger/listen"
)

const soReusePort = unix.SO_REUSEPORT

func TestPortOfTree(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ network, host, want string }{
		{"tcp4", "127.0.0.1", "localhost"},
		{"tcp4", "0.0.0.0", "localhost"},
		{"tcp6", "::1", "localhost"},
		{"tcp6", "::", "localhost"}, // IPv6 alone
		{"tcp", "::", "localhost"},
	} {
		t.Run(tt.network+tt.host, func(t *testing.T) {
			t.Parallel()
			var p Poller
			port := freePort(t)
			c := mustParse(t, "port")
			before := p.Before(c, port)
			s := startServer(t, tt.network+"/"+addr(tt.host, port))
			r, err := p.Wait(patient(t), c, Target{Port: port, Before: before, PIDs: s.pids})
			if err != nil {
				t.Fatal(err)
			}
			if r.Port != port || r.Host != tt.want || r.URL() != fmt.Sprintf("http://localhost:%d", port) {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// Nobody is there at first: what is seen tells so, and the wait goes on.
func TestPortLater(t *testing.T) {
	t.Parallel()
	var p Poller
	port := freePort(t)
	c := mustParse(t, "port")
	before := p.Before(c, port)
	s := startServer(t, "-", "tcp/"+addr("127.0.0.1", port))
	seen := make(chan string, 100)
	go func() {
		receive(t, seen, "a word of what is seen")
		s.next()
	}()
	r, err := p.Wait(patient(t), c, Target{
		Port: port, Before: before, PIDs: s.pids,
		Seen: func(what string) { seen <- what },
	})
	if err != nil || r.Port != port {
		t.Errorf("got %+v, %v", r, err)
	}
}

// The listener is no descendant: docker run waits for a daemon's proxy.
func TestPortOfSomebodyNew(t *testing.T) {
	t.Parallel()
	var p Poller
	port := freePort(t)
	c := mustParse(t, "port")
	before := p.Before(c, port)
	startServer(t, "tcp/"+addr("0.0.0.0", port))
	r, err := p.Wait(patient(t), c, Target{Port: port, Before: before, PIDs: func() []int { return nil }})
	if err != nil || r.Port != port {
		t.Errorf("got %+v, %v", r, err)
	}
}

// Who was there before the start does not count, and the error says so.
func TestPortTakenBefore(t *testing.T) {
	t.Parallel()
	var p Poller
	port := freePort(t)
	startServer(t, "tcp/"+addr("127.0.0.1", port))
	c := mustParse(t, "port")
	before := p.Before(c, port)
	ctx, cancel := context.WithCancel(patient(t))
	defer cancel()
	_, err := p.Wait(ctx, c, Target{
		Port: port, Before: before, PIDs: func() []int { return nil },
		Seen: func(string) { cancel() },
	})
	var nr *NotReadyError
	want := fmt.Sprintf("not ready: waited for port %d: port %d belongs to somebody who was there before", port, port)
	if !errors.As(err, &nr) || err.Error() != want || !errors.Is(err, context.Canceled) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Both listen on one port: the second one counts.
func TestPortShared(t *testing.T) {
	t.Parallel()
	needTable(t)
	var p Poller
	port := freePort(t)
	startServer(t, "tcp4/"+addr("127.0.0.1", port))
	c := mustParse(t, "port")
	before := p.Before(c, port)
	s := startServer(t, "tcp4/"+addr("127.0.0.1", port))
	r, err := p.Wait(patient(t), c, Target{Port: port, Before: before, PIDs: s.pids})
	if err != nil || r.Port != port {
		t.Errorf("got %+v, %v", r, err)
	}
}

// A socket that was handed down is older than its process.
func TestPortInherited(t *testing.T) {
	t.Parallel()
	needTable(t)
	var p Poller
	port := freePort(t)
	c := mustParse(t, "port")
	s := startServer(t, "tcp4/"+addr("127.0.0.1", port))
	before := p.Before(c, port)
	r, err := p.Wait(patient(t), c, Target{Port: port, Before: before, PIDs: s.pids})
	if err != nil || r.Port != port {
		t.Errorf("got %+v, %v", r, err)
	}
}

// PORT stays unused.
func TestPortOther(t *testing.T) {
	t.Parallel()
	needTable(t)
	var p Poller
	port, other := freePort(t), freePort(t)
	c := mustParse(t, "port")
	before := p.Before(c, port)
	startServer(t, "tcp/"+addr("127.0.0.1", freePort(t))) // not of the tree
	s := startServer(t, "tcp/"+addr("127.0.0.1", other))
	r, err := p.Wait(patient(t), c, Target{Port: port, Before: before, PIDs: s.pids})
	if err != nil || r.Port != other {
		t.Errorf("got %+v, %v; want port %d", r, err, other)
	}
}

// The system has picked the port, as for bind of port 0.
func TestPortPicked(t *testing.T) {
	t.Parallel()
	needTable(t)
	var p Poller
	port := freePort(t)
	c := mustParse(t, "port")
	before := p.Before(c, port)
	s := startServer(t, "tcp/127.0.0.1:0")
	r, err := p.Wait(patient(t), c, Target{Port: port, Before: before, PIDs: s.pids})
	if err != nil || r.Port == port || r.Port == 0 {
		t.Errorf("got %+v, %v", r, err)
	}
}

// Which port is taken for the process's own, and when.
func TestOtherPort(t *testing.T) {
	t.Parallel()
	at := func(inode uint64, port uint16) listen.Socket {
		return listen.Socket{Inode: inode, Addr: netip.AddrPortFrom(netip.IPv4Unspecified(), port)}
	}
	debugger, app, own, picked := at(1, 9229), at(2, 3000), at(3, 5000), at(4, 40000)
	start := time.Now()
	tests := []struct {
		name  string
		looks []struct {
			after     time.Duration
			listeners []listen.Socket
		}
		want int
	}{
		{name: "at once", looks: looks(0, app), want: 0},
		{name: "settled", looks: append(looks(0, app), looks(500*time.Millisecond, app)...), want: 3000},
		{name: "debugger", looks: append(looks(0, debugger), looks(time.Second, debugger)...), want: 0},
		{name: "debugger for long", looks: append(looks(0, debugger), looks(10*time.Second, debugger)...), want: 9229},
		{name: "picked by the system", looks: append(looks(0, picked), looks(2*time.Second, picked)...), want: 40000},
		{name: "app after one that was picked", looks: append(append(looks(0, picked), looks(time.Second, picked, app)...), looks(500*time.Millisecond, picked, app)...), want: 3000},
		{name: "app after debugger", looks: append(looks(0, debugger), looks(9*time.Second, debugger, app)...), want: 0},
		{name: "own after debugger", looks: append(looks(0, debugger), looks(time.Second, debugger, own)...), want: 5000},
		{name: "own among others", looks: append(looks(0, app), looks(time.Second, app, own)...), want: 5000},
		{name: "gone and back", looks: append(append(looks(0, app), looks(time.Second)...), looks(time.Second, app)...), want: 0},
	}
	for _, tt := range tests {
		var p treePorts
		now, got := start, 0
		for _, look := range tt.looks {
			now = now.Add(look.after)
			mine := make(map[uint64]bool)
			for _, l := range look.listeners {
				mine[l.Inode] = true
			}
			p.mine = mine
			if l, ok := p.find(table{look.listeners, true}, Target{Port: 5000}, now); ok {
				got = l.Port()
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

func looks(after time.Duration, ls ...listen.Socket) []struct {
	after     time.Duration
	listeners []listen.Socket
} {
	return []struct {
		after     time.Duration
		listeners []listen.Socket
	}{{after, ls}}
}

// Without a table a connection tells, of a port that was free before.
func TestPortByConnection(t *testing.T) {
	t.Parallel()
	p := Poller{read: func() table { return table{} }}
	c := mustParse(t, "port")

	port := freePort(t)
	before := p.Before(c, port)
	startServer(t, "tcp6/"+addr("::1", port))
	r, err := p.Wait(patient(t), c, Target{Port: port, Before: before})
	if err != nil || r.Port != port || r.Host != "localhost" {
		t.Errorf("got %+v, %v", r, err)
	}

	before = p.Before(c, port)
	ctx, cancel := context.WithCancel(patient(t))
	defer cancel()
	if r, err := p.Wait(ctx, c, Target{Port: port, Before: before, Seen: func(string) { cancel() }}); err == nil {
		t.Errorf("got %+v of one that was there before", r)
	}
}

func needTable(t *testing.T) {
	t.Helper()
	if _, ok := listen.Sockets(); !ok {
		t.Skipf("%s has no table of listeners that we read", runtime.GOOS)
	}
}
