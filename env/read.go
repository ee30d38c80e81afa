package env

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxFile is beyond any env file and well within memory: -e /dev/zero ends.
const maxFile = 4 << 20

// Read reads env files in order. A reference sees what stands above it, then earlier
// files, then outer; where override is false outer comes first, as it does in Layer.
//
// The error is Mistakes, those of all files; errors.Is(err, fs.ErrNotExist) tells of one
// that is not there. The files hold what could be read, in that case too.
func Read(paths []string, outer Vars, override bool) ([]*File, error) {
	var (
		files    []*File
		mistakes Mistakes
		earlier  = make(map[string]string)
	)
	inEarlier := func(name string) (string, bool) {
		value, set := earlier[name]
		return value, set
	}
	var before lookup
	after := func(name string) (string, bool) {
		if value, set := inEarlier(name); set {
			return value, true
		}
		return outer.Lookup(name)
	}
	if !override {
		before, after = outer.Lookup, inEarlier
	}

	for _, path := range paths {
		text, err := readFile(path)
		if err != nil {
			mistakes = append(mistakes, Mistake{
				File:    path,
				Problem: fmt.Sprintf("cannot read %q: %v", path, err),
				cause:   err,
			})
			continue
		}
		file, err := parse(path, text, before, after)
		var found Mistakes
		if errors.As(err, &found) {
			mistakes = append(mistakes, found...)
		}
		files = append(files, file)
		for _, pair := range file.Pairs {
			earlier[pair.Name] = pair.Value
		}
	}
	if len(mistakes) > 0 {
		return files, mistakes
	}
	return files, nil
}

// readFile reads a file once, front to back: it may be a pipe, as in -e <(...).
func readFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", bare(err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return "", bare(err)
	}
	if len(text) > maxFile {
		return "", fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	return string(text), nil
}

// bare takes the path, which the message names already, off an error.
func bare(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
