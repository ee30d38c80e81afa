// Package env reads env files and says which value of a variable wins.
//
// Read takes the files of an app and what surrounds it, and returns ordered pairs;
// Layer puts those over, or under, the surrounding environment; Vars is the result,
// cheap to clone for every process. godotenv reads each statement; this package finds
// the statements, so that a mistake has a line, one bad line is one mistake and no
// mistake tells a value, and expands $NAME afterwards from everything that is set.
package env

import (
	"fmt"
	"strings"
)

// File is what one env file says.
type File struct {
	Path       string       // as it was given
	Pairs      []Pair       // in order; of several for one name the last wins
	Unresolved []Reference  // what was left as it is written
	Differs    []Difference // what foreman would read otherwise
}

// Pair is a variable and its value, after expansion.
type Pair struct {
	Name, Value string
	Line        int // where its statement begins, from 1
}

// Reference is a $NAME or ${NAME} that stayed as it is written, because nothing of
// that name is set above it, in an earlier file or around us. It may have been meant as
// the text of a password, and then its name is a piece of that.
type Reference struct {
	Name string
	Line int    // where the statement begins that holds it
	In   string // the variable that it would have become part of

	// Operator tells of a form like ${NAME:-text}, which is never expanded, whether
	// NAME is set or not. The text is left out here: it may be a secret.
	Operator bool
}

// Difference is a variable that foreman would give another value, or none. Only the
// reason is told, never a value.
type Difference struct {
	Name   string
	Line   int // where the statement begins
	Reason string
}

// Mistake is a statement, or a file, that cannot be read. It holds no part of a value.
type Mistake struct {
	File    string
	Line    int // from 1; 0 where the whole file is meant, which Problem then names
	Problem string
	Hint    string // what to do about it, may be empty

	cause error
}

func (m Mistake) Error() string {
	if m.Line == 0 {
		return m.Problem
	}
	return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.Problem)
}

// Unwrap returns the system's error for a file that cannot be read.
func (m Mistake) Unwrap() error { return m.cause }

// Mistakes is every mistake of one or more files, in order.
type Mistakes []Mistake

// Error puts each mistake on a line of its own, without its hint.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.Is find fs.ErrNotExist behind a file that is missing.
func (ms Mistakes) Unwrap() []error {
	errs := make([]error, len(ms))
	for i, m := range ms {
		errs[i] = m
	}
	return errs
}
