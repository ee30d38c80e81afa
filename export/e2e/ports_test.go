//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// port is a port of the app, so far from the base port.
func (l *lab) port(from int) string { return strconv.Itoa(l.base + from) }

// freePorts is a base port from which those of a few types are free here.
func freePorts(t *testing.T) int {
	t.Helper()
	// In no order, for somebody else may run these tests at the same time.
	for _, i := range rand.Perm(61) {
		if base := 5600 + 400*i; free(base) {
			return base
		}
	}
	t.Fatal("no base port is free")
	return 0
}

// free reports whether the ports of five processes of three types are.
func free(base int) bool {
	for _, typ := range []int{0, 100, 200} {
		for n := range 5 {
			for _, host := range []string{"", "127.0.0.1"} { // the one does not see the other's
				l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, base+typ+n))
				if err != nil {
					return false
				}
				_ = l.Close()
			}
		}
	}
	return true
}
