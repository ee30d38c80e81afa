package cli

import (
	"strings"
	"testing"
)

func TestModesUndo(t *testing.T) {
	for _, test := range []struct{ name, wrote, undo string }{
		{"nothing", "hello\r\n", ""},
		{"the middle of a line", "hello", "\r\n"},
		{"a program that cleans up", "\x1b[?1049h\x1b[31mx\x1b[0m\x1b[?25l\x1b[?25h\x1b[?1049l\r", ""},
		{"alternate screen", "\x1b[?1049h", "\x1b[?1049l"},
		{"hidden cursor", "\x1b[?25l", "\x1b[?25h"},
		{"mouse, paste", "\x1b[?1002;1006h\x1b[?2004h", "\x1b[?1002l\x1b[?1006l\x1b[?2004l"},
		{"colour", "\x1b[1;31m", sgrReset},
		{"reset by nothing", "\x1b[1;31m\x1b[m", ""},
		{"keypad", "\x1b=", "\x1b>"},
		{"line drawing", "\x1b(0\x1b)0\x0e", "\x0f\x1b(B\x1b)B"},
		{"line drawing that ended", "\x1b(0\x0e\x0f\x1b(B", ""},
		{"scrolling region", "\x1b[2;5r\r", "\x1b7\x1b[r\x1b8"},
		{"form of the cursor", "\x1b[5 q", "\x1b[0 q"},
		{"kitty's keyboard", "\x1b[>1u\x1b[>3u\x1b[<u", "\x1b[<1u"},
		{"other keys", "\x1b[>4;2m", "\x1b[>4;0m"},
		{"insert mode", "\x1b[4h", "\x1b[4l"},
		{"a link", "\x1b]8;;http://x\x1b\\", "\x1b]8;;\x1b\\"},
		{"a link that ended", "\x1b]8;;http://x\x07\x1b]8;;\x07", ""},
		{"a title", "\x1b]0;8;;title\x07", ""},
		{"cut within a sequence", "\x1b[3", "\x18"},
		{"cut within a title", "\x1b]0;ti", "\x18"},
		{"everything, and a reset", "\x1b[?1049h\x1b[31m\x1b=\x1b[?25l\x1bc", ""},
		{"everything, and a soft reset", "\x1b[31m\x1b=\x1b[?25l\x1b[!p", ""},
		{"synchronized output", "\x1b[?2026h", ""},
	} {
		m := newModes()
		for _, c := range []byte(test.wrote) { // sequences may be cut anywhere
			_, _ = m.Write([]byte{c})
		}
		if got := m.undo(); got != test.undo {
			t.Errorf("%s: %q is undone by %q, want %q", test.name, test.wrote, got, test.undo)
		}
	}
}

// After what undoes it there is nothing left to undo, whatever was written.
func FuzzModes(f *testing.F) {
	f.Add("\x1b[?1049h\x1b[31;4:3mx\x1b]8;;http://x\x1b\\\x1b[?25l\x1b(0\x1b[>1u")
	f.Add("\x1b]8;;x\x1b[?1h\x1b=\x18\x1b[2;5r\x1b[4h\x1bP")
	f.Fuzz(func(t *testing.T, wrote string) {
		m := newModes()
		_, _ = m.Write([]byte(wrote))
		undo := m.undo()
		_, _ = m.Write([]byte(undo))
		if left := m.undo(); left != "" {
			t.Errorf("%q is undone by %q, after which %q is left", wrote, undo, left)
		}
	})
}

func TestDetach(t *testing.T) {
	for _, test := range []struct {
		keys, typed, pass string
		leave             bool
		held              string
	}{
		{usualDetach, "hello", "hello", false, ""},
		{usualDetach, "a\x1db", "a", true, ""},
		{usualDetach, "a\x10", "a", false, "\x10"},
		{usualDetach, "a\x10\x11b", "a", true, ""},
		{usualDetach, "\x10\x10\x11", "\x10", true, ""},
		{usualDetach, "\x10\x1d", "\x10", true, ""},
		{"ctrl-a d", "\x01a\x01d", "\x01a", true, ""},
		{"^A,^A,x", "\x01\x01\x01x", "\x01", true, ""},
		{"ctrl-? or Q", "\x7f", "", true, ""},
	} {
		d, err := parseDetach(test.keys)
		if err != nil {
			t.Fatal(err)
		}
		var pass strings.Builder
		leave := false
		for _, c := range []byte(test.typed) {
			var p []byte
			if p, leave = d.feed([]byte{c}); leave {
				pass.Write(p)
				break
			}
			pass.Write(p)
		}
		if held := string(d.release()); pass.String() != test.pass || leave != test.leave || held != test.held {
			t.Errorf("%s: of %q %q passes, %t, %q is held; want %q, %t, %q", test.keys, test.typed, pass.String(), leave, held, test.pass, test.leave, test.held)
		}
	}
	for _, bad := range []string{"", " ", "or", "ctrl-a or", "ctrl-", "ctrl-ab", "ab", "ctrl-1", "é", "^"} {
		if _, err := parseDetach(bad); err == nil && bad != "^" {
			t.Errorf("%q is taken for keys", bad)
		}
	}
}

// Nothing that is typed is lost or doubled until the keys to leave are.
func FuzzDetach(f *testing.F) {
	f.Add("a\x10b\x10\x10\x11c")
	f.Fuzz(func(t *testing.T, typed string) {
		d, err := parseDetach(usualDetach)
		if err != nil {
			t.Fatal(err)
		}
		pass, leave := d.feed([]byte(typed))
		all := string(pass) + string(d.release())
		if !leave && all != typed || !strings.HasPrefix(typed, all) {
			t.Errorf("of %q %q comes", typed, all)
		}
	})
}
