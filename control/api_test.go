package control

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Each command line of API.md is run, and its answer is what openapi.yaml says.
func TestDocumentedCommands(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip(err)
	}
	text, err := os.ReadFile("API.md")
	if err != nil {
		t.Fatal(err)
	}
	s := mustSpec(t)
	app := &fakeApp{logs: func(_ context.Context, _ LogQuery, emit func([]Line) error) error {
		return emit([]Line{{Process: "web.1", Text: "listening"}})
	}}
	r := newRig(t, app)
	called := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		cmd := exec.CommandContext(patient(t), "sh", "-c", strings.TrimSpace(command)+
			` --silent --show-error --write-out '\n%{http_code} %{method} %{url}\n%{content_type}'`)
		cmd.Env = append(os.Environ(), "GANGER_SOCKET="+r.socket)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s%v: %s", line, err, out)
			continue
		}
		parts := bytes.Split(out, []byte("\n"))
		n := len(parts)
		var status int
		var method, url string
		if _, err := fmt.Sscan(string(parts[n-2]), &status, &method, &url); err != nil || status != http.StatusOK {
			t.Errorf("%s%s", line, out)
			continue
		}
		_, body, _ := strings.Cut(command, "-d '")
		body, _, _ = strings.Cut(body, "'")
		req := httptest.NewRequest(method, url, nil)
		req.Header.Set("Content-Type", typeJSON) // curl says it is a form; the server does not mind
		res := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {string(parts[n-1])}}}
		s.check(t, req, []byte(body), res, bytes.Join(parts[:n-2], []byte("\n")), true)
		for _, route := range routes() {
			if _, ok := route.match(req.URL.Path); ok && route.method == method {
				called[route.method+" "+route.path] = true
			}
		}
	}
	for _, route := range routes() {
		if what := route.method + " " + route.path; !called[what] && what != "GET /v1/attach/{name}" {
			t.Errorf("API.md does not show %s", what)
		}
	}
}

// The answers that API.md shows are of the form that openapi.yaml has.
func TestDocumentedAnswers(t *testing.T) {
	text, err := os.ReadFile("API.md")
	if err != nil {
		t.Fatal(err)
	}
	s := mustSpec(t)
	shown := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "{") {
			shown++
			s.schema(t, "API.md", s.doc.Components.Schemas["Step"], []byte(line))
		}
	}
	if shown == 0 {
		t.Error("no answer is shown")
	}
	for _, code := range []Code{CodeBadRequest, CodeRefused, CodeNotFound, CodeMethod, CodeUnknown, CodeConflict, CodeStopping, CodeTooLarge, CodeTooMany, CodeFailed, CodeInternal} {
		if row := fmt.Sprintf("| %d | %s | ", code.status(), code); !strings.Contains(string(text), row) {
			t.Errorf("API.md has no row %q", row)
		}
	}
	if want := fmt.Sprintf("more than %d connections, or %d streams", maxConns, maxStreams); !strings.Contains(string(text), want) {
		t.Errorf("API.md does not say %q", want)
	}
}

// A request that comes when the server has just been closed is told so.
func TestLateRequest(t *testing.T) {
	s := NewServer(&fakeApp{}, Options{})
	s.Close()
	w := httptest.NewRecorder()
	s.serve(w, httptest.NewRequest(http.MethodGet, "/v1/logs", nil))
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), `"code":"stopping"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A request that is cut by the end of the app is told so, too.
func TestCutRequest(t *testing.T) {
	plain := "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	for ended, want := range map[bool]string{false: `"code":"bad-request"`, true: `"code":"stopping"`} {
		if got := string(unreadAnswer(plain, ended)); !strings.Contains(got, want) {
			t.Errorf("ended %v: %q", ended, got)
		}
	}
}
