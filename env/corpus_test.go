package env

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

const corpus = "../../shared/corpus"

// Real env files, read by foreman itself and by us. Every difference is one of those
// below, on purpose, and each is found in the number of variables that it says.
func TestCorpusAgainstForeman(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(corpus, "expected.json"))
	if err != nil {
		t.Skipf("no corpus here: %v", err)
	}
	var expected struct {
		Env map[string]map[string]string
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	if len(expected.Env) == 0 {
		t.Fatal("the corpus has no env files")
	}

	want := map[string]int{
		// A file that a shell can source is read as the shell reads it.
		"foreman skips a line with export":                23,
		"foreman keeps the comment as part of the value":  43,
		"foreman reads the first line of the value alone": 14,
		"foreman does not expand references":              33,
		"foreman reads the backslashes otherwise":         3,
		// Where all but foreman agree on what is meant.
		"foreman skips a line with a space before =":        21,
		"foreman skips a line with a space before the name": 2,
		"foreman keeps the spaces around the value":         3,
		"foreman skips a line with : in place of =":         4,
		"foreman skips a name with a dot":                   14,
		// Variables of foreman's that stand in a line which is a mistake to us: a value
		// in backquotes, and a quote that is not closed.
		"mistake": 2,
	}
	got := make(map[string]int)
	for name, theirs := range expected.Env {
		text, err := os.ReadFile(filepath.Join(corpus, name))
		if err != nil {
			t.Fatal(err)
		}
		if ours := readAsForeman(string(text)); !maps.Equal(ours, theirs) {
			t.Errorf("%s: we think that foreman reads %v, and it reads %v", name, ours, theirs)
		}

		file, err := Parse(name, text, nil)
		var mistakes Mistakes
		if err != nil && !errors.As(err, &mistakes) {
			t.Fatal(err)
		}
		ours := make(map[string]string)
		for _, pair := range file.Pairs {
			ours[pair.Name] = pair.Value
		}
		told := make(map[string]bool)
		for _, diff := range file.Differs {
			told[diff.Name] = true
			got[diff.Reason]++
		}
		for name, value := range ours {
			if their, found := theirs[name]; (!found || their != value) != told[name] {
				t.Errorf("%s: %s is %q, foreman has %q, told: %v", file.Path, name, value, their, told[name])
			}
		}
		for name, value := range theirs {
			if _, found := ours[name]; found || insideAnother(value, name, file.Pairs) {
				continue
			}
			if len(mistakes) == 0 {
				t.Errorf("%s: foreman alone has %s=%q", file.Path, name, value)
			}
			got["mistake"]++
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the differences are\n%v, want\n%v", got, want)
	}
}

// insideAnother reports whether NAME=value is a line of the value of some variable.
func insideAnother(value, name string, pairs []Pair) bool {
	for _, pair := range pairs {
		if readAsForeman(pair.Value)[name] == value {
			return true
		}
	}
	return false
}
