package export

import (
	"encoding/xml"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"ganger/export/internal/awkward"

	"go.yaml.in/yaml/v3"
)

// addSeeds gives a fuzz target the values that are known to be hard,
// and others each time.
func addSeeds(f *testing.F) {
	for _, v := range nasty() {
		f.Add(v.Value)
	}
	for _, s := range []string{"\r", "\x01\x1b\x7f\u0085", "\uffff\U0010ffff", "a'b\"c\\", strings.Repeat("\\", 9)} {
		f.Add(s)
	}
	for _, s := range awkward.Random(awkward.Generator(f, *seed), 300) {
		f.Add(s)
	}
}

// text is s as an environment can hold it, and as text.
func text(s string) (string, bool) {
	return s, utf8.ValidString(s) && !strings.Contains(s, "\x00")
}

// A quoted string is read back by a YAML library as it was, and stands in one
// line.
func FuzzYAML(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		if _, ok := text(s); !ok {
			return
		}
		var got struct{ K, L any }
		doc := "k: " + yamlQuote(s) + "\nl: [" + yamlQuote(s) + ", x]\n"
		if err := yaml.Unmarshal([]byte(doc), &got); err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
		if got.K != s || got.L.([]any)[0] != s || strings.Count(doc, "\n") != 2 {
			t.Fatalf("%q is read from %q", got, doc)
		}
	})
}

// What compose replaces gives the text again: $$ is $, and no $ stands alone.
func FuzzCompose(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		if _, ok := text(s); !ok {
			return
		}
		var got string
		if err := yaml.Unmarshal([]byte(composeQuote(s)), &got); err != nil {
			t.Fatal(err)
		}
		if left := strings.ReplaceAll(got, "$$", ""); strings.Contains(left, "$") {
			t.Fatalf("a $ stands alone in %q", got)
		}
		if back := strings.ReplaceAll(got, "$$", "$"); back != s {
			t.Fatalf("%q is read as %q", s, back)
		}
	})
}

// The kubelet's expansion, after YAML, gives the text again, whatever variables
// there are.
func FuzzKubernetes(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		if _, ok := text(s); !ok {
			return
		}
		var got string
		if err := yaml.Unmarshal([]byte(kubernetesQuote(s)), &got); err != nil {
			t.Fatal(err)
		}
		if back := awkward.Kubelet(got); back != s {
			t.Fatalf("%q is read as %q", s, back)
		}
	})
}

// The rules of systemd.syntax(7) for quoted strings, read as the manual has
// them, give the text again; in an Exec line $$ is $ besides.
func FuzzSystemd(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		if _, ok := text(s); !ok {
			return
		}
		if got := systemdUnquote(t, systemdQuote(s)); got != s {
			t.Fatalf("%q is read as %q", s, got)
		}
		line := systemdUnquote(t, systemdExec(s))
		if left := strings.ReplaceAll(line, "$$", ""); strings.Contains(left, "$") {
			t.Fatalf("a $ stands alone in %q", line)
		}
		if got := strings.ReplaceAll(line, "$$", "$"); got != s {
			t.Fatalf("%q is read as %q in an Exec line", s, got)
		}
	})
}

func systemdUnquote(t *testing.T, quoted string) string {
	t.Helper()
	inner, ok := strings.CutPrefix(quoted, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if !ok || !closed || strings.ContainsAny(quoted, "\n\r") {
		t.Fatalf("%q is no quoted string of one line", quoted)
	}
	if left := strings.ReplaceAll(inner, "%%", ""); strings.Contains(left, "%") {
		t.Fatalf("a %% begins a specifier in %q", quoted)
	}
	inner = strings.ReplaceAll(inner, "%%", "%")
	var b strings.Builder
	for inner != "" {
		if inner[0] == '"' {
			t.Fatalf("%q ends early", quoted)
		}
		if inner[0] != '\\' {
			b.WriteByte(inner[0])
			inner = inner[1:]
			continue
		}
		value, _, tail, err := strconv.UnquoteChar(inner, '"') // its escapes here are C's
		if err != nil {
			t.Fatalf("%q: %v", inner, err)
		}
		b.WriteRune(value)
		inner = tail
	}
	return b.String()
}

// XML's own reader gives the text again, where XML has a way to write it.
func FuzzXML(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(s, "\x00") || xmlValue(s) != "" {
			return
		}
		var got string
		if err := xml.Unmarshal([]byte("<string>"+xmlQuote(s)+"</string>"), &got); err != nil || got != s {
			t.Fatalf("%q is read as %q: %v", s, got, err)
		}
	})
}

// A shell gets every value that an environment can hold, quoted or printed.
func FuzzShell(f *testing.F) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		f.Skip(err)
	}
	addSeeds(f)
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(s, "\x00") {
			return
		}
		v := Var{Name: "V", Value: s}
		script := shellExport(v) + "\nprintf '%s\\0' \"$V\"\n" + printedVar(v) + "; printf '%s\\0' \"$V\""
		out, err := limited(t, sh, "-c", script).Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := s + "\x00" + s + "\x00"; string(out) != want {
			t.Fatalf("got %q, want %q", out, want)
		}
	})
}
