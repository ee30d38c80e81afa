package export

import (
	"fmt"
	"net"
	"strings"
)

// ReadyKind says what a process has to do to count as ready.
type ReadyKind int

// The kinds, by the word that the setting has for them.
const (
	ReadyStarted ReadyKind = iota // it runs
	ReadyPort                     // it listens on its PORT
	ReadyTCP                      // an address takes connections
	ReadyHTTP                     // a path of its port answers with 2xx or 3xx
	ReadyLog                      // a line of its output matches
	ReadyExit                     // it has ended with status 0
)

// Ready is the setting ready.
type Ready struct {
	Kind       ReadyKind
	Host, Port string // of ReadyTCP
	Path       string // of ReadyHTTP
	Text       string // as it was written
}

// ParseReady reads the setting's text. It takes for started what it does not
// know: what the setting accepts was checked when the Procfile was read.
func ParseReady(text string) Ready {
	r := Ready{Text: text}
	kind, arg, _ := strings.Cut(text, ":")
	switch kind {
	case "port":
		r.Kind = ReadyPort
	case "exit":
		r.Kind = ReadyExit
	case "log":
		r.Kind = ReadyLog
	case "http":
		r.Kind, r.Path = ReadyHTTP, arg
	case "tcp":
		if host, port, err := net.SplitHostPort(arg); err == nil {
			r.Kind, r.Host, r.Port = ReadyTCP, host, port
		}
	}
	return r
}

// probe is what to watch to see a type ready: its setting, or its port for a
// web without one, which is what a web is for.
func (t Type) probe() Ready {
	if t.Ready.Kind == ReadyStarted && t.Ready.Text == "" && t.Name == "web" && t.Port > 0 {
		return Ready{Kind: ReadyPort, Text: "port"}
	}
	return t.Ready
}

// check is a shell command that succeeds when a process with this port is
// ready; "" where a shell cannot tell. It uses what every Linux has: the
// kernel's table of sockets and grep, and for the others curl, wget or nc.
func (r Ready) check(port int) string {
	switch r.Kind {
	case ReadyPort:
		// The local address ends in the port, in hexadecimal; 0A is LISTEN.
		return fmt.Sprintf("cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ':%04X [0-9A-F:]* 0A'", port)
	case ReadyHTTP:
		url := shellQuote(fmt.Sprintf("http://127.0.0.1:%d%s", port, r.Path))
		return "curl -fsS -m 2 -o /dev/null " + url + " 2>/dev/null || wget -q -T 2 -O /dev/null " + url
	case ReadyTCP:
		return "nc -z " + shellQuote(r.Host) + " " + shellQuote(r.Port)
	}
	return ""
}

// waitFor is a script that ends when the check succeeds. A stop of the engine's
// ends it before.
func waitFor(check string) string { return "until " + check + "; do sleep 0.2; done" }
