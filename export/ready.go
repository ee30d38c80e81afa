package export

import (
	"fmt"
	"net"
	"strings"

	"ganger/procfile"
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

// parseReady reads the setting. What it does not know counts as started: what
// is accepted was checked when the Procfile was read.
func parseReady(setting procfile.Ready) Ready {
	text := string(setting)
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

// probe is what a cluster watches before it sends requests to a process, or
// replaces the next one: the type's setting, or its port for a web without one,
// since listening there is what a web is for.
func (t Type) probe() Ready {
	if t.Ready.Kind == ReadyStarted && t.Name == "web" && t.Port > 0 {
		return Ready{Kind: ReadyPort, Text: "port"}
	}
	return t.Ready
}

// check is a shell command that succeeds when a process with this port is
// ready; "" where a shell cannot tell. It uses what every Linux has: the
// kernel's table of sockets and grep, and for the others curl or wget, nc or bash.
func (r Ready) check(port int) string {
	switch {
	case r.Kind == ReadyTCP:
		return checkTCP(shellQuote(r.Host), shellQuote(r.Port))
	case port == 0:
		return ""
	case r.Kind == ReadyPort:
		return checkPort(fmt.Sprintf("%04X", port))
	case r.Kind == ReadyHTTP:
		return checkURL(shellQuote(fmt.Sprintf("http://127.0.0.1:%d%s", port, r.Path)))
	}
	return ""
}

// checkOwn is check for the port that the shell's variable PORT has.
func (r Ready) checkOwn() string {
	switch r.Kind {
	case ReadyPort:
		return checkPort(`'"$(printf %04X "$PORT")"'`)
	case ReadyHTTP:
		return checkURL(`http://127.0.0.1:"$PORT"` + shellQuote(r.Path))
	}
	return r.check(0)
}

// checkAt is check for a process that is elsewhere: host and port are words of
// the shell.
func (r Ready) checkAt(host, port string) string {
	switch r.Kind {
	case ReadyPort:
		return checkTCP(host, port)
	case ReadyHTTP:
		return checkURL("http://" + host + ":" + port + shellQuote(r.Path))
	}
	return ""
}

// checkTCP connects. Where there is no nc, as in Debian's base, there is bash.
func checkTCP(host, port string) string {
	words := host + " " + port
	return "{ nc -z " + words + ` || bash -c ': <"/dev/tcp/$0/$1"' ` + words + "; } 2>/dev/null"
}

// checkPort looks for a local address that ends in the port, in hexadecimal; 0A
// is LISTEN.
func checkPort(hex string) string {
	return "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ':" + hex + " [0-9A-F:]* 0A'"
}

func checkURL(word string) string {
	return "curl -fsS -m 2 -o /dev/null " + word + " 2>/dev/null || wget -q -T 2 -O /dev/null " + word
}

// waitFor is a script that ends when the check succeeds. A stop of the engine's
// ends it before.
func waitFor(check string) string { return "until " + check + "; do sleep 0.2; done" }
