package output

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// object is what a line of the JSON form may hold.
type object struct {
	Time    string
	Process string
	Type    string
	Stream  string
	PID     int
	Line    string
	Base64  *string
	Partial bool
	Event   string
	Port    int
	Status  *int
	Message string
	Tail    []string
}

func objects(t *testing.T, out string) (list []object) {
	t.Helper()
	for line := range strings.Lines(out) {
		var o object
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&o); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if !strings.HasSuffix(line, "}\n") {
			t.Fatalf("not one object a line: %q", line)
		}
		list = append(list, o)
	}
	return list
}

// FuzzJSON: every output is valid JSON and UTF-8, one object a line, and the
// lines of a process come back as its bytes, however they were cut.
func FuzzJSON(f *testing.F) {
	f.Add([]byte("one\n\"two\"\\\t\r\n\x00\x1f\x7f\u2028\xff\xc3\n\nlast"), []byte{0, 1, 2})
	f.Add([]byte("é\n"), []byte{0})
	f.Fuzz(func(t *testing.T, p, sizes []byte) {
		if len(p) > 4096 {
			return
		}
		l := bench(t, Options{JSON: true}, false)
		out := feed(l, p, sizes)
		if !utf8.ValidString(out) {
			t.Fatalf("not UTF-8: %q", out)
		}
		var got []byte
		for _, o := range objects(t, out) {
			line := []byte(o.Line)
			if o.Base64 != nil {
				var err error
				if line, err = base64.StdEncoding.DecodeString(*o.Base64); err != nil {
					t.Fatal(err)
				}
				if utf8.Valid(line) {
					t.Fatalf("base64 of the valid %q", line)
				}
				if want := string([]rune(string(line))); o.Line != want {
					t.Fatalf("line %q, want %q", o.Line, want)
				}
			}
			got = append(append(got, line...), '\n')
		}
		want := p
		if len(p) > 0 && p[len(p)-1] != '\n' {
			want = append(bytes.Clone(p), '\n')
		}
		if !bytes.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestJSON(t *testing.T) {
	g := newRig(t, Options{JSON: true, Now: noon})
	or, ow := pipe(t)
	er, ew := pipe(t)
	c := g.Stream("web.1", "web", false).Copy(Input{PID: 42, Stdout: or, Stderr: er})
	put(t, ow, "no end")
	put(t, ew, "trouble\n")
	g.await("trouble")
	status := 3
	c.Drain()
	g.System(Event{Name: "exited", Process: "web.1", PID: 42, Port: 5000, Status: &status, Text: "web.1 exited", After: c, Tail: 2})
	got := objects(t, g.close())
	if len(got) != 3 {
		t.Fatalf("%d objects: %+v", len(got), got)
	}
	if o := got[0]; o.Stream != "stderr" || o.PID != 42 || o.Type != "web" || o.Line != "trouble" || o.Time != "2026-07-01T12:00:00.123456Z" {
		t.Errorf("%+v", o)
	}
	if o := got[1]; o.Stream != "stdout" || o.Line != "no end" {
		t.Errorf("%+v", o)
	}
	if o := got[2]; o.Event != "exited" || o.Process != "web.1" || o.PID != 42 || o.Port != 5000 || *o.Status != 3 || o.Message != "web.1 exited" ||
		strings.Join(o.Tail, "|") != "trouble|no end" {
		t.Errorf("%+v", o)
	}
}

func TestJSONLongLine(t *testing.T) {
	l := bench(t, Options{JSON: true}, false)
	d := &l.copy.stream.mux.desk
	want := strings.Repeat("é", lineSize) + "x"
	var got strings.Builder
	p := []byte(want + "\nnext\n")
	pieces := 0
	for len(p) > 0 || len(l.carry) > 0 {
		n := min(len(p), readSize-len(l.carry))
		rest := l.form.batch(l, append(bytes.Clone(l.carry), p[:n]...), time.Now())
		l.keep(rest)
		p = p[n:]
		for _, o := range objects(t, string(d.out)) {
			if o.Base64 != nil {
				t.Fatal("a character was cut in two")
			}
			got.WriteString(o.Line)
			if pieces++; !o.Partial {
				got.WriteByte('\n')
			}
		}
		d.out = d.out[:0]
	}
	if got.String() != want+"\nnext\n" {
		t.Errorf("%d bytes, want %d", got.Len(), len(want)+6)
	}
	if pieces < 3 {
		t.Errorf("%d pieces", pieces)
	}
}

// A CRLF of a terminal that is cut in two is one all the same.
func TestJSONLongLineOfATerminal(t *testing.T) {
	l := bench(t, Options{JSON: true}, true)
	d := &l.copy.stream.mux.desk
	want := strings.Repeat("x", lineSize-1)
	l.keep(l.form.batch(l, []byte(want+"\r"), time.Now()))
	l.keep(l.form.batch(l, append(bytes.Clone(l.carry), '\n'), time.Now()))
	var got strings.Builder
	for _, o := range objects(t, string(d.out)) {
		got.WriteString(o.Line)
	}
	if got.String() != want {
		t.Errorf("%d bytes that end with %q, want %d", got.Len(), got.String()[got.Len()-3:], len(want))
	}
}
