//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
)

func nomad(*lab) engine { return nomadEngine("", "") }

// nomadEngine runs an image with this working folder, or programs without one.
func nomadEngine(image, dir string) engine {
	e := engine{
		format: "nomad", image: image, dir: dir, ask: askHere,
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
		web: func(l *lab) ([]string, error) { return nomadService(l, "demo-web") },
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
				for _, id := range allocs {
					out, err := l.try("nomad", "alloc", "logs", id)
					if err != nil {
						return "", err
					}
					all += out
				}
			}
			return all, nil
		},
	}
	e.rollout = func(l *lab) {
		rolling(l, e) // which installs twice
		l.eventually("the release step ran each time", func() error { return e.logged(l, "release ran", 3) })
		if image == "" { // in a container the loopback address of this node is another
			nomadOrder(l, e)
		}
	}
	return e
}

// nomadService are the addresses of a service, as its clients find them.
func nomadService(l *lab, name string) ([]string, error) {
	resp, err := http.Get(l.variable("NOMAD_ADDR") + "/v1/service/" + name)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var services []struct {
		Address string
		Port    int
	}
	if err := json.NewDecoder(resp.Body).Decode(&services); err != nil {
		return nil, err
	}
	var all []string
	for _, s := range services {
		all = append(all, fmt.Sprintf("%s:%d", s.Address, s.Port))
	}
	return all, nil
}

// nomadOrder is inOrder, where ports are Nomad's.
func nomadOrder(l *lab, e engine) {
	l.Helper()
	e.stop(l)
	l.write("Procfile", orderProcfile)
	e.install(l, l.export(e.format, e.allFlags(l)...))
	lives := make(map[string]int64)
	l.eventually("a database and a web answer", func() error {
		for _, typ := range []string{"db", "web"} {
			addresses, err := nomadService(l, "demo-"+typ)
			if err != nil {
				return err
			}
			if len(addresses) != 1 {
				return fmt.Errorf("%d of %s", len(addresses), typ)
			}
			r, err := e.ask(l, addresses[0])
			if err != nil {
				return err
			}
			if string(r.Args[0]) != typ || len(r.Args) != 1 {
				return fmt.Errorf("it is another %s", typ)
			}
			lives[typ] = r.Life
		}
		return nil
	})
	if lives["web"] < lives["db"] {
		l.Error("the web began before the database was ready")
	}
}

// allocations are the IDs of all that a job has started.
func allocations(l *lab, job string) ([]string, error) {
	out, err := l.try("nomad", "job", "allocs", "-json", job)
	if err != nil {
		return nil, err
	}
	var all []struct{ ID string }
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range all {
		ids = append(ids, a.ID)
	}
	return ids, nil
}
