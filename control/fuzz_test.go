package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Whatever is asked, the answer has its one form, and the app hears of no name
// that has other letters or more of them than a name has.
func FuzzRequest(f *testing.F) {
	for _, r := range routes() {
		path := strings.ReplaceAll(r.path, "{name}", "web.1")
		f.Add(r.method, path, "", `{}`)
		f.Add(r.method, path, "name=web.*&tree&process=[a-z]&follow=false&lines=all&grep=x&since=1h&cols=80", `{"names":["web"],"signal":"HUP","counts":{"web":"+1"}}`)
	}
	f.Add("GET", "/v1/processes/../env", "name=../x", "")
	f.Add("POST", "/v1/signal", "", `{"names":["$(id)"],"signal":"9"}`)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		if strings.ContainsFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }) || strings.Contains(query, "follow") {
			return // net/http refuses the one; the other has no end
		}
		app := &fakeApp{}
		s := NewServer(app, Options{Report: func(err error) { t.Error(err) }})
		req := &http.Request{
			Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{"Upgrade": {attachProtocol}},
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}
		w := httptest.NewRecorder()
		s.serve(w, req)
		checkForm(t, w)
		for _, name := range app.names {
			if name == "" || len(name) > maxName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*?[]^") != "" {
				t.Errorf("the app hears of %q", name)
			}
		}
		for _, c := range app.commands {
			if strings.ContainsAny(c.Signal, " ;/$`'\"\n") || len(c.Signal) > 20 {
				t.Errorf("the app hears of the signal %q", c.Signal)
			}
		}
	})
}

// checkForm fails the test when an answer has no documented form.
func checkForm(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	body := w.Body.Bytes()
	if w.Code != http.StatusOK {
		var e errorBody
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil || e.Error == nil || e.Error.Message == "" || e.Error.Code.status() != w.Code {
			t.Errorf("status %d: %q: %v", w.Code, body, err)
		}
		return
	}
	switch w.Header().Get("Content-Type") {
	case typeJSON, typeNDJSON:
		for line := range bytes.Lines(body) {
			if !json.Valid(line) || line[0] != '{' {
				t.Errorf("a line is %q", line)
			}
		}
	case typeEvents, typeYAML:
	default:
		t.Errorf("type %q", w.Header())
	}
}

// Whatever bytes come in on a connection, the app goes on and others are served.
func FuzzConnection(f *testing.F) {
	r := newRig(f, &fakeApp{}, func(r *rig) { r.server.opts.Report = nil })
	f.Add([]byte("GET /v1/app HTTP/1.1\r\nHost: g\r\n\r\n"))
	f.Add([]byte("POST /v1/start HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nGET /v1/events HTTP/1.0\r\n\r\n"))
	f.Add([]byte("GET /v1/attach/web.1 HTTP/1.1\r\nHost: g\r\nConnection: Upgrade\r\nUpgrade: ganger-attach\r\n\r\ni\x00\x00\x00\x01xs\x00\x00\x00\x04\x00\x50\x00\x18l\x00\x00\x00\x00"))
	f.Add([]byte("\x16\x03\x01\x02\x00PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		conn := r.dial(t)
		conn.Write(sent)
		conn.Close()
		r.answers(t)
	})
}

// Frames that are read are those that were written, and nothing is read that is
// too long.
func FuzzFrame(f *testing.F) {
	f.Add(appendFrame(appendFrame(nil, frameInput, []byte("ls\n")), frameLeave, nil))
	f.Add([]byte("i\xff\xff\xff\xff"))
	f.Add([]byte("s\x00\x00\x00\x04\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		buf := make([]byte, frameMax)
		r := bytes.NewReader(text)
		var again []byte
		for {
			kind, p, err := readFrame(r, buf)
			if err != nil {
				break
			}
			again = appendFrame(again, kind, p)
			if kind == frameSize {
				if s, err := decodeSize(p); err == nil && !bytes.Equal(s.encode(), p) {
					t.Errorf("size %v is %q", s, p)
				}
			}
		}
		if !bytes.HasPrefix(text, again) {
			t.Errorf("%q was read as %q", text, again)
		}
	})
}

// What is read as a count is written so that it is read as the same.
func FuzzCount(f *testing.F) {
	for _, s := range []string{"3", `"3"`, `"+1"`, `"-2"`, "-1", "1e3", `"+0"`, "null", `"\u002b1"`, "01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var c, again Count
		if json.Unmarshal([]byte(text), &c) != nil {
			return
		}
		if !c.Relative && c.N < 0 || c.N > maxCount || c.Of(5) < 0 {
			t.Errorf("%s is %+v", text, c)
		}
		p, err := json.Marshal(c)
		if err == nil {
			err = json.Unmarshal(p, &again)
		}
		if err != nil || !reflect.DeepEqual(c, again) {
			t.Errorf("%s is %+v, then %s, then %+v: %v", text, c, p, again, err)
		}
	})
}

// A client takes any answer: it says what there was, or gives an error.
func FuzzAnswer(f *testing.F) {
	f.Add("{\"process\":\"web.1\",\"line\":\"a\"}\n{\"error\":{\"code\":\"failed\",\"message\":\"no\"}}\n")
	f.Add("data: {\"kind\":\"app\"}\n\nevent: error\ndata: {\"error\":{}}\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n")
		got := 0
		err := readLogs(t.Context(), strings.NewReader(text), func(l []Line) error { got += len(l); return nil })
		if got > lines {
			t.Errorf("%d lines of %d, %v", got, lines, err)
		}
		err = readEvents(t.Context(), strings.NewReader(text), func(Event) error { got--; return nil })
		var lost *LostError
		if err != nil && !errors.As(err, &lost) && !errors.As(err, new(*Error)) {
			t.Errorf("%T %v", err, err)
		}
	})
}

// What a lock file holds may be anything.
func FuzzFacts(f *testing.F) {
	f.Add([]byte(`{"pid":1,"root":"/srv/shop","since":"2026-01-02T03:04:05Z","state":"running"}   `))
	p, _, _ := testPlaces(f)
	lock, err := Acquire(p, "/srv/shop", Facts{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { lock.Release() })
	f.Fuzz(func(t *testing.T, text []byte) {
		lock.file.Truncate(0)
		lock.file.WriteAt(text, 0)
		if _, err := Find(p, "/srv/shop"); err != nil {
			t.Error(err)
		}
		if err := lock.Set(func(f *Facts) { f.PID, f.Since = 7, time.Time{} }); err != nil {
			t.Error(err)
		}
		if got, err := Find(p, "/srv/shop"); len(text) < maxFacts && got.PID != 7 {
			t.Errorf("after Set: %+v, %v", got, err)
		}
	})
}

// A line is what it was after the way to the client, whatever bytes it has; and
// its JSON is that of encoding/json, but for the choice of escapes.
func FuzzLine(f *testing.F) {
	f.Add("web.1", "web", "listening", 100, 0, false, int64(1))
	f.Add("a\"\\\x00", "", "\xff\x1b[31m\u2028<&>\uFFFD\t", 0, 3, true, int64(0))
	f.Fuzz(func(t *testing.T, process, typ, text string, pid, missed int, yes bool, at int64) {
		l := Line{Process: strings.ToValidUTF8(process, "?"), Type: strings.ToValidUTF8(typ, "?"), PID: pid, Stderr: yes, Text: text, Partial: yes, Missed: missed}
		if at != 0 {
			l.Time = time.Unix(0, at).UTC()
		}
		got := l.appendJSON(nil)
		var one, other, back Line
		want := l
		if !utf8.ValidString(text) {
			want.Base64 = []byte(text)
		}
		p, err := json.Marshal(want)
		if err := errors.Join(err, json.Unmarshal(p, &other), json.Unmarshal(got, &one), json.Unmarshal(got, &back)); err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		if !reflect.DeepEqual(one, other) {
			t.Errorf("%s\nis not\n%s", got, p)
		}
		if !reflect.DeepEqual(back.unpack(), l) {
			t.Errorf("%+v came back as %+v", l, back)
		}
		if bytes.Count(got, []byte("\n")) != 1 {
			t.Errorf("%q is not one line", got)
		}
	})
}
