package export

import (
	"encoding/json"
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

// JSON and HCL strings are read back, with HCL's templates made text.
func FuzzNomad(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		if _, ok := text(s); !ok {
			return
		}
		var got string
		if err := json.Unmarshal([]byte(jsonQuote(s)), &got); err != nil || got != s {
			t.Fatalf("JSON: %q is read as %q: %v", s, got, err)
		}
		once := hclUnquote(t, hclQuote(s))
		if once != s {
			t.Fatalf("HCL: %q is read as %q", s, once)
		}
		twice := hclEvaluate(t, hclUnquote(t, hclConfig(s)))
		if twice != s {
			t.Fatalf("HCL, read twice: %q is read as %q", s, twice)
		}
	})
}

// hclUnquote reads a string of HCL: Go's escapes, then the templates.
func hclUnquote(t *testing.T, quoted string) string {
	t.Helper()
	got, err := strconv.Unquote(quoted)
	if err != nil {
		t.Fatalf("%q: %v", quoted, err)
	}
	return hclEvaluate(t, got)
}

// hclEvaluate makes text of $${ and %%{, as a template's lexer does: it takes
// the leftmost, so the signs before it stay.
func hclEvaluate(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(s); {
		switch rest := s[i:]; {
		case strings.HasPrefix(rest, "$${"), strings.HasPrefix(rest, "%%{"):
			b.WriteString(rest[1:3])
			i += 3
		case strings.HasPrefix(rest, "${"), strings.HasPrefix(rest, "%{"):
			t.Fatalf("%q begins a template in %q", rest[:2], s)
		default:
			b.WriteByte(s[i])
			i++
		}
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
		out, err := exec.Command(sh, "-c", script).Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := s + "\x00" + s + "\x00"; string(out) != want {
			t.Fatalf("got %q, want %q", out, want)
		}
	})
}

// Every character that Unicode's NFC changes, or that changes with the one before
// it, is known as such. Python knows them all.
func TestComposes(t *testing.T) {
	out, err := exec.Command(needs(t, "python3"), "-c", `
import unicodedata as u
changes = {c for c in map(chr, range(1, 0x110000)) if u.normalize('NFC', c) != c or u.combining(c)}
for c in map(chr, range(1, 0x110000)):
    parts = u.decomposition(c)
    if parts and parts[0] != '<':
        changes.update(chr(int(p, 16)) for p in parts.split()[1:])
changes.update(chr(c) for c in [*range(0x1161, 0x1176), *range(0x11a8, 0x11c3)]) # of Hangul
print(' '.join(str(ord(c)) for c in sorted(changes)))`).Output()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(out))
	for _, number := range all {
		r, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		if !composes("a" + string(rune(r))) {
			t.Errorf("%U composes", r)
		}
	}
	if len(all) < 1000 {
		t.Errorf("%d characters only", len(all))
	}
	for _, s := range []string{"", "plain", "é ü ÿ", "漢字 ひらがな", "Привет", "→ ☃ \U0001f642", "한국"} {
		if composes(s) {
			t.Errorf("%q does not compose", s)
		}
	}
}
