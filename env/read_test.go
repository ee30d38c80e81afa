package env

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write makes a file of the test and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A reference sees the value that the variable will have for the processes.
func TestReadReferences(t *testing.T) {
	paths := []string{
		write(t, "a", "HOST=a\nOUTER=file\nURL=$HOST:$OUTER\nHOST=b\nPATH=$PATH:/a\n"),
		write(t, "b", "COPY=$HOST,$OUTER,$PATH\nLATER=$GONE\n"),
	}
	outer := FromEnviron([]string{"OUTER=outer", "PATH=/bin"})
	tests := []struct {
		override bool
		want     []string
	}{
		{true, []string{"OUTER=file", "PATH=/bin:/a", "HOST=b", "URL=a:file", "COPY=b,file,/bin:/a", "LATER=$GONE"}},
		{false, []string{"OUTER=outer", "PATH=/bin", "HOST=b", "URL=a:outer", "COPY=b,outer,/bin", "LATER=$GONE"}},
	}
	for _, test := range tests {
		files, err := Read(paths, outer, test.override)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := Layer(outer, files, test.override)
		if got := v.Environ(); !slices.Equal(got, test.want) {
			t.Errorf("override %v: got %q, want %q", test.override, got, test.want)
		}
		if files[0].Path != paths[0] || files[1].Path != paths[1] {
			t.Errorf("paths are %q and %q", files[0].Path, files[1].Path)
		}
	}
}

func TestReadTellsAllMistakes(t *testing.T) {
	folder := t.TempDir()
	missing := filepath.Join(folder, "missing")
	first, second := write(t, "a", "A\nB=1\n"), write(t, "b", "\nC=$B\nD='x\n")
	files, err := Read([]string{first, missing, folder, second}, Vars{}, true)
	want := strings.Join([]string{
		first + ":1: no = on this line",
		`cannot read "` + missing + `": no such file or directory`,
		`cannot read "` + folder + `": is a directory`,
		second + ":3: a quote that is not closed",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("error is\n%v, want\n%s", err, want)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the error does not tell of a missing file")
	}
	var mistakes Mistakes
	if !errors.As(err, &mistakes) || len(mistakes) != 4 {
		t.Errorf("error is %T, not 4 mistakes", err)
	}
	if len(files) != 2 || len(files[1].Pairs) != 1 || files[1].Pairs[0].Value != "1" {
		t.Errorf("what can be read is %v", files)
	}
}

func TestReadEndlessFile(t *testing.T) {
	const zero = "/dev/zero"
	if _, err := os.Stat(zero); err != nil {
		t.Skip(err)
	}
	_, err := Read([]string{zero}, Vars{}, true)
	if want := `cannot read "/dev/zero": it is larger than 4 MiB`; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestReadUnreadableFile(t *testing.T) {
	path := write(t, ".env", "A=1")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if file, err := os.Open(path); err == nil {
		file.Close()
		t.Skip("permissions do not stop this user")
	}
	_, err := Read([]string{path}, Vars{}, true)
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error is %v", err)
	}
}

// A file may be a pipe, which can be read once: -e <(decrypt .env.gpg).
func TestReadPipe(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := writer.WriteString("A=1\n"); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	path := fmt.Sprintf("/dev/fd/%d", reader.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip(err)
	}
	files, err := Read([]string{path}, Vars{}, true)
	if err != nil || !slices.Equal(files[0].Pairs, []Pair{{Name: "A", Value: "1", Line: 1}}) {
		t.Errorf("got %v, %v", files, err)
	}
}
