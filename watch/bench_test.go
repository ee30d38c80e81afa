package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// manyFiles makes 50,000 of them in 2,500 folders.
func manyFiles(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	makeFile(b, filepath.Join(dir, gitignore), "*.log\n/build/\n!keep.log\n.cache\n")
	for i := range 2500 {
		sub := filepath.Join(dir, fmt.Sprint(i%50), fmt.Sprint(i))
		if err := os.MkdirAll(sub, 0o755); err != nil {
			b.Fatal(err)
		}
		for j := range 20 {
			if err := os.WriteFile(filepath.Join(sub, fmt.Sprint(j, ".go")), nil, 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	return dir
}

func BenchmarkAdd(b *testing.B) {
	dir := manyFiles(b)
	ps, err := Parse("**/*.go")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w := New(Options{Changed: func(Change) {}})
		if err := w.Add("web", dir, ps); err != nil {
			b.Fatal(err)
		}
		w.Close()
		<-w.ended
	}
}

// One look at all of them, as where no watch is left.
func BenchmarkPoll(b *testing.B) {
	dir := manyFiles(b)
	ps, err := Parse("**/*.go")
	if err != nil {
		b.Fatal(err)
	}
	w := New(Options{Changed: func(Change) {}})
	defer w.Close()
	_ = w.do(func() { w.silent = func(string) string { return "NFS" } })
	if err := w.Add("web", dir, ps); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_ = w.do(w.pollAll)
	}
}

func BenchmarkMatch(b *testing.B) {
	dir := b.TempDir()
	makeFile(b, filepath.Join(dir, gitignore), "*.log\n/build/\n!keep.log\n.cache\n")
	ps, err := Parse("src/**/*.go,templates/**,!**/*_test.go")
	if err != nil {
		b.Fatal(err)
	}
	s := newSet(dir, ps, newIgnores)
	for b.Loop() {
		if !s.file(dir + "/src/some/folder/file.go") {
			b.Fatal("no match")
		}
	}
}
