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
		name, engine string
		image        bool
		make         func(*lab) engine
	}{
		{"supervisord", "supervisord", false, supervisord},
		{"runit", "runit", false, runit},
		{"s6", "s6", false, s6},
		{"systemd", "systemd", false, systemd},
		{"systemd-user", "systemd", false, systemdUser},
		{"docker", "docker", true, compose},
		{"kubernetes", "kubernetes", true, kubernetes},
		{"nomad", "nomad", false, nomad},
		{"nomad-docker", "docker", true, nomadDocker},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, c.engine, c.image)
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
