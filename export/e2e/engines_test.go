//go:build e2e

package e2e

import (
	"os"
	"testing"
)

// TestEngines is the life of the demo in each engine that is there.
func TestEngines(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	for _, c := range []struct {
		name  string
		image bool
		make  func(*lab) engine
	}{
		{"supervisord", false, supervisord},
		{"runit", false, runit},
		{"s6", false, s6},
		{"systemd", false, systemd},
		{"systemd-user", false, systemdUser},
		{"docker", true, compose},
		{"kubernetes", true, kubernetes},
		{"nomad", false, nomad},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, c.name, c.image)
			e := c.make(l)
			e.scenario(l)
			e.exact(l)
			if e.order {
				e.inOrder(l)
			}
			if e.rollout != nil {
				e.rollout(l)
			}
		})
	}
}
