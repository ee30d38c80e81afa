package export

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

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

// Every character that Unicode's NFC changes, or that changes with the one before
// it, is known as such. Python knows them all.
func TestComposes(t *testing.T) {
	out, err := limited(t, needs(t, "python3"), "-c", `
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
