package output

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// filtered is what the terminal form makes of p, without labels.
func filtered(t testing.TB, p string, sizes ...byte) string {
	l := bench(t, Options{Terminal: true, NoPrefix: true}, true)
	d := &l.copy.stream.mux.desk
	rest := []byte(p)
	for i := 0; len(rest) > 0; i++ {
		n := len(rest)
		if len(sizes) > 0 {
			n = min(n, 1+int(sizes[i%len(sizes)]))
		}
		l.form.batch(l, rest[:n], noon())
		rest = rest[n:]
	}
	l.form.finish(l, nil)
	return string(d.out)
}

func TestFilter(t *testing.T) {
	const red, off = "\x1b[31m", "\x1b[0m"
	link := "\x1b]8;;https://example.org\x1b\\"
	for _, test := range []struct{ name, in, want string }{
		{"plain", "hello\r\n", "hello\n"},
		{"tab", "a\tb\n", "a\tb\n"},
		{"empty lines", "\r\n\n", "\n\n"},
		{"no end", "hello", "hello\n"},
		{"colour within a line", red + "a" + off + "b\n", red + "a" + off + "b\n"},
		{"colour left open", red + "a\nb\n", red + "a" + off + "\n" + red + "b" + off + "\n"},
		{"colour left open, then closed", red + "a\n\x1b[mb\n", red + "a" + off + "\n" + red + "\x1b[mb\n"},
		{"bold red on 256 and rgb", "\x1b[1;38;5;9;48;2;1;2;3ma\nb" + off + "\n",
			"\x1b[1;38;5;9;48;2;1;2;3ma" + off + "\n\x1b[1;38;5;9;48;2;1;2;3mb" + off + "\n"},
		{"colour with colons", "\x1b[4:3;58:2::1:2:3ma\nb\n", "\x1b[4:3;58:2::1:2:3ma" + off + "\n\x1b[4:3;58;2;1;2;3mb" + off + "\n"},
		{"bold taken back", "\x1b[1;4m\x1b[22ma\nb\n", "\x1b[1;4m\x1b[22ma" + off + "\n\x1b[4mb" + off + "\n"},
		{"clear screen", "a\x1b[2J\x1b[Hb\n", "ab\n"},
		{"full reset", "a\x1bcb\n", "ab\n"},
		{"cursor up", "a\x1b[3Ab\n", "ab\n"},
		{"alternate screen", "\x1b[?1049ha\x1b[?1049l\n", "a\n"},
		{"scroll region", "\x1b[1;5ra\n", "a\n"},
		{"device status", "\x1b[6na\x1b[c\n", "a\n"},
		{"mouse, paste", "\x1b[?1000h\x1b[?2004ha\n", "a\n"},
		{"not SGR", "\x1b[>4;2ma\x1b[?4mb\n", "ab\n"},
		{"charset", "\x1b(0a\x1b(B\n", "a\n"},
		{"title", "\x1b]0;title\x07a\x1b]2;title\x1b\\b\n", "ab\n"},
		{"clipboard", "a\x1b]52;c;aGVsbG8=\x07b\n", "ab\n"},
		{"device control string", "a\x1bPq#0;2;0;0;0\x1b\\b\n", "ab\n"},
		{"application program command", "a\x1b_Gf=100;AAAA\x1b\\b\n", "ab\n"},
		{"title without end", "a\x1b]0;title\nb\n", "a\nb\n"},
		{"control sequence without end", "a\x1b[12;\nb\n", "a\nb\n"},
		{"string ended by a sequence", "\x1b]0;title\x1b[31ma\x1b[0m\n", red + "a" + off + "\n"},
		{"cancelled", "a\x1b[3\x18b\n", "ab\n"},
		{"link", link + "a" + unlink + "b\n", link + "a" + unlink + "b\n"},
		{"link ended by BEL", "\x1b]8;id=1;https://example.org\x07a\x1b]8;;\x07\n", "\x1b]8;id=1;https://example.org\x1b\\a" + unlink + "\n"},
		{"link left open", link + "a\nb\n", link + "a" + unlink + "\n" + link + "b" + unlink + "\n"},
		{"bell", "a\ab\n", "ab\n"},
		{"controls", "\x00a\x01\x0b\x0c\x0e\x0fb\x7f\n", "ab\n"},
		{"C1 in UTF-8", "a\u009b31mb\u0085\n", "a31mb\n"},
		{"C1 bytes", "a\x9bb\x9d\n", "a\uFFFDb\uFFFD\n"},
		{"not UTF-8", "a\xff\xc3(b\xe2\x82\n", "a\uFFFD\uFFFD(b\uFFFD\uFFFD\n"},
		{"UTF-8", "aé€😀\n", "aé€😀\n"},
		{"rewritten", "10%\r20%\r30%\r\n", "30%\n"},
		{"rewritten in colour", red + "10%\r20%" + off + "\r\n", red + "20%" + off + "\n"},
		{"rewritten after erasing", "long text\r\x1b[Kshort\n", "short\n"},
		{"erased", "long text\x1b[2K\x1b[1Gshort\n", "short\n"},
		{"erased to the end", "long text\x1b[K\n", "long text\n"},
		{"CR twice", "text\r\r\n", "text\n"},
		{"backspace", "abc\b\b\n", "a\n"},
		{"spinner", "|\b/\b-\b\\\n", "\\\n"},
		{"backspace after colour", "a" + red + "\bb" + off + "\n", "a" + red + "b" + off + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := filtered(t, test.in); got != test.want {
				t.Errorf("%q\ngot  %q\nwant %q", test.in, got, test.want)
			}
			for n := range 4 {
				if got := filtered(t, test.in, byte(n)); got != test.want {
					t.Errorf("%q by %d\ngot  %q\nwant %q", test.in, n+1, got, test.want)
				}
			}
		})
	}
}

// clean takes SGR and OSC 8 out of s and fails if anything else is left that a
// terminal would not print. It returns the text.
func clean(t *testing.T, s string) string {
	t.Helper()
	var text strings.Builder
	var now style
	linked := false
	for len(s) > 0 {
		if after, ok := strings.CutPrefix(s, "\x1b["); ok {
			i := strings.IndexFunc(after, func(r rune) bool { return r != ';' && r != ':' && (r < '0' || r > '9') })
			if i < 0 || after[i] != 'm' {
				t.Fatalf("a control sequence got out: %q", s)
			}
			now.apply([]byte(after[:i]))
			s = after[i+1:]
			continue
		}
		if after, ok := strings.CutPrefix(s, "\x1b]8;"); ok {
			body, rest, ok := strings.Cut(after, "\x1b\\")
			_, address, sep := strings.Cut(body, ";")
			if !ok || !sep || strings.IndexFunc(body, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
				t.Fatalf("a link that is none got out: %q", s)
			}
			linked = address != ""
			s = rest
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1, unicode.IsControl(r) && r != '\n' && r != '\t':
			t.Fatalf("%q got out: %q", r, s)
		case r == '\n' && (now != style{} || linked):
			t.Fatalf("a line ends with a colour or link open, before %q", s)
		}
		text.WriteRune(r)
		s = s[n:]
	}
	return text.String()
}

// FuzzFilter: nothing but printable characters, tabs, line feeds, SGR and OSC 8
// gets out, each line ends with both closed, however the bytes were cut; and
// text without controls is preserved.
func FuzzFilter(f *testing.F) {
	f.Add([]byte("\x1b[31mred\r\n\x1b]8;;http://x\x1b\\link\x1b]0;t\x07é\xff\x1bP\x1b\\"), []byte{0, 3})
	f.Add([]byte("a\rb\x1b[Kc\bd\x1b[1Ge\x1b[4:3;58:5:1m\u009b"), []byte{1})
	f.Add([]byte("\x1b[38;2;1;2;3;48;5;7;1;4;53m\n\n"), []byte{})
	f.Fuzz(func(t *testing.T, p, sizes []byte) {
		if len(p) > 4096 {
			return
		}
		whole := filtered(t, string(p))
		if cut := filtered(t, string(p), sizes...); cut != whole {
			t.Fatalf("%q cut by %v\ngot  %q\nwant %q", p, sizes, cut, whole)
		}
		text := clean(t, whole)
		plain := strings.IndexFunc(string(p), func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) < 0
		if want := strings.ToValidUTF8(string(p), "\uFFFD"); plain && utf8.Valid(p) {
			if want != "" && !strings.HasSuffix(want, "\n") {
				want += "\n"
			}
			if text != want {
				t.Fatalf("%q became %q", p, text)
			}
		}
	})
}

// FuzzStyle: the sequence that stands for a style sets that style.
func FuzzStyle(f *testing.F) {
	f.Add("1;31;44")
	f.Add("38;5;200;48:2:1:2:3;58:5:9;4:3;53;21")
	f.Add("38;2;300;1;1;0;97;107;9")
	f.Fuzz(func(t *testing.T, params string) {
		var a, b style
		a.apply([]byte(params))
		seq := string(a.appendTo(nil))
		if seq == "" {
			if a != (style{}) {
				t.Fatalf("%q: nothing for %+v", params, a)
			}
			return
		}
		b.apply([]byte(strings.TrimSuffix(strings.TrimPrefix(seq, "\x1b["), "m")))
		if a != b {
			t.Errorf("%q: %+v, but %q sets %+v", params, a, seq, b)
		}
	})
}

// nasty is what a process may write to the harm of the others' lines.
func nasty() []string {
	return []string{
		"\x1b[2J\x1b[H", "\x1b[10A\x1b[2K", "\x1b[?1049h", "\x1b[5;6r\x1b[5;1H", "\x1bM\x1bM\x1bM", "\x1bc", "\x1b[3S", "\x1b[2T", "\x1b[5L", "\x1b[5M",
		"\x1b[?25l\x1b[7mreverse", "\x1b]0;title\x07", "\x1b]0;no end", "\x1bP no end", "\x1b(0qqqq", "\x0e", "\x1b[?5h", "\x1b#8", "\x1b[3g\x1b[4h", "\x1b[?7l",
		"over\rwritten", "back\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b", "\x1b[31", "\x1b", "\xc2", "\u009b2J", "\x9b2J", "\x1b[8mhidden", "\x1b[20hmode",
	}
}

// What one process writes leaves the lines of another untouched, as a real
// terminal shows them.
func TestTerminalAsSeen(t *testing.T) {
	beside(t, nasty()...)
}

// FuzzTerminalAsSeen: the same, whatever it writes.
func FuzzTerminalAsSeen(f *testing.F) {
	for _, s := range nasty() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) < 1024 && strings.Count(s, "\n") < 40 { // all has to fit on one screen
			beside(t, s, s)
		}
	})
}

// beside has a process write each of the texts, and another a line after each.
// It compares what tmux shows of that one with what it wrote.
func beside(t *testing.T, texts ...string) {
	t.Helper()
	g := newRig(t, Options{Terminal: true})
	bad, bw := g.pipe("bad.1")
	good, w := g.pipe("good.1")
	var want []string
	for i, s := range texts {
		put(t, bw, s)
		if i%2 == 0 {
			put(t, bw, "\n")
		}
		bad.Drain()
		g.System(Event{Text: "nasty", After: bad})
		line := fmt.Sprintf("line %d of many", i)
		put(t, w, line+"\n")
		g.await(line + "\n")
		want = append(want, "good.1 | "+line)
	}
	good.Close()
	var got []string
	for line := range strings.Lines(screen(t, g.close())) {
		if strings.HasPrefix(stripped(line), "good.1 |") {
			got = append(got, strings.TrimRight(stripped(line), " \n"))
		}
	}
	if a, b := strings.Join(got, "\n"), strings.Join(want, "\n"); a != b {
		t.Errorf("the terminal shows\n%s\nwant\n%s", a, b)
	}
}

// stripped undoes what tmux says at the beginning of a row: the end of what the
// row before it had.
func stripped(row string) string {
	return strings.NewReplacer("\x1b[0m", "", "\x1b[39m", "", "\x1b[49m", "").Replace(row)
}

// screen is what tmux shows of a text, colours and all.
func screen(t *testing.T, text string) string {
	t.Helper()
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Skip("no tmux")
	}
	file := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "s")
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), tmux, append([]string{"-S", socket, "-f", "/dev/null"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %v: %v: %s", args, err, out)
		}
		return string(out)
	}
	run("new-session", "-d", "-x", "100", "-y", "200",
		fmt.Sprintf("cat %q; %q -S %q wait-for -S shown; exec sleep 100", file, tmux, socket))
	t.Cleanup(func() { _ = exec.Command(tmux, "-S", socket, "kill-server").Run() })
	run("wait-for", "shown")
	return run("capture-pane", "-p", "-e")
}

func TestRewriting(t *testing.T) {
	g := newRig(t, Options{Terminal: true})
	c, w := g.pipe("web.1")
	put(t, w, "10%")
	g.await("web.1  | 10%")
	put(t, w, "\r20%")
	g.await("\r\x1b[Kweb.1  | 20%")
	g.System(Event{Text: "between"})
	g.await("between\n")
	put(t, w, "\r30%\rdone\nnext")
	g.await("next")
	c.Close()
	got := g.close()
	if want := "web.1  | 10%\r\x1b[Kweb.1  | 20%\nsystem | between\nweb.1  | done\nweb.1  | next\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	// The history is as the process wrote it.
	if got, want := g.Stream("web.1", "web", false).History(), "10%\r20%\r30%\rdone\nnext\n"; !bytes.Equal(got, []byte(want)) {
		t.Errorf("history %q, want %q", got, want)
	}
}
