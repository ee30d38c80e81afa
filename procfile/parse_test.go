package procfile

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// entries renders what was accepted, a type a line.
func entries(f *File) string {
	var b strings.Builder
	for _, t := range f.Types {
		b.WriteString(t.Name + ": " + t.Command + "\n")
	}
	return b.String()
}

func TestParseAccepts(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "web: npm start\nworker: rake jobs:work\n", "web: npm start\nworker: rake jobs:work\n"},
		{"no newline at the end", "web: a", "web: a\n"},
		{"no blank after the colon", "web:a", "web: a\n"},
		{"every character of a name", "K9_-: x\n-: y\n_: z", "K9_-: x\n-: y\n_: z\n"},
		{"names differ by case", "web: a\nWeb: b", "web: a\nWeb: b\n"},
		{"colon in the command", "web::x\nm: echo done: yes", "web: :x\nm: echo done: yes\n"},
		{"comment at the end is the shell's", "web: a # b", "web: a # b\n"},
		{"blanks around the command", "web: \t a b \t\f\v", "web: a b\n"},
		{"escaped blank at the end", "web: a\\ \t ", "web: a\\ \n"},
		{"escaped backslash and blanks at the end", "web: a\\\\  ", "web: a\\\\\n"},
		{"blank before the colon", "web : a\nx\t: b", "web: a\nx: b\n"},
		{"indented", "  web: a\n\tx: b", "web: a\nx: b\n"},
		{"byte order mark", "\ufeffweb: a", "web: a\n"},
		{"CRLF", "web: a\r\nx: b\r\n\r\n# c\r\ny: \\\r\n d\r\n", "web: a\nx: b\ny: d\n"},
		{"CR at the end of the file", "web: a\r", "web: a\n"},
		{"comments", "# a\n  # b\n//c\n\t// d: e\n#!/usr/bin/env x\nweb: f", "web: f\n"},
		{"only blanks on a line", "web: a\n \t\nx: b", "web: a\nx: b\n"},
		{"continuation", "web: a \\\n  b \\\n  c\nx: d", "web: a   b   c\nx: d\n"},
		{"continuation within a word and a quote", "web: 'a\\\nb'", "web: 'ab'\n"},
		{"continuation of the name's line", "web:\\\n  a", "web: a\n"},
		{"continuation into an empty line", "web: a \\\n\nx: b", "web: a\nx: b\n"},
		{"continuation into the end", "web: a \\", "web: a\n"},
		{"continuation into a comment sign", "web: a \\\n# b", "web: a # b\n"},
		{"escaped backslash ends the line", "web: a\\\\\nx: b", "web: a\\\\\nx: b\n"},
		{"three backslashes continue", "web: a\\\\\\\nb", "web: a\\\\b\n"},
		{"any text in a command", "web: echo 'é 漢 \x1b[1m'", "web: echo 'é 漢 \x1b[1m'\n"},
		{"U+FFFD is a character", "web: \ufffd", "web: \ufffd\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := Parse("Procfile", []byte(test.text), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := entries(f); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if len(f.Notes) > 0 {
				t.Errorf("notes: %v", f.Notes)
			}
		})
	}
}

// offer is what the hint of the last bad line ends with where types are left.
const offer = "; --skip-bad-lines leaves bad lines out, as foreman does"

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, problems, hints string }{
		{"empty file", "", "P: the file is empty", `an entry is NAME: COMMAND, as in "web: npm start"`},
		{"byte order mark alone", "\ufeff", "P: the file is empty", `an entry is NAME: COMMAND, as in "web: npm start"`},
		{"comments alone", "# web: a\n\n", "P: no process types", `an entry is NAME: COMMAND, as in "web: npm start"`},
		{"UTF-16", "\xff\xfew\x00e\x00b\x00", "P: the file is UTF-16, not UTF-8", "save it as UTF-8"},
		{"NUL", "web: a\nx\x00: b\n\x00", "P:2: a NUL byte", "is this a text file?"},
		{"no colon", "web: a\nset -o errexit", `P:2: no colon: "set -o errexit"`,
			"an entry is NAME: COMMAND, a comment begins with #" + offer},
		{"nothing left for the offer", "set -o errexit", `P:1: no colon: "set -o errexit"`,
			"an entry is NAME: COMMAND, a comment begins with #"},
		{"long line is cut", strings.Repeat("é", 50), `P:1: no colon: "` + strings.Repeat("é", 40) + `..."`,
			"an entry is NAME: COMMAND, a comment begins with #"},
		{"no name", ": a", "P:1: no name before the colon", "an entry is NAME: COMMAND, a comment begins with #"},
		{"space in the name", "my worker: a", `P:1: the name "my worker" has a space in it`,
			`a name is made of A-Z, a-z, 0-9, - and _: "my-worker" would do`},
		{"tab in the name", "my\tworker: a", `P:1: the name "my\tworker" has a tab in it`,
			`a name is made of A-Z, a-z, 0-9, - and _: "my-worker" would do`},
		{"dot in the name", "a.b: c", `P:1: the name "a.b" has '.' in it`,
			`a name is made of A-Z, a-z, 0-9, - and _: "a-b" would do`},
		{"colon lost", "web npm run start:dev", `P:1: the name "web npm run start" has a space in it`,
			`a name is made of A-Z, a-z, 0-9, - and _; is a colon missing after "web"?`},
		{"not ASCII", "é: a", `P:1: the name "é" has 'é' in it`, "a name is made of A-Z, a-z, 0-9, - and _"},
		{"invisible", "web\u200b: a", `P:1: the name "web\u200b" has '\u200b' in it`,
			`a name is made of A-Z, a-z, 0-9, - and _: "web" would do`},
		{"quoted name", `"web": a`, `P:1: the name "\"web\"" has '"' in it`,
			`a name is made of A-Z, a-z, 0-9, - and _: "web" would do`},
		{"empty command", "web:\nx: \nworker:\t", "P:1: the command of \"web\" is empty\n" +
			"P:2: the command of \"x\" is empty\nP:3: the command of \"worker\" is empty",
			"put it on the same line, after the colon"},
		{"empty command after a join", "web: \\\n \\", `P:1: the command of "web" is empty`,
			"put it on the same line, after the colon"},
		{"name twice", "web: a\nx: b\nweb: c\nweb : d",
			"P:3: \"web\" is on line 1 already\nP:4: \"web\" is on line 1 already",
			"give one of them another name\n" + strings.TrimPrefix(offer, "; ")},
		{"merge conflict", "<<<<<<< HEAD\n=======\n|||||||\n>>>>>>> topic: x",
			"P:1: a merge conflict marker: \"<<<<<<< HEAD\"\nP:2: a merge conflict marker: \"=======\"\n" +
				"P:3: a merge conflict marker: \"|||||||\"\nP:4: a merge conflict marker: \">>>>>>> topic: x\"",
			"resolve the conflict and remove its markers"},
		{"comment of another language", "; web: a", `P:1: neither an entry nor a comment: "; web: a"`,
			"a comment begins with # or //"},
		{"variable", "TOKEN=abc:def", `P:1: a variable, not an entry: "TOKEN=..."`,
			"variables stand in .env, or above one type: # ganger: env.NAME=value"},
		{"exported variable", "  export TOKEN=abc", `P:1: a variable, not an entry: "TOKEN=..."`,
			"variables stand in .env, or above one type: # ganger: env.NAME=value"},
		{"lost backslash", "web: a\n\t-b \\\n -c\n", `P:2: an indented line that continues nothing: "-b  -c"`,
			"end the line above it with a backslash" + offer},
		{"lost backslash before an option with a colon", "web: a\n  --b:c\n",
			`P:2: an indented line that continues nothing: "--b:c"`, "end the line above it with a backslash" + offer},
		{"blank after the backslash", "web: a \\ \n  -b\n", `P:2: an indented line that continues nothing: "-b"`,
			"remove the blank after the backslash in the line above it" + offer},
		{"backslash alone", "web: a\n \\\n\\", "P:2: a backslash with nothing to join", "remove the line" + offer},
		{"not UTF-8", "# caf\xe9\nweb: a\n", "P:1: byte 0xe9 is not UTF-8", "save the file as UTF-8" + offer},
		{"not UTF-8 in a continued line", "web: a \\\n\xff", "P:1: byte 0xff is not UTF-8", "save the file as UTF-8"},
		{"line ends of old", "# c\rweb: a\rx: b\r", "P:1: a carriage return within the line",
			"save the file with LF or CRLF at the end of lines"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("P", []byte(test.text), Options{})
			var ms Mistakes
			if !errors.As(err, &ms) {
				t.Fatalf("got %v, want mistakes", err)
			}
			if err.Error() != test.problems {
				t.Errorf("got\n%v\nwant\n%s", err, test.problems)
			}
			var hints []string
			for _, m := range ms {
				if m.Hint != "" {
					hints = append(hints, m.Hint)
				}
			}
			if got := strings.Join(hints, "\n"); got != test.hints {
				t.Errorf("hints: got\n%s\nwant\n%s", got, test.hints)
			}
		})
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	f, err := Parse("P", []byte("# ganger: bogus=1\nweb: a\nno colon\n\n# ganger: quiet=yes\n\nweb: b\nx.y: c\n"), Options{})
	want := `P:1: unknown setting "bogus"
P:3: no colon: "no colon"
P:5: settings that belong to no type
P:7: "web" is on line 2 already
P:8: the name "x.y" has '.' in it`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if got := entries(f); got != "web: a\n" {
		t.Errorf("with the mistakes came %q", got)
	}
}

func TestSkipBadLines(t *testing.T) {
	text := "web: a\nno colon\n# ganger: quiet=yes\nweb: b\nx.y: c\nx: d\n"
	f, err := Parse("P", []byte(text), Options{SkipBadLines: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := entries(f); got != "web: a\nx: d\n" {
		t.Errorf("got %q", got)
	}
	want := "P:2: no colon: \"no colon\"\nP:4: \"web\" is on line 1 already\nP:5: the name \"x.y\" has '.' in it"
	if got := Mistakes(f.Skipped).Error(); got != want {
		t.Errorf("skipped\n%s\nwant\n%s", got, want)
	}
	for _, m := range f.Skipped {
		if strings.Contains(m.Hint, "--skip-bad-lines") {
			t.Errorf("%v: the hint offers what is on already: %q", m, m.Hint)
		}
	}

	for text, want := range map[string]string{
		"no colon":                   "P: no process types are left without the bad lines",
		"":                           "P: the file is empty",
		"# ganger: bogus=1\nweb: a":  `P:1: unknown setting "bogus"`,
		"# ganger: tty=no\n\nweb: a": "P:1: settings that belong to no type",
		"web: a\x00":                 "P:1: a NUL byte",
	} {
		if _, err := Parse("P", []byte(text), Options{SkipBadLines: true}); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestHugeLine(t *testing.T) {
	command := "echo " + strings.Repeat("x", 10<<20)
	f, err := Parse("P", []byte("web: "+command+"\nx: y"), Options{})
	if err != nil || f.Types[0].Command != command || f.Types[1].Line != 2 {
		t.Fatalf("a line of 10 MiB does not pass: %v", err)
	}
}

func TestNotes(t *testing.T) {
	f, err := Parse("P", []byte("web: a \\\nworker: b\n\n# ganger: tty=no\n# db: postgres\nx: \\\n  y: z"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := "P:2: this reads as an entry, but the backslash above makes it part of that command\n" +
		`P:4: these settings go with "db", which is a comment on line 5`
	if got := Mistakes(f.Notes).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What was meant for settings is told of where a type is directly below.
func TestUnread(t *testing.T) {
	const problem = ": this comment looks like settings, and is not read: settings begin with # ganger:"
	for text, want := range map[string]string{
		"# ganger ready=port\nweb: a":                                   "P:1" + problem,
		"# Ganger: ready=port\n# a note\nweb: a":                        "P:1" + problem,
		"//ganger env.A=b\nweb: a":                                      "P:1" + problem,
		"## ganger: tty=no\n# ganger: tty=no\n#ganger\tquiet=yes\nx: y": "P:1" + problem + "\nP:3" + problem,
		"# ganger ready=port\n\nweb: a":                                 "",
		"# ganger ready=port\n# db: postgres\nweb: a":                   "",
		"# ganger start -p 5000\nweb: a":                                "",
		"# ganger a=b\nweb: a":                                          "",
		"# gangerready=port\nweb: a":                                    "",
		"# ganger\nweb: a":                                              "",
		"# ganger: ready=port\nweb: a":                                  "",
	} {
		f, err := Parse("P", []byte(text), Options{})
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got := Mistakes(f.Unread).Error(); got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", text, got, want)
		}
	}
}

func TestLookup(t *testing.T) {
	f, err := Parse("P", []byte("web: a\n\n\nworker: b\\\nc\nclock: d"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Names(); !reflect.DeepEqual(got, []string{"web", "worker", "clock"}) {
		t.Errorf("names: %q", got)
	}
	if typ, ok := f.Lookup("clock"); !ok || typ.Line != 6 || typ.Command != "d" {
		t.Errorf("clock: %+v, %v", typ, ok)
	}
	if typ, ok := f.Lookup("Web"); ok {
		t.Errorf("Web: %+v", typ)
	}
}

// FuzzParse holds that every type which is returned has a valid name, unique in
// the file, a command that is not blank, and a line within the file; that every
// mistake has a line within the file and a problem; that settings are good; and
// that the accepted types, written as entries and read again, are the same.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"web: a\n", "# ganger: restart=no\nweb: a\\\n b\r\n", "\ufeffweb : a\nweb: b\n", "<<<<<<<\n\x00\xff",
		"web: a\\ \n -b\nx:\\", "// ganger: env.A='b c'\n# db: x\n\ny: z",
	} {
		f.Add([]byte(text), false)
		f.Add([]byte(text), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, skip bool) {
		file, err := Parse("P", text, Options{SkipBadLines: skip})
		lines := 1 + strings.Count(string(text), "\n")
		seen := make(map[string]bool)
		var again strings.Builder
		for _, typ := range file.Types {
			if !ValidName(typ.Name) || seen[typ.Name] || trimBlanks(typ.Command) == "" || typ.Line < 1 || typ.Line > lines {
				t.Fatalf("bad type %+v", typ)
			}
			seen[typ.Name] = true
			again.WriteString(typ.Name + ": " + typ.Command + "\n")
			var settings Settings
			for _, s := range typ.Settings {
				if err := settings.Set(s.Key, s.Value); err != nil || s.Line < 1 || s.Line >= typ.Line {
					t.Fatalf("bad setting %+v: %v", s, err)
				}
			}
		}
		var ms Mistakes
		if err != nil && !errors.As(err, &ms) {
			t.Fatalf("error is %T", err)
		}
		if err == nil && len(file.Types) == 0 {
			t.Fatal("neither a type nor a mistake")
		}
		for _, list := range [][]Mistake{ms, file.Skipped, file.Notes} {
			for i, m := range list {
				if m.Line < 0 || m.Line > lines || m.Problem == "" || i > 0 && m.Line < list[i-1].Line {
					t.Fatalf("bad mistake %+v", m)
				}
			}
		}
		if len(file.Types) > 0 {
			second, err := Parse("P", []byte(again.String()), Options{})
			if err != nil {
				t.Fatalf("%q: %v", again.String(), err)
			}
			if entries(second) != entries(file) {
				t.Fatalf("got %q, want %q", entries(second), entries(file))
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := []byte(`# ganger: stop-timeout=30s
web: bundle exec puma -C config/puma.rb
worker: bundle exec sidekiq -C config/sidekiq.yml

css: yarn build:css --watch
js: yarn build --watch
`)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Parse("Procfile", text, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// A check by others is a mistake of its line like all others.
func TestChecks(t *testing.T) {
	refuse := func(value string) error { return fmt.Errorf("%q is not to be", value) }
	_, err := Parse("P", []byte("# ganger: ready=log:[ watch=x\nweb: a\n# ganger: ready=started\nb\n"), Options{
		Checks: map[string]func(string) error{"ready": refuse},
	})
	var got []string
	var all Mistakes
	errors.As(err, &all)
	for _, m := range all {
		got = append(got, m.Error())
	}
	if len(got) != 3 || got[0] != `P:1: ready "log:[" is not to be` || !strings.HasPrefix(got[2], "P:4:") {
		t.Errorf("got %q", got)
	}
}
