package ready

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, awaited string
		kind          Kind
	}{
		{"started", "its start", Started},
		{"port", "port 5200", Port},
		{"exit", "its end with status 0", Exit},
		{"tcp:db.local:5432", "a connection to db.local:5432", TCP},
		{"tcp:[::1]:5432", "a connection to [::1]:5432", TCP},
		{"http:/", "http://localhost:5200/", HTTP},
		{"http:/up?full=1", "http://localhost:5200/up?full=1", HTTP},
		{`log:ready in \d+ ms`, `a line that matches "ready in \\d+ ms"`, Log},
		{"log: a: b", `a line that matches " a: b"`, Log},
	}
	for _, tt := range tests {
		c, err := Parse(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if c.Kind != tt.kind || c.String() != tt.text || c.Awaited(5200) != tt.awaited {
			t.Errorf("%q: got %v %q %q", tt.text, c.Kind, c.String(), c.Awaited(5200))
		}
	}
}

func TestParseMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"", `"" says nothing`},
		{"listening", `"listening" is not known`},
		{"port:5000", `"port:5000" has something after port, which takes nothing`},
		{"tcp", `"tcp" has no host and port: tcp:localhost:5432`},
		{"tcp:5432", `"tcp:5432" has no host and port: tcp:localhost:5432`},
		{"tcp::5432", `"tcp::5432" has no host and port: tcp:localhost:5432`},
		{"tcp:::1:5432", `"tcp:::1:5432" has an IPv6 address without brackets, or no port: tcp:[::1]:5432`},
		{"tcp:db:0", `"tcp:db:0" has no port from 1 to 65535: "0"`},
		{"tcp:db:65536", `"tcp:db:65536" has no port from 1 to 65535: "65536"`},
		{"tcp:a b:1", `"tcp:a b:1" has a character that no host name has`},
		{"http", `"http" has no path: http:/path`},
		{"http://localhost:5000/", `"http://localhost:5000/" names a host, but it is the process's own port that is asked: http:/path`},
		{"http:/a b", `"http:/a b" has a blank or a control character in its path`},
		{"http:/a#b", `"http:/a#b" has a fragment (#), which no server sees`},
		{"http:/%zz", `"http:/%zz" has no valid path: invalid URL escape "%zz"`},
		{"https:/", `"https:/" asks for TLS; only http:/path can be asked for`},
		{"log:", `"log:" has no pattern: log:listening on`},
		{"log:a(b", `"log:a(b" is no regular expression: missing closing ): "a(b"`},
	}
	for _, tt := range tests {
		if _, err := Parse(tt.text); err == nil || err.Error() != tt.want {
			t.Errorf("%q:\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

// What is parsed is written as a text that means the same, and neither way
// panics.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"started", "port", "exit", "tcp:a:1", "tcp:[::1]:01", "http:/a?b", "log:^x$", "log:(", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: an error of two lines: %v", text, err)
			}
			return
		}
		again, err := Parse(c.String())
		if err != nil || again.String() != c.String() || again.Kind != c.Kind {
			t.Errorf("%q is written %q, which is %v %v", text, c, again, err)
		}
		_ = c.Awaited(1)
	})
}

func TestPrinted(t *testing.T) {
	t.Parallel()
	tests := []struct{ line, want string }{
		{"plain\r\n", "plain"},
		{"\x1b[32m  Local\x1b[0m: http://localhost:\x1b[1m5173\x1b[22m/", "  Local: http://localhost:5173/"},
		{"\x1b]8;;http://x\x1b\\link\x1b]8;;\a", "link"},
		{"\x1b(Ba\x1b=b\x1b[", "ab"},
		{"\x1b", ""},
	}
	for _, tt := range tests {
		if got := printed(tt.line); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.line, got, tt.want)
		}
	}
}
