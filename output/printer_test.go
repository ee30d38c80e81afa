package output

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func at(second int) time.Time {
	return time.Date(2026, 1, 2, 15, 4, second, 0, time.Local)
}

func printAll(o PrinterOptions, lines ...Line) string {
	p := NewPrinter(o)
	var b []byte
	for _, l := range lines {
		if l.Type == "" {
			l.Type, _, _ = strings.Cut(l.Process, ".")
		}
		b = p.Append(b, l)
	}
	return string(b)
}

func TestPrinterLabels(t *testing.T) {
	lines := []Line{
		{Time: at(5), Process: "web.1", Text: []byte("hello")},
		{Time: at(6), Process: "system", Text: []byte("web.1 started")},
	}
	for _, test := range []struct {
		name string
		opts PrinterOptions
		want string
	}{
		{"as foreman", PrinterOptions{Timestamps: Clock}, "15:04:05 web.1  | hello\n15:04:06 system | web.1 started\n"},
		{"wide enough", PrinterOptions{Names: []string{"worker.1"}}, "web.1    | hello\nsystem   | web.1 started\n"},
		{"without labels", PrinterOptions{NoPrefix: true, Color: true}, "hello\nweb.1 started\n"},
		{"in colour", PrinterOptions{Color: true}, "\x1b[38;5;30mweb.1  |\x1b[0m hello\n\x1b[1msystem |\x1b[0m web.1 started\n"},
		{"in the order of types", PrinterOptions{Color: true, Types: []string{"css", "web"}}, "\x1b[38;5;136mweb.1  |\x1b[0m hello\n\x1b[1msystem |\x1b[0m web.1 started\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := printAll(test.opts, lines...); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// What a process does to its terminal stays out of ours; its colours stay, also
// over a line's end, and are closed at each.
func TestPrinterOnATerminal(t *testing.T) {
	lines := []Line{
		{Process: "web.1", Text: []byte("\x1b[2J\x1b[31mred")},
		{Process: "css.1", Text: []byte("plain")},
		{Process: "web.1", Text: []byte("still\x1b[m not")},
	}
	want := "web.1  | \x1b[31mred\x1b[0m\ncss.1  | plain\nweb.1  | \x1b[31mstill\x1b[m not\n"
	if got := printAll(PrinterOptions{Terminal: true}, lines...); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	raw := "web.1  | \x1b[2J\x1b[31mred\ncss.1  | plain\nweb.1  | still\x1b[m not\n"
	if got := printAll(PrinterOptions{}, lines...); got != raw {
		t.Errorf("into a pipe: got %q, want %q", got, raw)
	}
}

// The parts of a long line are one line again, unless another comes between.
func TestPrinterParts(t *testing.T) {
	a := Line{Process: "web.1", Text: []byte("be"), Partial: true}
	b := Line{Process: "web.1", Text: []byte("gun")}
	other := Line{Process: "css.1", Text: []byte("x")}
	for _, terminal := range []bool{false, true} {
		if got, want := printAll(PrinterOptions{Terminal: terminal}, a, b, other), "web.1  | begun\ncss.1  | x\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := printAll(PrinterOptions{Terminal: terminal}, a, other, b), "web.1  | be\ncss.1  | x\nweb.1  > gun\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPrinterMissed(t *testing.T) {
	got := printAll(PrinterOptions{}, Line{Process: "web.1", Text: []byte("x"), Partial: true}, Line{Process: "web.1", Text: []byte("y"), Missed: 7})
	want := "web.1  | x\nsystem | web.1: 7 lost here, since lines came faster than they were read\nweb.1  | y\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// Where nothing has come since there is no line of the process.
	got = printAll(PrinterOptions{}, Line{Process: "web.1", Missed: 7}, Line{Process: "web.1", PID: 1})
	want = "system | web.1: 7 lost here, since lines came faster than they were read\nweb.1  | \n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrinterJSON(t *testing.T) {
	got := printAll(PrinterOptions{JSON: true, Color: true},
		Line{Time: at(5).UTC(), Process: "web.1", PID: 7, Stderr: true, Text: []byte("a\"\xff"), Partial: true, Missed: 2},
		Line{Process: "system", Text: []byte("b")})
	for i, want := range []map[string]any{
		{"time": at(5).UTC().Format("2006-01-02T15:04:05.000000Z"), "process": "web.1", "type": "web", "stream": "stderr", "pid": 7.0,
			"line": "a\"\uFFFD", "base64": "YSL/", "partial": true, "missed": 2.0},
		{"process": "system", "type": "system", "line": "b"},
	} {
		var one map[string]any
		if err := json.Unmarshal([]byte(strings.Split(got, "\n")[i]), &one); err != nil {
			t.Fatal(err)
		}
		for key := range one {
			if one[key] != want[key] {
				t.Errorf("%s is %v, want %v", key, one[key], want[key])
			}
		}
		if len(one) != len(want) {
			t.Errorf("got %v, want %v", one, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, test := range []struct {
		text string
		cols int
		want string
	}{
		{"short", 5, "short"}, {"longer", 5, "long…"}, {"", 3, ""}, {"ab", 1, "…"}, {"ab", 0, ""},
		{"日本語", 6, "日本語"}, {"日本語", 5, "日本…"}, {"日本語", 4, "日…"}, {"日本語", 3, "日…"}, {"日本語", 2, "…"},
	} {
		if got := Cut(test.text, test.cols); got != test.want {
			t.Errorf("%q in %d columns: %q, want %q", test.text, test.cols, got, test.want)
		}
	}
}

// No text is cut to more columns than there are, or within a character.
func FuzzCut(f *testing.F) {
	f.Add("日本語 text", 7)
	f.Fuzz(func(t *testing.T, text string, cols int) {
		cols %= 100
		got := Cut(text, cols)
		if cols >= 0 && !strings.Contains(text, "\x1b") && columns([]byte(got)) > cols || utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q in %d columns: %q", text, cols, got)
		}
	})
}

// Without escape sequences, also where a part ends within one; a line's end
// ends one that is torn.
func TestPrinterPlain(t *testing.T) {
	lines := []Line{
		{Process: "web.1", Text: []byte("\x1b[?1049h\x1b[31mred\x1b"), Partial: true},
		{Process: "web.1", Text: []byte("[0m \x1b]0;title\x07\xff\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\")},
		{Process: "web.1", Text: []byte("torn\x1b[3")},
		{Process: "web.1", Text: []byte("1m")},
	}
	for _, o := range []PrinterOptions{{Plain: true}, {Plain: true, Terminal: true}} {
		got := strings.ReplaceAll(printAll(o, lines...), "\uFFFD", "\xff")
		if want := "web.1  | red \xfflink\nweb.1  | torn\nweb.1  | 1m\n"; got != want {
			t.Errorf("%+v: got %q, want %q", o, got, want)
		}
	}
}
