package main

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// answerLine is a line of JSON with a payload of the first writer.
func answerLine(n, missed int) string {
	p := payload(firstWriter, 99)
	setLineNumber(p, n)
	if missed > 0 {
		return fmt.Sprintf(`{"process":"weba.1","line":%q,"missed":%d}`+"\n", p, missed)
	}
	return fmt.Sprintf(`{"process":"weba.1","line":%q}`+"\n", p)
}

func TestWhatAFollowerGot(t *testing.T) {
	for _, test := range []struct {
		name          string
		text          string
		lines, missed int
		bad           bool
	}{
		{"nothing", "", 0, 0, false},
		{"in order", answerLine(0, 0) + answerLine(1, 0), 2, 0, false},
		{"cut at the end", answerLine(0, 0) + answerLine(1, 0)[:20], 1, 0, false},
		{"told what it missed", answerLine(0, 0) + answerLine(5, 4), 2, 4, false},
		{"told on a line of its own", answerLine(0, 0) + `{"line":"","missed":4}` + "\n" + answerLine(5, 0), 2, 4, false},
		{"not told", answerLine(0, 0) + answerLine(5, 0), 0, 0, true},
		{"told too much", answerLine(0, 0) + answerLine(5, 5), 0, 0, true},
		{"twice", answerLine(0, 0) + answerLine(0, 0), 0, 0, true},
		{"torn", strings.Replace(answerLine(0, 0), "xxx", "x", 1) + answerLine(1, 0), 0, 0, true},
		{"no JSON", "line 0\n", 0, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &follower{text: []byte(test.text)}
			err := f.check()
			if test.bad != (err != nil) {
				t.Fatalf("the verdict is %v", err)
			}
			if !test.bad && (f.lines != test.lines || f.missed != test.missed) {
				t.Errorf("%d lines and %d missed, want %d and %d", f.lines, f.missed, test.lines, test.missed)
			}
		})
	}
}

func TestAFollowerReadsWhatComesAfterTheHead(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	const path = "/v1/logs?process=weba"
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.String() != path {
			http.NotFound(w, r)
			return
		}
		for i := range 3 {
			fmt.Fprint(w, answerLine(i, 0))
		}
	})}
	go server.Serve(listener)
	defer server.Close()
	f, err := newFollower(socket, path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.conn.Close()
	f.read()
	if err := f.check(); err != nil || f.lines != 3 {
		t.Errorf("%d lines, %v", f.lines, err)
	}
	if _, err := newFollower(socket, "/other"); err == nil {
		t.Error("an answer that is an error was taken")
	}
}
