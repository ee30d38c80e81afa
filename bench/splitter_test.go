package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestReadLinesInAnyChunks(t *testing.T) {
	const text = "one\n\ntwo\r\nthree is longer\nunfinished"
	want := strings.Split(text, "\n")
	for size := 1; size <= len(text); size++ {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		wrote := make(chan error, 1)
		go func() {
			defer w.Close()
			for chunk := range slices.Chunk([]byte(text), size) {
				if _, err := w.Write(chunk); err != nil {
					wrote <- err
					return
				}
			}
			wrote <- nil
		}()
		var got []string
		total := 0
		err = readLines(int(r.Fd()), func(line []byte) { got = append(got, string(line)) },
			func(n int) { total += n }, func() bool { return false })
		r.Close()
		if err := <-wrote; err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("in chunks of %d: %q, want %q", size, got, want)
		}
		if total != len(text) {
			t.Errorf("in chunks of %d: %d bytes were counted, want %d", size, total, len(text))
		}
	}
}

func TestReadLinesStopsWhenTold(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close() // stays open: without the stop, the read would wait for it
	if _, err := w.WriteString("last\n"); err != nil {
		t.Fatal(err)
	}
	var got []string
	err = readLines(int(r.Fd()), func(line []byte) { got = append(got, string(line)) },
		func(int) {}, func() bool { return len(got) == 1 })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, []string{"last"}) {
		t.Errorf("the lines are %q", got)
	}
}
