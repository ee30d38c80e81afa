package env

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/joho/godotenv"
)

// sentences are all the problems that a text can have, but for the one that names a
// character. That there are no others is what keeps values out of messages.
var sentences = []string{
	"a NUL byte",
	"a blank within the name",
	"a carriage return within a comment",
	"a carriage return within the value",
	"a quote that is not closed",
	"a value of several lines in backquotes",
	"a value that is too long",
	"an unresolved merge conflict",
	"export of a variable that is not set",
	"no = on this line",
	"no name before =",
	"no value after the colon",
	"not UTF-8 text",
	"text after the closing quote",
}

// isSentence reports whether a problem tells at most one character of the text.
func isSentence(problem string) bool {
	if slices.Contains(sentences, problem) {
		return true
	}
	quoted := strings.TrimSuffix(strings.TrimPrefix(problem, "unexpected "), " in the name")
	char, err := strconv.Unquote(quoted)
	return err == nil && utf8.RuneCountInString(char) == 1
}

func addSeeds(f *testing.F) {
	for _, seed := range []string{
		"A=1\nexport B=\"x\\ny\" # c\nC='z'\n", "A=\"x\nB=$A${A}$$\\$\nC=\"\"", "A: 1\n=\nA\nexport A\n",
		"\ufeffA=`x\ny`\r\nB='it\\'s\\'\n", "A=\ufdd0\ufdd0r\nB=\"\\\ufdd0\\\\\\\"\"", "A=${B:-${C}}\n1.2=é\n# x\ry",
		"A= # c\nB=\u00a0'x'\u0085\n", "A=\"a\nB=1\nc\" x\n", "\xff\xfe", "A=\xff\n\x00",
	} {
		f.Add(seed)
	}
}

// Whatever the text: names are valid, values fit an environment, messages are made of
// fixed words, places are real and in order, and a good statement after any others is
// read and changes nothing of them.
func FuzzParse(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("F", []byte(text), around)
		var mistakes Mistakes
		if err != nil && !errors.As(err, &mistakes) {
			t.Fatalf("error is a %T, not Mistakes", err)
		}
		if len(mistakes) == 1 && mistakes[0].Line == 0 {
			return // UTF-16, of which nothing is read
		}

		last, lines := 1, strings.Count(text, "\n")+1
		for _, pair := range file.Pairs {
			if !ValidName(pair.Name) || strings.Contains(pair.Value, "\x00") || !utf8.ValidString(pair.Value) {
				t.Errorf("%q=%q cannot stand in an environment", pair.Name, pair.Value)
			}
			if len(pair.Name)+len(pair.Value)+2 > maxEntry {
				t.Errorf("%q is too long", pair.Name)
			}
			if pair.Line < last || pair.Line > lines {
				t.Errorf("%q is on line %d, after %d and of %d", pair.Name, pair.Line, last, lines)
			}
			last = pair.Line
		}
		last = 1
		for _, m := range mistakes {
			if !isSentence(m.Problem) {
				t.Errorf("message may tell a value: %q", m.Problem)
			}
			if m.Hint == "" || m.File != "F" || m.Line < last || m.Line > lines {
				t.Errorf("bad mistake %#v after line %d of %d", m, last, lines)
			}
			last = m.Line
		}

		more, err := Parse("F", []byte(text+"\nGOOD=1"), around)
		var again Mistakes
		errors.As(err, &again)
		if !slices.Equal(again, mistakes) {
			t.Errorf("a good statement turns mistakes %v into %v", mistakes, again)
		}
		good := Pair{Name: "GOOD", Value: "1", Line: lines + 1}
		if want := append(slices.Clone(file.Pairs), good); !slices.Equal(more.Pairs, want) {
			t.Errorf("a good statement turns %q into %q", file.Pairs, more.Pairs)
		}
	})
}

// Differs names the variables of which foreman's reading is another, and no more; and
// where it knows no form of the statement to blame, the text has one that foreman takes
// for several.
func FuzzDiffers(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("F", []byte(text), around)
		ours := make(map[string]string)
		for _, pair := range file.Pairs {
			ours[pair.Name] = pair.Value
		}
		theirs := readAsForeman(text)
		want := make(map[string]bool)
		for name, value := range ours {
			if their, found := theirs[name]; !found || their != value {
				want[name] = true
			}
		}
		got := make(map[string]bool)
		for _, diff := range file.Differs {
			got[diff.Name] = true
			if diff.Reason == reason(statement{}, false) && err == nil && !slices.ContainsFunc(file.Pairs, func(p Pair) bool {
				return strings.Contains(p.Value, "\n")
			}) {
				t.Errorf("no reason for %s in %q: %q, foreman %q", diff.Name, text, ours[diff.Name], theirs[diff.Name])
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("differs in %v, want %v", got, want)
		}
	})
}

// A value of which nothing has to be shielded is the one that godotenv reads by itself.
func FuzzGodotenv(f *testing.F) {
	for _, seed := range []string{"x", " x y ", `"x"`, `"a\nb\t"`, `'x'`, "x=y", "\u00a0x\u00a0", "a#b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		// Left out: what godotenv has another idea of (see shield), and mistakes.
		if strings.ContainsAny(value, "$\x00\r\n`") || strings.Contains(value, "#") || strings.Contains(value, `\\`) ||
			strings.Contains(value, `\"`) || strings.Contains(value, `\'`) {
			t.Skip()
		}
		file, err := Parse("F", []byte("A="+value), nil)
		if err != nil {
			t.Skip()
		}
		want, err := godotenv.Unmarshal("A=" + value)
		if err != nil || file.Pairs[0].Value != want["A"] {
			t.Errorf("%q is %q, want %q, %v", value, file.Pairs[0].Value, want["A"], err)
		}
	})
}

// Covering and uncovering gives back any text that has no quotes or escapes.
func FuzzShield(f *testing.F) {
	for _, seed := range []string{"$", shield, shield + "r", "\ufdd0$#", "\xef\xb7\x90"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, `'"\`) {
			t.Skip()
		}
		var b strings.Builder
		uncover(&b, cover(text))
		if b.String() != text {
			t.Errorf("%q comes back as %q", text, b.String())
		}
	})
}
