//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// allocation is what is read of one.
type allocation struct {
	ID, TaskGroup, ClientStatus, DesiredStatus string
	AllocatedResources                         struct {
		Shared struct {
			Ports []struct{ Value int }
		}
	}
}

func nomad(l *lab) engine {
	e := engine{
		format: "nomad", ask: askHere,
		install: func(l *lab, dir string) {
			vars, err := filepath.Glob(filepath.Join(dir, "*.nv.json"))
			if err != nil {
				l.Fatal(err)
			}
			for _, file := range vars {
				l.run("nomad", "var", "put", "-force", "@"+file)
			}
			l.run("nomad", "fmt", "-check", dir)
			for _, job := range []string{"demo-release", "demo"} {
				file := filepath.Join(dir, job+".nomad.hcl")
				if !exists(file) {
					continue
				}
				if out := l.run("nomad", "job", "validate", file); strings.Contains(out, "Warning") {
					l.Errorf("nomad job validate: %s", out)
				}
				l.run("nomad", "job", "run", "-detach", file)
			}
		},
		web: func(l *lab) ([]string, error) {
			allocs, err := allocations(l, "demo")
			var all []string
			for _, a := range allocs {
				if a.TaskGroup != "web" || a.ClientStatus != "running" || a.DesiredStatus != "run" {
					continue
				}
				out, err := l.try("nomad", "alloc", "status", "-json", a.ID)
				if err != nil {
					return nil, err
				}
				if err := json.Unmarshal([]byte(out), &a); err != nil {
					return nil, err
				}
				for _, port := range a.AllocatedResources.Shared.Ports {
					all = append(all, fmt.Sprintf("127.0.0.1:%d", port.Value))
				}
			}
			return all, err
		},
		scale: func(l *lab, n int) {
			l.eventually("Nomad scales when the last deployment is done", func() error {
				_, err := l.try("nomad", "job", "scale", "-detach", "demo", "web", fmt.Sprint(n))
				return err
			})
		},
		stop: func(l *lab) { l.run("nomad", "job", "stop", "-detach", "demo") },
		logs: func(l *lab) (string, error) {
			all := ""
			for _, job := range []string{"demo", "demo-release"} {
				allocs, err := allocations(l, job)
				if err != nil {
					return "", err
				}
				for _, a := range allocs {
					out, err := l.try("nomad", "alloc", "logs", a.ID)
					if err != nil {
						return "", err
					}
					all += out
				}
			}
			return all, nil
		},
	}
	e.rollout = func(l *lab) { rolling(l, e) }
	return e
}

func allocations(l *lab, job string) ([]allocation, error) {
	out, err := l.try("nomad", "job", "allocs", "-json", job)
	if err != nil {
		return nil, err
	}
	var all []allocation
	return all, json.Unmarshal([]byte(out), &all)
}
