package output

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// dieVar makes the test binary a program that writes a history and is killed.
const dieVar = "OUTPUT_TEST_DIE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(dieVar); dir != "" {
		dieWriting(dir)
	}
	os.Exit(m.Run())
}

func dieWriting(dir string) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	m, err := New(Options{Out: null, History: 8192, HistoryDir: dir})
	if err != nil {
		panic(err)
	}
	s := m.Stream("web.1", "web", false)
	for i := range 2000 {
		s.record(fmt.Appendf(nil, "line %d\n", i), nil)
	}
	_ = unix.Kill(unix.Getpid(), unix.SIGKILL)
	select {}
}

func TestHistorySurvivesKill(t *testing.T) {
	dir := t.TempDir()
	began := time.Now()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), dieVar+"="+dir)
	if err := c.Run(); err == nil || c.ProcessState.ExitCode() != -1 {
		t.Fatalf("it was not killed: %v", err)
	}
	all, err := OpenHistory(dir)
	if err != nil || len(all) != 1 || all[0].Process != "web.1" || all[0].Type != "web" || all[0].Left {
		t.Fatalf("%+v %v", all, err)
	}
	var lines [][]byte
	for _, k := range all[0].Chunks(-1, time.Time{}) {
		if k.Time.Before(began.Add(-time.Second)) || k.Time.After(time.Now()) {
			t.Errorf("time %v", k.Time)
		}
		lines = append(lines, splitLines(k.Data)...)
	}
	if n := len(lines); n < 8192/len("line 1999\n")-1 || string(lines[n-1]) != "line 1999" {
		t.Fatalf("%d lines", n)
	}
	for i, line := range lines {
		if want := fmt.Sprintf("line %d", 2000-len(lines)+i); string(line) != want {
			t.Fatalf("%q, want %q", line, want)
		}
	}
	if got, _ := joined(all[0].Chunks(2, time.Time{})); strings.ReplaceAll(got, "web.1:", "") != "line 1998\nline 1999\n" {
		t.Errorf("last two: %q", got)
	}
	if got := all[0].Chunks(-1, time.Now()); len(got) > 0 {
		t.Errorf("of the future: %v", got)
	}
	info, err := os.Stat(filepath.Join(dir, "web.1"+historySuffix))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
}

// Nothing is made until there is something to keep, and little for little.
func TestHistoryFileIsSmall(t *testing.T) {
	dir := t.TempDir()
	h := history{limit: defaultHistory, dir: dir, name: "web.1"}
	path := filepath.Join(dir, "web.1"+historySuffix)
	if _, err := os.Stat(path); err == nil {
		t.Fatal("there is a file already")
	}
	h.write([]byte("one line\n"), 1, source{})
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	if size := st.Blocks * 512; size > 3*int64(max(filePage, os.Getpagesize())) {
		t.Errorf("%d bytes for a line", size)
	}
	h.write(bytes.Repeat([]byte("x"), defaultHistory), 2, source{})
	for i := range int64(2 * marksOf(h.limit)) {
		h.write([]byte("y\n"), i*markEvery, source{})
	}
	if h.err != nil || h.file == nil || h.file.file != nil {
		t.Errorf("at its full size it needs no file any more: %+v %v", h.file, h.err)
	}
	all := "one line\n" + strings.Repeat("x", defaultHistory) + strings.Repeat("y\n", 2*marksOf(h.limit))
	checkHistory(t, &h, []byte(all))
}

// A file that cannot grow is left where it is.
func TestHistoryLeavesFile(t *testing.T) {
	dir := t.TempDir()
	h := history{limit: 1 << 16, dir: dir, name: "web.1"}
	h.write([]byte("kept\n"), 1, source{})
	path := filepath.Join(dir, "web.1"+historySuffix)
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	h.file.file.Close()
	h.file.file = readOnly
	big := strings.Repeat("more\n", 2000)
	h.write([]byte(big), 2, source{})
	if h.err == nil || h.file != nil {
		t.Fatal("it went on in the file")
	}
	checkHistory(t, &h, []byte("kept\n"+big))
	all, err := OpenHistory(dir)
	if err != nil || len(all) != 1 || !all[0].Left {
		t.Fatalf("%+v %v", all, err)
	}
	if got, _ := joined(all[0].Chunks(-1, time.Time{})); got != "web.1:kept\n" {
		t.Errorf("the file has %q", got)
	}
}

func TestHistoryDirFails(t *testing.T) {
	g := newRig(t, Options{HistoryDir: filepath.Join(t.TempDir(), "nothing")})
	for _, name := range []string{"web.1", "web.2"} {
		_, w := g.pipe(name)
		put(t, w, "hello\n")
	}
	g.await("web.1  | hello\n")
	g.await("web.2  | hello\n")
	g.await("cannot keep the history in a file")
	if tail := g.Stream("web.1", "web", false).Tail(9); len(tail) != 1 {
		t.Errorf("kept %q", tail)
	}
	if out := g.close(); strings.Count(out, "cannot keep") != 1 {
		t.Errorf("said more than once: %q", out)
	}
}

func TestOpenHistoryGarbage(t *testing.T) {
	dir := t.TempDir()
	h := history{limit: 4096, dir: dir, name: "web.1", typ: "web"}
	h.write([]byte("good\n"), 1, source{})
	for name, text := range map[string]string{
		"short" + historySuffix:   "x",
		"zeros" + historySuffix:   string(make([]byte, 8192)),
		"unrelated.txt":           "x",
		"version" + historySuffix: historyMagic + "\x09" + string(make([]byte, 8192)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"+historySuffix), 0o700); err != nil {
		t.Fatal(err)
	}
	all, err := OpenHistory(dir)
	if len(all) != 1 || all[0].Process != "web.1" {
		t.Errorf("%+v", all)
	}
	for _, want := range []string{"short", "zeros", "version 9"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	if _, err := OpenHistory(filepath.Join(dir, "nothing")); err == nil {
		t.Error("a folder that is not there is no error")
	}
}

// FuzzOpenHistory: whatever a file holds, it is refused, or its chunks are what
// its bytes say, in order and no more than it can keep.
func FuzzOpenHistory(f *testing.F) {
	for _, lines := range []int{0, 3, 3000} {
		h := history{limit: 2048, dir: f.TempDir(), name: "web.1", typ: "web"}
		dir := h.dir
		h.write([]byte("first\n"), 1, source{})
		for i := range int64(lines) {
			h.write(fmt.Appendf(nil, "line %d\n", i), i*markEvery, source{pid: int(i % 2)})
		}
		b, err := os.ReadFile(filepath.Join(dir, "web.1"+historySuffix))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, uint64(0), uint64(0), uint32(0), 3)
		f.Add(b, uint64(5), uint64(1), uint32(7), -1)
	}
	f.Fuzz(func(t *testing.T, b []byte, tail, head uint64, count uint32, lines int) {
		b = bytes.Clone(b)
		if len(b) > headSize { // so that few inputs are refused
			for at, add := range map[int]uint64{headTail: tail, headHead: head} {
				binary.LittleEndian.PutUint64(b[at:], binary.LittleEndian.Uint64(b[at:])+add)
			}
			binary.LittleEndian.PutUint32(b[headCount:], binary.LittleEndian.Uint32(b[headCount:])+count)
		}
		r, err := parseHistory(b)
		if err != nil {
			return
		}
		h := &r.history
		var joined []byte
		for _, c := range h.chunks(h.begin()) {
			joined = append(joined, c.Data...)
		}
		if want := h.from(h.begin()); !bytes.Equal(joined, want) {
			t.Errorf("chunks %q, want %q", joined, want)
		}
		size := 0
		for _, c := range r.Chunks(lines, time.Unix(0, int64(tail))) {
			size += len(c.Data)
		}
		if size > int(h.limit)+1 { // an unfinished line gets an end
			t.Errorf("%d bytes of %d", size, h.limit)
		}
	})
}
