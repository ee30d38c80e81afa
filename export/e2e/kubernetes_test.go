//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// follower collects the output of pods, which is gone when they are.
type follower struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (f *follower) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.Write(p)
}

func (f *follower) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.String()
}

// follow follows all pods of the demo until the test ends.
func (f *follower) follow(l *lab) {
	l.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l.Cleanup(cancel)
	names := strings.Fields(l.run("kubectl", "get", "pods", "-o", "name", "-l", "app.kubernetes.io/name=demo"))
	for _, name := range names {
		cmd := exec.CommandContext(ctx, "kubectl", "logs", "-f", name)
		cmd.Env, cmd.Stdout = l.env, f
		if err := cmd.Start(); err != nil {
			l.Fatal(err)
		}
		l.Cleanup(func() { _ = cmd.Wait() })
	}
	l.eventually("the output of all pods is followed", func() error {
		if n := strings.Count(f.String(), "started\n") + strings.Count(f.String(), "release ran\n"); n < len(names) {
			return fmt.Errorf("%d of %d", n, len(names))
		}
		return nil
	})
}

const webLabels = "app.kubernetes.io/name=demo,app.kubernetes.io/component=web"

func kubernetes(l *lab) engine {
	var output follower
	e := engine{
		format: "kubernetes", image: "app:dev", dir: "/app", flags: []string{"-p", l.port(0)},
		ask: askHere,
		install: func(l *lab, dir string) {
			apply := func(path string) { l.run("kubectl", "apply", "--server-side", "--validate=strict", "-f", path) }
			apply(filepath.Join(dir, "demo-secret.yaml"))
			if job := filepath.Join(dir, "demo-release.yaml"); exists(job) {
				apply(job)
				l.run("kubectl", "wait", "--for=condition=complete", "--timeout=80s", "-f", job)
			}
			apply(dir)
		},
		web: readyPods,
		scale: func(l *lab, n int) {
			l.run("kubectl", "scale", "deployment/demo-web", fmt.Sprintf("--replicas=%d", n))
		},
		stop: func(l *lab) {
			output.follow(l)
			l.run("kubectl", "delete", "--wait", "deployment,service", "-l", "app.kubernetes.io/name=demo")
		},
		logs: func(l *lab) (string, error) {
			release, err := l.try("kubectl", "logs", "-l", "app.kubernetes.io/component=release")
			return release + output.String(), err
		},
	}
	e.rollout = func(l *lab) { rolling(l, e) }
	return e
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// readyPods are the addresses of the webs that are ready and stay.
func readyPods(l *lab) ([]string, error) {
	out, err := l.try("kubectl", "get", "pods", "-l", webLabels, "-o",
		`jsonpath={range .items[*]}{.status.podIP},{.status.conditions[?(@.type=="Ready")].status},{.metadata.deletionTimestamp}{"\n"}{end}`)
	if err != nil {
		return nil, err
	}
	var all []string
	for line := range strings.Lines(out) {
		if ip, ok := strings.CutSuffix(strings.TrimSpace(line), ",True,"); ok {
			all = append(all, ip+":"+l.port(0))
		}
	}
	return all, nil
}
