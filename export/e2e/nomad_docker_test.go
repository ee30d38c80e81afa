//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// nomadDocker is Nomad beside a Docker engine, which runs the images: an agent
// that the test starts, on the ports that Nomad has.
func nomadDocker(l *lab) engine {
	program, err := l.try("/bin/bash", "-c", `eval "$("$0" env nomad)" && command -v nomad`, enginesProgram())
	if err != nil {
		l.Skip(err)
	}
	dir := filepath.Join(l.dir, "nomad")
	if err := os.Mkdir(dir, 0o755); err != nil {
		l.Fatal(err)
	}
	config := filepath.Join(dir, "agent.hcl")
	text := fmt.Sprintf(`
bind_addr            = "127.0.0.1"
data_dir             = %q
disable_update_check = true
advertise {
  http = "127.0.0.1"
  rpc  = "127.0.0.1"
  serf = "127.0.0.1"
}
server {
  enabled          = true
  bootstrap_expect = 1
}
client {
  enabled           = true
  network_interface = "lo"
  options = {
    "driver.allowlist"     = "docker"
    "fingerprint.denylist" = "env_aws,env_azure,env_digitalocean,env_gce,consul,vault,cni,bridge,dynamic_host_volumes"
  }
}
plugin "docker" {
  config {
    endpoint = %q
  }
}
`, filepath.Join(dir, "data"), l.variable("DOCKER_HOST"))
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		l.Fatal(err)
	}
	l.Setenv("PATH", filepath.Dir(program)+":"+os.Getenv("PATH"))
	l.env = append(l.env, "NOMAD_ADDR=http://127.0.0.1:4646", "PATH="+os.Getenv("PATH"))
	startAgent(l, config)
	return nomadEngine("app:dev", "/app")
}

// startAgent starts Nomad until the test ends.
func startAgent(l *lab, config string) {
	l.Helper()
	log, err := os.Create(filepath.Join(filepath.Dir(config), "log"))
	if err != nil {
		l.Fatal(err)
	}
	cmd := exec.Command("nomad", "agent", "-config", config)
	cmd.Env, cmd.Stdout, cmd.Stderr = l.env, log, log
	if err := cmd.Start(); err != nil {
		l.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	l.Cleanup(func() {
		for _, job := range []string{"demo", "demo-release"} {
			_, _ = l.try("nomad", "job", "stop", "-purge", job) // it may be none by now
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(patience):
			l.Error("nomad does not end")
			_ = cmd.Process.Kill() // the last resort; it may be gone by now
		}
		_ = log.Close()
		unmountBelow(l, l.dir)
	})
	l.eventually("Nomad's node is ready, with Docker", func() error {
		out, err := l.try("nomad", "node", "status", "-self", "-json")
		if err == nil && !strings.Contains(out, `"driver.docker": "1"`) {
			return fmt.Errorf("no Docker")
		}
		return err
	})
}

// unmountBelow unmounts what Nomad keeps in folders of tasks, the innermost
// first.
func unmountBelow(l *lab, dir string) {
	l.Helper()
	if _, err := l.try("/bin/sh", "-c", `awk -v dir="$0/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount`, dir); err != nil {
		l.Error(err)
	}
}
