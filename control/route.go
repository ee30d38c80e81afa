package control

import (
	"fmt"
	"net/http"
	"strings"
)

// route is one method of one path, in which {name} is any name.
type route struct {
	method, path string
	handle       func(*request) error
}

// routes are all there are. openapi.yaml has the same.
func routes() []route {
	return []route{
		{http.MethodGet, "/v1/app", (*request).getApp},
		{http.MethodGet, "/v1/processes", (*request).getProcesses},
		{http.MethodGet, "/v1/processes/{name}", (*request).getProcess},
		{http.MethodGet, "/v1/processes/{name}/env", (*request).getEnvironment},
		{http.MethodPost, "/v1/start", command(Start, "names", "wait")},
		{http.MethodPost, "/v1/stop", command(Stop, "names", "wait", "kill")},
		{http.MethodPost, "/v1/restart", command(Restart, "names", "wait", "rolling", "kill")},
		{http.MethodPost, "/v1/signal", command(SendSig, "names", "signal")},
		{http.MethodPost, "/v1/wait", command(AwaitApp, "names", "wait")},
		{http.MethodPost, "/v1/quit", command(Quit, "wait", "kill")},
		{http.MethodPost, "/v1/reload", command(ReloadApp, "wait")},
		{http.MethodGet, "/v1/formation", (*request).getFormation},
		{http.MethodPatch, "/v1/formation", command(Scale, "counts", "wait")},
		{http.MethodGet, "/v1/logs", (*request).getLogs},
		{http.MethodGet, "/v1/events", (*request).getEvents},
		{http.MethodGet, "/v1/attach/{name}", (*request).attach},
		{http.MethodGet, "/v1/openapi.yaml", (*request).getOpenAPI},
	}
}

// route finds who answers the request.
func (q *request) route() error {
	var methods []string
	for _, rt := range routes() {
		name, ok := rt.match(q.r.URL.Path)
		if !ok {
			continue
		}
		if rt.method != q.r.Method {
			methods = append(methods, rt.method)
			continue
		}
		if rt.method == http.MethodGet && q.r.ContentLength != 0 {
			return badRequest("this takes no body", "")
		}
		if strings.Contains(rt.path, "{name}") {
			if err := checkName(name); err != nil {
				return err
			}
		}
		q.name = name
		return rt.handle(q)
	}
	if len(methods) > 0 {
		allowed := strings.Join(methods, ", ")
		q.w.Header().Set("Allow", allowed)
		return &Error{Code: CodeMethod, Message: fmt.Sprintf("%.80q takes %s, not %.20q", q.r.URL.Path, allowed, q.r.Method)}
	}
	return &Error{Code: CodeNotFound, Message: fmt.Sprintf("no path %.80q", q.r.URL.Path),
		Hint: "all of them are in /v1/openapi.yaml"}
}

// match says whether a path is the route's, and what its name is.
func (rt route) match(path string) (name string, ok bool) {
	before, after, named := strings.Cut(rt.path, "{name}")
	if !named {
		return "", path == rt.path
	}
	name, ok = strings.CutPrefix(path, before)
	if ok {
		name, ok = strings.CutSuffix(name, after)
	}
	return name, ok && name != "" && !strings.Contains(name, "/")
}
