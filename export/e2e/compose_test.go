//go:build e2e

package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
)

func compose(l *lab) engine {
	file := ""
	docker := func(l *lab, args ...string) string {
		return l.run("docker", append([]string{"compose", "--progress", "quiet", "-f", file}, args...)...)
	}
	e := engine{
		format: "compose", image: "app:dev", dir: "/app", flags: []string{"-p", l.port(0)},
		ask: askHere, order: true,
		install: func(l *lab, dir string) {
			file = filepath.Join(dir, "compose.yaml")
			docker(l, "config", "-q")
			docker(l, "up", "-d", "--remove-orphans")
		},
		web: func(l *lab) ([]string, error) {
			ids, err := l.try("docker", "compose", "-f", file, "ps", "-q", "web")
			if err != nil {
				return nil, err
			}
			var all []string
			for id := range strings.FieldsSeq(ids) {
				address, err := l.try("docker", "port", id, l.port(0)+"/tcp")
				if err != nil {
					return nil, err
				}
				all = append(all, strings.TrimSpace(address))
			}
			return all, nil
		},
		stop: func(l *lab) { docker(l, "stop") },
		logs: func(l *lab) (string, error) { return l.try("docker", "compose", "-f", file, "logs", "--no-color") },
	}
	e.scale = func(l *lab, n int) { // the ports go with the number
		e.install(l, l.export(e.format, append(e.allFlags(l), "-m", fmt.Sprintf("web=%d,worker=1", n))...))
	}
	return e
}
