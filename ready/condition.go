package ready

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
)

// Kind is a way to be ready.
type Kind int

const (
	Started Kind = iota // it runs
	Port                // it listens on its PORT
	TCP                 // a connection to an address is accepted
	HTTP                // a request is answered with 2xx or 3xx
	Log                 // a line of its output matches
	Exit                // it has run to its end with status 0
)

// Condition is what ready means for a type. The zero value is Started.
type Condition struct {
	Kind    Kind
	address string // of TCP, HOST:PORT
	path    string // of HTTP, with its query
	pattern *regexp.Regexp
}

// Parse reads the value of the setting: started, port, tcp:HOST:PORT,
// http:/path, log:REGEX or exit. REGEX has the syntax of Go and may match any
// part of a line. An error begins with the value in quotes.
func Parse(text string) (Condition, error) {
	switch text {
	case "":
		return Condition{}, errors.New(`"" says nothing`)
	case "started":
		return Condition{}, nil
	case "port":
		return Condition{Kind: Port}, nil
	case "exit":
		return Condition{Kind: Exit}, nil
	}
	kind, rest, _ := strings.Cut(text, ":")
	var c Condition
	var err error
	switch kind {
	case "tcp":
		c, err = parseTCP(rest)
	case "http":
		c, err = parseHTTP(rest)
	case "log":
		c, err = parseLog(rest)
	case "https":
		err = errors.New("asks for TLS; only http:/path can be asked for")
	case "started", "port", "exit":
		err = fmt.Errorf("has something after %s, which takes nothing", kind)
	default:
		err = errors.New("is not known")
	}
	if err != nil {
		return Condition{}, fmt.Errorf("%q %w", text, err)
	}
	return c, nil
}

func parseTCP(address string) (Condition, error) {
	host, port, err := net.SplitHostPort(address)
	switch {
	case err != nil && strings.Count(address, ":") > 1:
		return Condition{}, errors.New("has an IPv6 address without brackets, or no port: tcp:[::1]:5432")
	case err != nil || host == "" || port == "":
		return Condition{}, errors.New("has no host and port: tcp:localhost:5432")
	case strings.ContainsFunc(host, unprintable):
		return Condition{}, errors.New("has a character that no host name has")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return Condition{}, fmt.Errorf("has no port from 1 to 65535: %q", port)
	}
	return Condition{Kind: TCP, address: net.JoinHostPort(host, strconv.FormatUint(n, 10))}, nil
}

func parseHTTP(path string) (Condition, error) {
	switch {
	case strings.HasPrefix(path, "//"):
		return Condition{}, errors.New("names a host, but it is the process's own port that is asked: http:/path")
	case !strings.HasPrefix(path, "/"):
		return Condition{}, errors.New("has no path: http:/path")
	case strings.ContainsFunc(path, unprintable):
		return Condition{}, errors.New("has a blank or a control character in its path")
	case strings.Contains(path, "#"):
		return Condition{}, errors.New("has a fragment (#), which no server sees")
	}
	if _, err := url.ParseRequestURI(path); err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // the rest repeats the path
		}
		return Condition{}, fmt.Errorf("has no valid path: %w", err)
	}
	return Condition{Kind: HTTP, path: path}, nil
}

func parseLog(pattern string) (Condition, error) {
	if pattern == "" {
		return Condition{}, errors.New("has no pattern: log:listening on")
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		var se *syntax.Error
		if errors.As(err, &se) {
			return Condition{}, fmt.Errorf("is no regular expression: %s: %q", se.Code, se.Expr)
		}
		return Condition{}, fmt.Errorf("is no regular expression: %w", err)
	}
	return Condition{Kind: Log, pattern: re}, nil
}

// unprintable finds what neither a host nor a request line may hold.
func unprintable(r rune) bool { return r <= ' ' || r == 0x7f }

// String returns the text that Parse takes for it.
func (c Condition) String() string {
	switch c.Kind {
	case Port:
		return "port"
	case TCP:
		return "tcp:" + c.address
	case HTTP:
		return "http:" + c.path
	case Log:
		return "log:" + c.pattern.String()
	case Exit:
		return "exit"
	default:
		return "started"
	}
}

// NeedsPort reports whether the condition makes no sense for a process that has
// no PORT.
func (c Condition) NeedsPort() bool { return c.Kind == Port || c.Kind == HTTP }

// Awaited says in words what is waited for, to follow "waits for": port is the
// PORT of the process.
func (c Condition) Awaited(port int) string {
	switch c.Kind {
	case Port:
		return "port " + strconv.Itoa(port)
	case TCP:
		return "a connection to " + c.address
	case HTTP:
		return localURL("localhost", port) + c.path
	case Log:
		return fmt.Sprintf("a line that matches %q", c.pattern.String())
	case Exit:
		return "its end with status 0"
	default:
		return "its start"
	}
}

func localURL(host string, port int) string {
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port))
}
