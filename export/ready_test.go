package export

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// The checks that a shell runs succeed when somebody listens and answers, and
// fail when nobody does; the port may be a number in them, or PORT.
func TestReadyChecks(t *testing.T) {
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skip(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/it's up" {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	port := server.Listener.Addr().(*net.TCPAddr).Port

	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := free.Addr().(*net.TCPAddr).Port
	_ = free.Close() // nobody listens there

	_, curl := exec.LookPath("curl")
	_, wget := exec.LookPath("wget")
	for _, c := range []struct {
		ready Ready
		port  int
		want  bool
	}{
		{Ready{Kind: ReadyPort}, port, true},
		{Ready{Kind: ReadyPort}, closed, false},
		{Ready{Kind: ReadyHTTP, Path: "/it's%20up"}, port, true},
		{Ready{Kind: ReadyHTTP, Path: "/other"}, port, false},
		{Ready{Kind: ReadyHTTP, Path: "/it's%20up"}, closed, false},
	} {
		if c.ready.Kind == ReadyHTTP && curl != nil && wget != nil {
			continue
		}
		for _, check := range []string{c.ready.check(c.port), c.ready.checkOwn()} {
			cmd := limited(t, "/bin/sh", "-c", check)
			cmd.Env = append(os.Environ(), "PORT="+strconv.Itoa(c.port))
			if out, err := cmd.CombinedOutput(); (err == nil) != c.want {
				t.Errorf("%s, with port %d: %v, want success %v\n%s", check, c.port, err, c.want, out)
			}
		}
	}
}
