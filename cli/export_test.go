package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ganger/export"
)

// The ports of an export are those that start would give.
func TestExportedPorts(t *testing.T) {
	dir := folder(t, "web: a $PORT", "# ganger: port=7100", "api: b", "# ganger: port=none", "clock: c", "worker: d", "release: e")
	for _, flags := range [][]string{
		{"-p", "6000", "-m", "web=3,api=2,clock=1,worker=2,release=1"},
		{"-m", "worker=2,api=1"},
		{"-p", "none", "-m", "all=1,worker=2"},
		{"-p", "web=6500", "-m", "all=2"},
	} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			want := make(map[string]string)
			args := append([]string{"start", "--dry-run"}, flags...)
			out, err := finish(t, command(t, dir, args...))
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^(\w+\.\d+) +(\d+|-) `).FindAllStringSubmatch(out, -1) {
				want[m[1]] = m[2]
			}
			if len(want) < 3 {
				t.Fatalf("only %d processes in\n%s", len(want), out)
			}
			for format, read := range map[string]func(*testing.T, string) map[string]string{
				"systemd":     systemdPorts,
				"supervisord": supervisordPorts,
			} {
				to := filepath.Join(t.TempDir(), format)
				args := append([]string{"export", format, to, "-a", "shop"}, flags...)
				if out, err := finish(t, command(t, dir, args...)); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				got := read(t, to)
				for name, port := range want {
					if got[name] != port {
						t.Errorf("%s: %s has port %q, under start %q", format, name, got[name], port)
					}
				}
			}
		})
	}
}

func systemdPorts(t *testing.T, dir string) map[string]string {
	t.Helper()
	units, err := filepath.Glob(filepath.Join(dir, "shop-*.service"))
	if err != nil {
		t.Fatal(err)
	}
	ports := make(map[string]string)
	for _, unit := range units {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(unit), "shop-"), ".service")
		ports[name] = firstMatch(t, unit, `Environment="PORT=(\d+)"`)
	}
	return ports
}

func supervisordPorts(t *testing.T, dir string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "shop.conf"))
	if err != nil {
		t.Fatal(err)
	}
	ports := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		if m := regexp.MustCompile(`'PS=([^']+)'`).FindStringSubmatch(line); m != nil {
			ports[m[1]] = "-"
			if p := regexp.MustCompile(`'PORT=(\d+)'`).FindStringSubmatch(line); p != nil {
				ports[m[1]] = p[1]
			}
		}
	}
	return ports
}

func firstMatch(t *testing.T, path, pattern string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(pattern).FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return "-"
}

// Every template that a format has is one that it can show.
func TestTemplatesAreThere(t *testing.T) {
	for _, f := range export.Formats() {
		templates, err := f.Templates()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(t.TempDir(), f.Name), templates); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}
