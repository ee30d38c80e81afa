package treestat

import (
	"net"
	"testing"
)

// Both ways know a socket that listens, and none of a connection.
func TestListeners(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	dialed := conn.LocalAddr().(*net.TCPAddr).Port
	for name, list := range map[string]func(map[uint64]int) error{
		"netlink": askListeners,
		"proc":    func(found map[uint64]int) error { readListeners(found); return nil },
	} {
		found := make(map[uint64]int)
		if err := list(found); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		listens := false
		for inode, p := range found {
			listens = listens || p == port(l) && inode != 0
			if p == dialed {
				t.Errorf("%s: port %d is that of a connection", name, p)
			}
		}
		if !listens {
			t.Errorf("%s: port %d is not in %v", name, port(l), found)
		}
	}
}

func TestParseListener(t *testing.T) {
	const line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0"
	if inode, port, ok := parseListener([]byte(line)); inode != 4711 || port != 8080 || !ok {
		t.Errorf("%d %d %v", inode, port, ok)
	}
	for _, bad := range []string{"", "x", "0: 0100007F:1F90 0:0 01 0:0 0:0 0 0 0 4711"} {
		if _, _, ok := parseListener([]byte(bad)); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}
