package control

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// spec is openapi.yaml, to hold requests and answers against.
type spec struct {
	doc    *openapi3.T
	router routers.Router
}

// loadSpec reads openapi.yaml once for all tests.
var loadSpec = sync.OnceValues(func() (*spec, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err == nil {
		err = doc.Validate(context.Background())
	}
	if err != nil {
		return nil, err
	}
	router, err := legacy.NewRouter(doc)
	return &spec{doc, router}, err
})

func mustSpec(t testing.TB) *spec {
	t.Helper()
	s, err := loadSpec()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A route is in the file and in the server, or the test fails.
func TestRoutesAreThoseOfTheSpec(t *testing.T) {
	s := mustSpec(t)
	var documented, served []string
	for path, item := range s.doc.Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+path)
		}
	}
	for _, r := range routes() {
		served = append(served, r.method+" "+r.path)
	}
	slices.Sort(documented)
	slices.Sort(served)
	if !slices.Equal(documented, served) {
		t.Errorf("in openapi.yaml:\n%s\nserved:\n%s", strings.Join(documented, "\n"), strings.Join(served, "\n"))
	}
}

// check holds a request and its answer against the file. good says that the
// request is one that the file allows.
func (s *spec) check(t testing.TB, req *http.Request, body []byte, res *http.Response, answer []byte, good bool) {
	t.Helper()
	what := req.Method + " " + req.URL.String() + " " + string(body)
	route, vars, err := s.router.FindRoute(req)
	if err != nil {
		if good {
			t.Errorf("%s: no route: %v", what, err)
		}
		s.schema(t, what, s.doc.Components.Schemas["Error"], answer)
		return
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{Request: req, PathParams: vars, Route: route}
	if err := openapi3filter.ValidateRequest(context.Background(), input); (err == nil) != good {
		t.Errorf("%s: the file says of the request: %v", what, err)
	}
	response := route.Operation.Responses.Status(res.StatusCode)
	if response == nil {
		response = route.Operation.Responses.Default()
	}
	typ := res.Header.Get("Content-Type")
	content := response.Value.Content.Get(typ)
	if content == nil {
		t.Errorf("%s: status %d has no answer of the type %q", what, res.StatusCode, typ)
		return
	}
	switch typ {
	case typeJSON:
		s.schema(t, what, content.Schema, answer)
	case typeNDJSON:
		for line := range bytes.Lines(answer) {
			s.schema(t, what, content.Schema, line)
		}
	case typeEvents:
		for line := range bytes.Lines(answer) {
			data, ok := bytes.CutPrefix(line, []byte("data: "))
			if ok {
				s.schema(t, what, content.Schema, data)
			} else if len(line) > 1 && !bytes.HasPrefix(line, []byte("event: error")) {
				t.Errorf("%s: not a server-sent event: %q", what, line)
			}
		}
	}
}

func (s *spec) schema(t testing.TB, what string, schema *openapi3.SchemaRef, text []byte) {
	t.Helper()
	var v any
	err := json.Unmarshal(text, &v)
	if err == nil {
		err = schema.Value.VisitJSON(v)
	}
	if err != nil {
		t.Errorf("%s: the answer\n%s\nis not what the file says: %v", what, text, err)
	}
}

// Requests and what comes of them: each answer is held against the file.
func TestAnswersAreThoseOfTheSpec(t *testing.T) {
	s := mustSpec(t)
	long := strings.Repeat("x", maxName+1)
	for _, c := range []struct {
		method, target, body string
		status               int
		bad                  bool // the file does not allow the request either
	}{
		{"GET", "/v1/app", "", 200, false},
		{"GET", "/v1/processes", "", 200, false},
		{"GET", "/v1/processes?tree=true&name=web.1&name=worker", "", 200, false},
		{"GET", "/v1/processes?name=nope", "", 404, false},
		{"GET", "/v1/processes?name=$(id)", "", 400, true},
		{"GET", "/v1/processes?name=../../etc/passwd", "", 400, true},
		{"GET", "/v1/processes?name=" + long, "", 400, true},
		{"GET", "/v1/processes?name=", "", 400, true},
		{"GET", "/v1/processes?name=web.%5B", "", 400, false}, // no schema knows a half bracket
		{"GET", "/v1/processes?tree=maybe", "", 400, true},
		{"GET", "/v1/processes?tree=true&tree=true", "", 400, false},
		{"GET", "/v1/processes?names=web", "", 400, false},
		{"GET", "/v1/processes/web.1", "", 200, false},
		{"GET", "/v1/processes/web.1?tree=true", "", 200, false},
		{"GET", "/v1/processes/web.7", "", 404, false},
		{"GET", "/v1/processes/web", "", 404, false},
		{"GET", "/v1/processes/we%20b", "", 400, true},
		{"GET", "/v1/processes/" + long, "", 400, true},
		{"GET", "/v1/processes/web.1/env", "", 200, false},
		{"GET", "/v1/processes/nope/env", "", 404, false},
		{"POST", "/v1/start", `{"names":["web","worker.*"],"wait":true}`, 200, false},
		{"POST", "/v1/start", `{}`, 200, false},
		{"POST", "/v1/start", ``, 200, false},
		{"POST", "/v1/start", `{"names":["nope"]}`, 404, false},
		{"POST", "/v1/start", `{"names":["a b"]}`, 400, true},
		{"POST", "/v1/start", `{"names":"web"}`, 400, true},
		{"POST", "/v1/start", `{"rolling":true}`, 400, true},
		{"POST", "/v1/start", `{"wait":true} {}`, 400, false}, // the validator reads the first alone
		{"POST", "/v1/start", `{"wait":`, 400, true},
		{"POST", "/v1/start", `[]`, 400, true},
		{"POST", "/v1/stop", `{"names":["web.[12]"],"kill":true}`, 200, false},
		{"POST", "/v1/restart", `{"rolling":true,"wait":true,"kill":false}`, 200, false},
		{"POST", "/v1/signal", `{"names":["web.1"],"signal":"USR1"}`, 200, false},
		{"POST", "/v1/signal", `{"names":["web.1"],"signal":"USR1; id"}`, 400, true},
		{"POST", "/v1/signal", `{"names":["web.1"]}`, 400, true},
		{"POST", "/v1/signal", `{"signal":"HUP"}`, 400, true},
		{"POST", "/v1/wait", `{"names":["web"],"wait":true}`, 200, false},
		{"POST", "/v1/quit", `{"kill":true}`, 200, false},
		{"POST", "/v1/reload", `{"wait":true}`, 200, false},
		{"GET", "/v1/formation", "", 200, false},
		{"PATCH", "/v1/formation", `{"counts":{"web":3,"worker":"+1","clock":"0"},"wait":true}`, 200, false},
		{"PATCH", "/v1/formation", `{"counts":{"web":-1}}`, 400, true},
		{"PATCH", "/v1/formation", `{"counts":{"web":1.5}}`, 400, true},
		{"PATCH", "/v1/formation", `{"counts":{"web":"many"}}`, 400, true},
		{"PATCH", "/v1/formation", `{"counts":{"web":null}}`, 400, true},
		{"PATCH", "/v1/formation", `{"counts":{"../web":1}}`, 400, false}, // its keys have no schema
		{"PATCH", "/v1/formation", `{"counts":{}}`, 400, true},
		{"GET", "/v1/logs", "", 200, false},
		{"GET", "/v1/logs?process=web&process=worker.*&lines=all&since=5m&grep=a%2Bb", "", 200, false},
		{"GET", "/v1/logs?since=2026-01-02T03:04:05Z&lines=0", "", 200, false},
		{"GET", "/v1/logs?process=nope", "", 404, false},
		{"GET", "/v1/logs?lines=-1", "", 400, true},
		{"GET", "/v1/logs?since=yesterday", "", 400, false},
		{"GET", "/v1/logs?grep=(", "", 400, false},
		{"GET", "/v1/logs?grep=" + strings.Repeat("a", maxPattern+1), "", 400, true},
		{"GET", "/v1/logs?%zz", "", 400, false},
		{"GET", "/v1/events", "", 200, false},
		{"GET", "/v1/attach/web.1", "", 400, true},
		{"GET", "/v1/openapi.yaml", "", 200, false},
		{"GET", "/v1/app", `{"a":1}`, 400, false},
		{"GET", "/", "", 404, true},
		{"GET", "/v1/", "", 404, true},
		{"GET", "/v1/app/", "", 404, false}, // to the validator it is /v1/app
		{"GET", "//v1//app", "", 404, true},
		{"GET", "/v2/app", "", 404, true},
		{"DELETE", "/v1/app", "", 405, true},
		{"PUT", "/v1/formation", "{}", 405, true},
		{"POST", "/v1/start", `{"names":["` + strings.Repeat("x", maxBody) + `"]}`, 413, true},
	} {
		server := NewServer(&fakeApp{}, Options{Report: func(err error) { t.Error(err) }})
		req := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
		req.URL.Scheme, req.URL.Host = "http", "ganger"
		if c.body != "" {
			req.Header.Set("Content-Type", typeJSON)
		}
		w := httptest.NewRecorder()
		server.serve(w, req)
		res := w.Result()
		if res.StatusCode != c.status {
			t.Errorf("%s %.80s %.80s: status %d, not %d: %.200s", c.method, c.target, c.body, res.StatusCode, c.status, w.Body)
		}
		s.check(t, req, []byte(c.body), res, w.Body.Bytes(), !c.bad)
	}
}

// The words that the file lists are those that the program has.
func TestWordsAreThoseOfTheSpec(t *testing.T) {
	s := mustSpec(t)
	words := func(schema *openapi3.SchemaRef) (all []string) {
		for _, w := range schema.Value.Enum {
			all = append(all, w.(string))
		}
		return all
	}
	states := []State{Waiting, Starting, Running, Ready, BackingOff, Stopping, Stopped, Failed, Done, Suspended}
	codes := []Code{CodeBadRequest, CodeRefused, CodeNotFound, CodeMethod, CodeUnknown, CodeConflict, CodeStopping, CodeTooLarge, CodeTooMany, CodeFailed, CodeInternal}
	inSpec := words(s.doc.Components.Schemas["State"])
	if len(inSpec) != len(states) {
		t.Errorf("states: %q", inSpec)
	}
	for i, w := range inSpec {
		if string(states[i]) != w {
			t.Errorf("state %q is %q", states[i], w)
		}
	}
	inSpec = words(s.doc.Components.Schemas["Problem"].Value.Properties["code"])
	if len(inSpec) != len(codes) {
		t.Errorf("codes: %q", inSpec)
	}
	for i, w := range inSpec {
		if string(codes[i]) != w {
			t.Errorf("code %q is %q", codes[i], w)
		}
	}
}

// emptyApp has nothing of anything.
type emptyApp struct{ fakeApp }

func (*emptyApp) Info(context.Context) (Info, error)        { return Info{State: Stopping}, nil }
func (*emptyApp) Formation(context.Context) ([]Type, error) { return nil, nil }
func (*emptyApp) Processes(context.Context, ProcessQuery) ([]Process, error) {
	return nil, nil
}
func (*emptyApp) Environment(context.Context, string) (Environment, error) {
	return Environment{}, nil
}
func (*emptyApp) Do(context.Context, Command, func(Progress) error) (Outcome, error) {
	return Outcome{}, nil
}
func (*emptyApp) Logs(context.Context, LogQuery, func([]Line) error) error { return nil }
func (*emptyApp) Events(context.Context, func(Event) error) error          { return nil }

// Nothing is an empty list, never null.
func TestEmptyAnswersAreThoseOfTheSpec(t *testing.T) {
	s := mustSpec(t)
	for _, target := range []string{"/v1/app", "/v1/formation", "/v1/processes", "/v1/processes/web.1/env", "/v1/logs", "/v1/events"} {
		req := httptest.NewRequest("GET", "http://ganger"+target, nil)
		w := httptest.NewRecorder()
		NewServer(&emptyApp{}, Options{}).serve(w, req)
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", target, w.Code)
		}
		s.check(t, req, nil, w.Result(), w.Body.Bytes(), true)
	}
	req := httptest.NewRequest("POST", "http://ganger/v1/reload", nil)
	w := httptest.NewRecorder()
	NewServer(&emptyApp{}, Options{}).serve(w, req)
	s.check(t, req, nil, w.Result(), w.Body.Bytes(), true)
}
