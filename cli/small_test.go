package cli

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ganger/control"
	"ganger/output"
	"ganger/procfile"
)

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                     "0 s",
		270 * time.Microsecond:                "0.27 ms",
		2200 * time.Microsecond:               "2.2 ms",
		10 * time.Millisecond:                 "0.01 s",
		400 * time.Millisecond:                "0.4 s",
		1200 * time.Millisecond:               "1.2 s",
		5 * time.Second:                       "5 s",
		12*time.Second + 700*time.Millisecond: "12 s",
		185 * time.Second:                     "3 min 5 s",
		time.Hour:                             "1 h 0 min",
		26*time.Hour + 59*time.Minute:         "26 h 59 min",
	} {
		if got := seconds(d); got != want {
			t.Errorf("seconds(%v) is %q, want %q", d, got, want)
		}
	}
}

func TestOrdinal(t *testing.T) {
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 102: "102nd", 111: "111th", 113: "113th"} {
		if got := ordinal(n); got != want {
			t.Errorf("ordinal(%d) is %q, want %q", n, got, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int{"0": 0, "4096": 4096, "256k": 256 << 10, "4M": 4 << 20, "1024m": 1 << 30, "1K": 1024} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "k", "big", "-1", "1.5k", "1025M", "2000000k", "99999999999999999999", "4 k", "4kk"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q is %d, want an error", text, got)
		}
	}
}

func TestUseColor(t *testing.T) {
	for _, test := range []struct {
		flag     string
		terminal bool
		vars     string
		want     bool
	}{
		{"auto", true, "TERM=xterm", true},
		{"auto", false, "TERM=xterm", false},
		{"auto", true, "TERM=dumb", false},
		{"auto", true, "NO_COLOR=1 FORCE_COLOR=1", false},
		{"auto", true, "NO_COLOR=", true},
		{"auto", false, "FORCE_COLOR=1", true},
		{"auto", true, "FORCE_COLOR=0", false},
		{"auto", false, "CLICOLOR_FORCE=1", true},
		{"auto", true, "CLICOLOR=0", false},
		{"always", false, "NO_COLOR=1", true},
		{"never", true, "FORCE_COLOR=1", false},
	} {
		lookup := func(name string) (string, bool) {
			for v := range strings.FieldsSeq(test.vars) {
				if n, value, _ := strings.Cut(v, "="); n == name {
					return value, true
				}
			}
			return "", false
		}
		if got := useColor(test.flag, test.terminal, lookup); got != test.want {
			t.Errorf("%q, terminal %t, %q: %t", test.flag, test.terminal, test.vars, got)
		}
	}
}

func TestParseDefaults(t *testing.T) {
	text := "---\n# comment\nport: 4000\n formation = web=2,worker=1 \nroot: \"a # b\" # why\nenv: 'x'\nplain # c\n\nexcept: a # b\n: x\r\nlast:\r"
	want := []defaultLine{
		{"port", "4000", 3},
		{"formation", "web=2,worker=1", 4},
		{"root", "a # b", 5},
		{"env", "x", 6},
		{line: 7},
		{"except", "a", 9},
		{line: 10},
		{"last", "", 11},
	}
	if got := parseDefaults(strings.Split(text, "\n")); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%v, want\n%v", got, want)
	}
}

// Invariant: every line is a key with its value, which stand in it, or is told
// by its number; numbers rise.
func FuzzParseDefaults(f *testing.F) {
	f.Add("port: 4000\nformation=web=2\n---\n# x\nbad\n: y")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		last := 0
		for _, d := range parseDefaults(lines) {
			if d.line <= last || d.line > len(lines) {
				t.Fatalf("line %d after %d of %d", d.line, last, len(lines))
			}
			last = d.line
			if line := lines[d.line-1]; !strings.Contains(line, d.key) || !strings.Contains(line, d.value) {
				t.Fatalf("%q has no key %q and value %q", line, d.key, d.value)
			}
		}
	})
}

// The mistakes of all files are said, whichever comes first, and once.
func TestReportJoined(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		want   string
	}{
		{nil, 0, ""},
		{silent{7}, 7, ""},
		{usageError("a", "b"), 2, "error: a\nhint: b\n"},
		{fileError("a\nb\x1b", ""), 1, "error: a\\nb\\e\n"},
		{errors.New("plain"), 1, "error: plain\n"},
		{errors.Join(fileError("a", "h"), usageError("b", "")), 1, "error: a\nhint: h\nerror: b\n"},
		{&procfile.SettingError{Problem: "p", Hint: "h"}, 1, "error: p\nhint: h\n"},
	} {
		var out strings.Builder
		if got := report(&out, test.err); got != test.status || out.String() != test.want {
			t.Errorf("%v: status %d, said %q; want %d, %q", test.err, got, out.String(), test.status, test.want)
		}
	}
}

func TestRestTime(t *testing.T) {
	for _, c := range []struct{ timeout, since, want time.Duration }{
		{5 * time.Second, 0, 5 * time.Second},
		{5 * time.Second, 3 * time.Second, 2 * time.Second},
		{5 * time.Second, 5 * time.Second, time.Second},
		{5 * time.Second, time.Minute, time.Second},
		{100 * time.Millisecond, time.Minute, 100 * time.Millisecond},
		{0, time.Minute, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			if got := restTime(c.timeout, time.Now().Add(-c.since)); got != c.want {
				t.Errorf("of %v after %v there is %v left, want %v", c.timeout, c.since, got, c.want)
			}
		})
	}
}

// Lines that are lost are told, also where no line of those that came then is
// wanted, and are no line themselves.
func TestLogLinesMissed(t *testing.T) {
	none := regexp.MustCompile("nothing has this")
	for _, test := range []struct {
		chunk output.Chunk
		grep  *regexp.Regexp
		want  []control.Line
	}{
		{output.Chunk{Process: "web.1", PID: 7, Missed: 3}, nil, []control.Line{{Process: "web.1", Missed: 3}}},
		{output.Chunk{Process: "web.1", PID: 7, Missed: 3}, none, []control.Line{{Process: "web.1", Missed: 3}}},
		{output.Chunk{Process: "web.1", PID: 7, Missed: 3, Data: []byte("a\nb\n")}, none, []control.Line{{Process: "web.1", Missed: 3}}},
		{output.Chunk{Process: "web.1", PID: 7, Missed: 3, Data: []byte("a\nb\n")}, nil,
			[]control.Line{{Process: "web.1", PID: 7, Text: "a", Missed: 3}, {Process: "web.1", PID: 7, Text: "b"}}},
	} {
		if got := logLines(nil, []output.Chunk{test.chunk}, control.LogQuery{Grep: test.grep}); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%+v: got %+v, want %+v", test.chunk, got, test.want)
		}
	}
}
