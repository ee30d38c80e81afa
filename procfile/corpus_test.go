package procfile

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const corpus = "../../shared/corpus"

// Where real files are read otherwise than foreman reads them, and why. The
// test finds the differences by itself; a file that is missing here, or is here
// and does not differ, fails it.
var onPurpose = map[string][]string{
	// Foreman keeps trailing blanks, which neither a shell nor a splitting
	// into words sees.
	"trailing blanks dropped": {"002", "012", "046", "080", "089", "137"},
	// Foreman keeps the backslash and loses the lines after it.
	"continuation joined": {"103", "104", "105"},
	// Foreman drops the entry, and with it the process.
	"blank before the colon accepted": {"062", "063", "064", "065", "066"},
	// Foreman starts both under one name.
	"second entry of a name refused": {"010", "015", "020", "036", "039", "063", "064", "065", "098", "115", "116", "147"},
	// Foreman drops what it does not understand, in silence.
	"line that is no entry refused": {"015", "037", "142", "143", "145", "147", "148"},
}

func TestCorpusAgainstForeman(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(corpus, "expected.json"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no corpus here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var expected struct {
		Procfiles map[string][][2]string `json:"procfiles"`
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	if len(expected.Procfiles) < 100 {
		t.Fatalf("the corpus names %d Procfiles", len(expected.Procfiles))
	}
	got := make(map[string][]string)
	for path, foreman := range expected.Procfiles {
		text, err := os.ReadFile(filepath.Join(corpus, path))
		if err != nil {
			t.Fatal(err)
		}
		number := strings.TrimSuffix(filepath.Base(path), ".procfile")
		for _, reason := range differences(t, path, text, foreman) {
			if !slices.Contains(got[reason], number) {
				got[reason] = append(got[reason], number)
			}
		}
	}
	for _, reason := range sortedKeys(got, onPurpose) {
		slices.Sort(got[reason])
		if !slices.Equal(got[reason], onPurpose[reason]) {
			t.Errorf("%s: found in %q, the table has %q", reason, got[reason], onPurpose[reason])
		}
	}
}

// differences names the ways in which a file is read otherwise than by foreman.
// What fits none of them fails the test.
func differences(t *testing.T, path string, text []byte, foreman [][2]string) (reasons []string) {
	_, err := Parse(path, text, Options{})
	file, left := Parse(path, text, Options{SkipBadLines: true})
	var strict, whole Mistakes
	errors.As(err, &strict)
	if errors.As(left, &whole) && len(file.Types) > 0 {
		t.Errorf("%s: mistakes that are no bad lines: %v", path, whole)
	}
	if len(strict) != len(file.Skipped) {
		t.Errorf("%s: refused are %d lines, skipped %d", path, len(strict), len(file.Skipped))
	}
	for _, m := range file.Skipped {
		if strings.HasSuffix(m.Problem, "already") {
			reasons = append(reasons, "second entry of a name refused")
		} else {
			reasons = append(reasons, "line that is no entry refused")
		}
	}

	// Foreman's entries, the first of each name.
	var theirs [][2]string
	for _, entry := range foreman {
		if !slices.ContainsFunc(theirs, func(e [2]string) bool { return e[0] == entry[0] }) {
			theirs = append(theirs, entry)
		}
	}
	lines := strings.Split(string(text), "\n")
	for _, typ := range file.Types {
		before, _, _ := strings.Cut(lines[typ.Line-1], ":")
		if strings.TrimSpace(before) != typ.Name {
			t.Errorf("%s: %q is not on line %d", path, typ.Name, typ.Line)
		}
		if strings.TrimSpace(before) != before {
			reasons = append(reasons, "blank before the colon accepted")
			// Where foreman reads a later entry of the name, that one is
			// ours to refuse.
			theirs = slices.DeleteFunc(theirs, func(e [2]string) bool { return e[0] == typ.Name })
			continue
		}
		if len(theirs) == 0 || theirs[0][0] != typ.Name {
			t.Errorf("%s: %q is not what foreman has next: %q", path, typ.Name, theirs)
			continue
		}
		command := theirs[0][1]
		theirs = theirs[1:]
		switch {
		case command == typ.Command:
		case strings.TrimRight(command, " ") == typ.Command:
			reasons = append(reasons, "trailing blanks dropped")
		case strings.HasSuffix(command, `\`) && strings.HasPrefix(typ.Command, strings.TrimSuffix(command, `\`)):
			reasons = append(reasons, "continuation joined")
		default:
			t.Errorf("%s: %q runs %q, with foreman %q", path, typ.Name, typ.Command, command)
		}
	}
	if len(theirs) > 0 {
		t.Errorf("%s: foreman has more: %q", path, theirs)
	}
	return reasons
}

func sortedKeys(maps ...map[string][]string) []string {
	var names []string
	for _, m := range maps {
		for name := range m {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
