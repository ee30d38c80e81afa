package export

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// rendered writes a sample in a format to a folder.
func rendered(t *testing.T, s sample, format, dir string) []File {
	t.Helper()
	app := s.app(t)
	app.Location = dir
	return writeApp(t, app, format, dir)
}

// systemd finds nothing to say about the units.
func TestSystemdVerify(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip(err)
	}
	for name, s := range samples() {
		for _, c := range []struct {
			format, manager string
			templates       bool
		}{
			{"systemd", "--system", false}, {"systemd", "--system", true},
			{"systemd-user", "--user", false}, {"systemd-user", "--user", true},
		} {
			s.options.TemplateUnits, s.options.Harden, s.options.User = c.templates, true, "root"
			dir := filepath.Join(t.TempDir(), "systemd", "system")
			files := rendered(t, s, c.format, dir)
			args := []string{c.manager, "verify"}
			for _, f := range files {
				if ext := filepath.Ext(f.Path); ext == ".target" || ext == ".service" {
					// A template is checked by an instance of it.
					args = append(args, filepath.Join(dir, strings.Replace(f.Path, "@.", "@5000.", 1)))
				}
			}
			cmd := limited(t, analyze, args...)
			cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":", "SYSTEMD_LOG_LEVEL=warning", "XDG_RUNTIME_DIR="+t.TempDir())
			var errs bytes.Buffer
			cmd.Stderr = &errs
			if err := cmd.Run(); err != nil || errs.Len() > 0 {
				t.Errorf("%s, %s, templates %v: %v\n%s", name, c.format, c.templates, err, errs.String())
			}
		}
	}
}

// Python's plistlib, which is strict, reads the values of every list.
func TestLaunchdLists(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(err)
	}
	for name, s := range samples() {
		dir := t.TempDir()
		rendered(t, s, "launchd", dir)
		out, err := limited(t, python, "-c", `
import glob, json, plistlib, sys
print(json.dumps([plistlib.load(open(f, 'rb')) for f in sorted(glob.glob(sys.argv[1] + '/*.plist'))]))`, dir).Output()
		if err != nil {
			t.Fatal(err)
		}
		var lists []struct {
			Label                string
			ProgramArguments     []string
			EnvironmentVariables map[string]string
		}
		if err := json.Unmarshal(out, &lists); err != nil {
			t.Fatal(err)
		}
		app := s.app(t)
		for _, typ := range app.Types {
			for _, p := range typ.Processes {
				at := slices.IndexFunc(lists, func(l struct {
					Label                string
					ProgramArguments     []string
					EnvironmentVariables map[string]string
				}) bool {
					return l.Label == dashed(app.Name, p)
				})
				if at < 0 {
					t.Fatalf("%s: no list for %s", name, p.Name)
				}
				want := make(map[string]string)
				for _, v := range app.vars(typ, p) {
					want[v.Name] = v.Value
				}
				if !maps.Equal(lists[at].EnvironmentVariables, want) {
					t.Errorf("%s, %s: variables %q, want %q", name, p.Name, lists[at].EnvironmentVariables, want)
				}
				if script := lists[at].ProgramArguments[2]; !strings.HasSuffix(script, typ.Command.Script) {
					t.Errorf("%s, %s: runs %q, want %q", name, p.Name, script, typ.Command.Script)
				}
			}
		}
	}
}

// A shell finds no mistake in any script.
func TestServiceScripts(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	for name, s := range samples() {
		for _, format := range []string{"runit", "s6"} {
			dir := t.TempDir()
			for _, f := range rendered(t, s, format, dir) {
				if f.Bare {
					continue
				}
				if out, err := limited(t, sh, "-n", filepath.Join(dir, f.Path)).CombinedOutput(); err != nil {
					t.Errorf("%s, %s: %s: %v\n%s", name, format, f.Path, err, out)
				}
			}
		}
	}
}

// A YAML library reads every document, and no key stands twice.
func TestYAMLDocuments(t *testing.T) {
	for name, s := range samples() {
		for _, format := range []string{"compose", "kubernetes"} {
			f, err := Lookup(format)
			if err != nil {
				t.Fatal(err)
			}
			out, err := f.Render(s.app(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			d := yaml.NewDecoder(bytes.NewReader(f.Stream(Output{Files: slices.DeleteFunc(out.Files, func(f File) bool {
				return filepath.Ext(f.Path) != ".yaml"
			})})))
			documents := 0
			for {
				var doc map[string]any
				err := d.Decode(&doc)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s, %s: %v", name, format, err)
				}
				documents++
			}
			if documents == 0 {
				t.Errorf("%s, %s: no document", name, format)
			}
		}
	}
}

// The values of the Secrets are read back as they were: as text, or from base64
// those with control characters, which stand in no text.
func TestKubernetesSecretValues(t *testing.T) {
	s := samples()["nasty"]
	for i, value := range []string{"\r\n", "\x01\x1b", "a\x7f\u0085", "tab\tand\nline"} {
		s.env = append(s.env, Var{Name: fmt.Sprintf("C%d", i), Value: value})
	}
	f, err := Lookup("kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Render(s.app(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, encoded := make(map[string]string), 0
	for _, file := range out.Files {
		if !strings.HasSuffix(file.Path, "-secret.yaml") {
			continue
		}
		d := yaml.NewDecoder(bytes.NewReader(file.Text))
		for {
			var secret struct {
				StringData map[string]string `yaml:"stringData"`
				Data       map[string]string
			}
			if err := d.Decode(&secret); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			for name, value := range secret.StringData {
				if strings.IndexFunc(value, hardControl) >= 0 {
					t.Errorf("%s stands as text: %q", name, value)
				}
				got[name] = value
			}
			for name, value := range secret.Data {
				raw, err := base64.StdEncoding.DecodeString(value)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				got[name] = string(raw)
				encoded++
			}
		}
	}
	for _, v := range s.env {
		if value, ok := got[v.Name]; !ok || value != v.Value {
			t.Errorf("%s is %q, want %q", v.Name, value, v.Value)
		}
	}
	if encoded != 3 {
		t.Errorf("%d values are encoded, want 3", encoded)
	}
}
