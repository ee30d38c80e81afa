package control

import (
	"context"
	"strings"
	"testing"
)

// What a run pays before its first process starts: the lock.
func BenchmarkAcquire(b *testing.B) {
	p, _, _ := testPlaces(b)
	for b.Loop() {
		lock, err := Acquire(p, "/srv/shop", Facts{PID: 1})
		if err != nil {
			b.Fatal(err)
		}
		lock.Release()
	}
}

// What a run pays beside its processes: the socket and the server.
func BenchmarkServe(b *testing.B) {
	path := shortTemp(b) + "/s"
	for b.Loop() {
		l, err := Listen(path)
		if err != nil {
			b.Fatal(err)
		}
		s := NewServer(&fakeApp{}, Options{})
		go s.Serve(l)
		s.Close()
		l.Close()
	}
}

// A question and its answer, on a connection of its own.
func BenchmarkAsk(b *testing.B) {
	r := newRig(b, &fakeApp{})
	for b.Loop() {
		c := Dial(r.socket)
		if _, err := c.Processes(b.Context(), ProcessQuery{Tree: true}); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

// A line from the app to the client's Go value; SetBytes is that of its text.
func BenchmarkLogs(b *testing.B) {
	batch := make([]Line, 100)
	for i := range batch {
		batch[i] = Line{Time: epoch(), Process: "web.1", Type: "web", PID: 100, Text: strings.Repeat("x", 100)}
	}
	r := newRig(b, &fakeApp{logs: func(_ context.Context, _ LogQuery, emit func([]Line) error) error {
		for sent := 0; sent < b.N; sent += len(batch) {
			if err := emit(batch); err != nil {
				return err
			}
		}
		return nil
	}})
	b.SetBytes(int64(len(batch[0].Text)))
	b.ReportAllocs()
	b.ResetTimer()
	if err := r.client.Logs(b.Context(), LogQuery{}, func([]Line) error { return nil }); err != nil {
		b.Fatal(err)
	}
}

// The server's half of that alone.
func BenchmarkLine(b *testing.B) {
	st := (&request{}).stream(typeNDJSON)
	l := Line{Time: epoch(), Process: "web.1", Type: "web", PID: 100, Text: strings.Repeat("x", 100)}
	b.SetBytes(int64(len(l.Text)))
	b.ReportAllocs()
	for b.Loop() {
		st.buf.Reset()
		st.putLine(&l)
	}
}
