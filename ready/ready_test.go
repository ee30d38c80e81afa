package ready

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestStarted(t *testing.T) {
	t.Parallel()
	var p Poller
	if r, err := p.Wait(patient(t), Condition{}, Target{}); err != nil || r != (Result{}) {
		t.Errorf("got %+v, %v", r, err)
	}
}

// Who started the process sees its end.
func TestExit(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(patient(t))
	cancel()
	var p Poller
	_, err := p.Wait(ctx, mustParse(t, "exit"), Target{})
	if err == nil || err.Error() != "not ready: waited for its end with status 0" {
		t.Errorf("got %v", err)
	}
}

func TestTCP(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	s := startServer(t, "-", "tcp/"+addr("127.0.0.1", port))
	var p Poller
	seen := make(chan string, 100)
	go func() {
		if what := receive(t, seen, "a word of what is seen"); what != "connection refused" {
			t.Errorf("seen: %q", what)
		}
		s.next()
	}()
	c := mustParse(t, "tcp:"+addr("127.0.0.1", port))
	if _, err := p.Wait(patient(t), c, Target{Seen: func(what string) { seen <- what }}); err != nil {
		t.Error(err)
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		first  http.HandlerFunc // answers first; what is seen of it
		seen   string
		second int
	}{
		{"unavailable", status(503), "/up answers 503 Service Unavailable", 200},
		{"not found", status(404), "/up answers 404 Not Found", 204},
		{"redirect", status(500), "/up answers 500 Internal Server Error", 302},
		{"closed", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "/up: the connection is closed without an answer", 200},
		{"not HTTP", func(w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_, _ = conn.Write([]byte("-ERR unknown command\r\n"))
				_ = conn.Close()
			}
		}, "/up: the answer is not HTTP", 399},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/up" || !strings.HasPrefix(r.Host, "localhost:") {
					t.Errorf("asked for %s%s", r.Host, r.URL.Path)
				}
				if n.Add(1) == 1 {
					tt.first(w, r)
					return
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.second)
			}))
			defer s.Close()
			var seen []string
			var p Poller
			port := s.Listener.Addr().(*net.TCPAddr).Port
			r, err := p.Wait(patient(t), mustParse(t, "http:/up"), Target{
				Port: port, PIDs: func() []int { return []int{os.Getpid()} },
				Seen: func(what string) { seen = append(seen, what) },
			})
			if err != nil || r.Port != port || r.Kind != HTTP {
				t.Errorf("got %+v, %v", r, err)
			}
			if len(seen) != 2 || !strings.HasSuffix(seen[1], tt.seen) {
				t.Errorf("seen %q, want %q", seen, tt.seen)
			}
		})
	}
}

func status(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) }
}

// A server that does not answer holds up nobody who gives up.
func TestHTTPSilent(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(patient(t))
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer s.Close()
	var p Poller
	_, err := p.Wait(ctx, mustParse(t, "http:/"), Target{Port: s.Listener.Addr().(*net.TCPAddr).Port})
	if err == nil || !strings.HasSuffix(err.Error(), ", and has not answered yet") {
		t.Errorf("got %v", err)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, line string }{
		{`log:^ready in \d+ ms$`, "ready in 300 ms"},
		{`log:^ready in \d+ ms$`, "\x1b[32mready\x1b[0m in 300 ms\r"},
		{`log:^done$`, "10%\r50%\rdone"},
		{`log:^done$`, "10%\r\x1b[2Kdone\r"},
		{`log:50%`, "10%\r50%\rdone"},
	} {
		cond := mustParse(t, c.pattern)
		lines := cond.Lines()
		if !lines.Line([]byte("booting")) || lines.Found() {
			t.Fatalf("%s: no line is wanted any more", c.pattern)
		}
		if lines.Line([]byte(c.line)) || !lines.Found() {
			t.Errorf("%s: not found in %q", c.pattern, c.line)
		}
		if lines.Line([]byte("more")) {
			t.Errorf("%s: more is wanted", c.pattern)
		}
		var p Poller
		if r, err := p.Wait(patient(t), cond, Target{Lines: lines}); err != nil || r.Kind != Log {
			t.Errorf("got %+v, %v", r, err)
		}
	}
}

// What is seen meanwhile is the last line, at a length that fits.
func TestLogSeen(t *testing.T) {
	t.Parallel()
	cond := mustParse(t, "log:up")
	lines := cond.Lines()
	want := []string{"it has written nothing yet", `its last line is "booting"`, ""}
	next := map[string]string{want[0]: "booting\n", want[1]: strings.Repeat("é", 100)}
	ctx, cancel := context.WithCancel(patient(t))
	defer cancel()
	var seen []string
	var p Poller
	_, err := p.Wait(ctx, cond, Target{Lines: lines, Seen: func(what string) {
		seen = append(seen, what)
		if line, ok := next[what]; ok {
			lines.Line([]byte(line))
		} else {
			cancel()
		}
	}})
	if err == nil || len(seen) != 3 || seen[0] != want[0] || seen[1] != want[1] || len(seen[2]) > 120 {
		t.Errorf("seen %q, %v", seen, err)
	}
	if lines.Line([]byte("up")) {
		t.Error("a line is wanted that nobody waits for")
	}
}

// By the time of the line it listens, and it is told where.
func TestLogListens(t *testing.T) {
	t.Parallel()
	needTable(t)
	port := freePort(t)
	s := startServer(t, "tcp/"+addr("127.0.0.1", port))
	cond := mustParse(t, "log:up")
	lines := cond.Lines()
	lines.Line([]byte("up"))
	var p Poller
	r, err := p.Wait(patient(t), cond, Target{Port: 1, PIDs: s.pids, Lines: lines})
	if err != nil || r.Port != port {
		t.Errorf("got %+v, %v; want port %d", r, err, port)
	}
}

// The waiting ends without the line.
func TestLogEnds(t *testing.T) {
	t.Parallel()
	cond := mustParse(t, "log:up")
	lines := cond.Lines()
	lines.Line([]byte("bye"))
	ctx, cancel := context.WithCancel(patient(t))
	cancel()
	var p Poller
	_, err := p.Wait(ctx, cond, Target{Lines: lines})
	if want := `not ready: waited for a line that matches "up": its last line is "bye"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A hundred that wait cost as many looks as one, and nobody looks when nobody
// waits.
func TestLooksAreShared(t *testing.T) {
	t.Parallel()
	looks := func(waiting int) int32 {
		var n atomic.Int32
		synctest.Test(t, func(t *testing.T) {
			p := Poller{read: func() table { n.Add(1); return table{ok: true} }}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			for range waiting {
				go func() { _, _ = p.Wait(ctx, Condition{Kind: Port}, Target{Port: 5000}) }()
			}
			<-ctx.Done()
			synctest.Wait()
			counted := n.Load()
			time.Sleep(time.Hour) // in the bubble's time
			if now := n.Load(); now > counted+1 {
				t.Errorf("%d looks while nobody waits", now-counted)
			}
		})
		return n.Load()
	}
	one, many := looks(1), looks(100)
	if one < 60 || one > 120 {
		t.Errorf("%d looks in 30 s", one)
	}
	if many > one+40 { // at the first moments not all have come; unshared they would be thousands
		t.Errorf("100 that wait look %d times, one %d times", many, one)
	}
}
