package cli

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
	"time"
)

// claimed is where, from a base, somebody listens who has the base for itself,
// and wanted where its apps may listen.
const claimed = 399

var wanted = []int{0, 1, 55, 100, 200, 300}

// claim takes a base port for one test, below those that the system and the
// tests of other packages pick: no other test of this machine has it until it is
// released.
func claim() (base int, release func(), err error) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		base := 10000 + 400*rand.IntN(25)
		l, err := net.Listen("tcp", "localhost:"+strconv.Itoa(base+claimed))
		if err != nil {
			continue
		}
		if allFree(base) {
			return base, func() { _ = l.Close() }, nil
		}
		_ = l.Close()
	}
	return 0, nil, errors.New("no ports are free")
}

func allFree(base int) bool {
	for _, n := range wanted {
		l, err := net.Listen("tcp", ":"+strconv.Itoa(base+n))
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}

// ownPorts is a base port for an app of up to four types.
func ownPorts(t *testing.T) int {
	t.Helper()
	base, release, err := claim()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return base
}
