package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"ganger/env"
	"ganger/export"
	"ganger/formation"
	"ganger/portalloc"
	"ganger/procfile"
)

// Exit statuses of ganger's own failures.
const (
	statusFailed = 1 // a file or a variable is wrong, or something went wrong
	statusUsage  = 2 // the command line is wrong
)

// failure is an error with what to do about it and the exit status.
type failure struct {
	problem, hint string
	status        int
}

func (f *failure) Error() string { return f.problem }

func usageError(problem, hint string) error { return &failure{problem, hint, statusUsage} }
func fileError(problem, hint string) error  { return &failure{problem, hint, statusFailed} }

// silent ends with a status after everything has been said.
type silent struct{ status int }

func (s silent) Error() string { return fmt.Sprintf("status %d", s.status) }

// report prints err, with its hints, and returns the exit status. Of several
// errors it prints each; the first has the status.
func report(w io.Writer, err error) int {
	all := each(err)
	for _, f := range all {
		if f.problem != "" {
			say(w, f.problem, f.hint)
		}
	}
	if len(all) == 0 {
		return 0
	}
	return all[0].status
}

// each is an error as the single failures that it joins. One that has been said
// has no text.
func each(err error) []failure {
	switch e := err.(type) {
	case nil:
		return nil
	case silent:
		return []failure{{status: e.status}}
	case *failure:
		return []failure{*e}
	case procfile.Mistakes:
		var all []failure
		for _, m := range e {
			all = append(all, failure{m.Error(), m.Hint, statusFailed})
		}
		return all
	case env.Mistakes:
		var all []failure
		for _, m := range e {
			all = append(all, failure{m.Error(), m.Hint, statusFailed})
		}
		return all
	case interface{ Unwrap() []error }:
		var all []failure
		for _, one := range e.Unwrap() {
			all = append(all, each(one)...)
		}
		return all
	}
	problem, hint := parts(err)
	return []failure{{problem, hint, statusFailed}}
}

// parts are the problem and the hint of an error, of ours or of the rooms
// below.
func parts(err error) (problem, hint string) {
	var (
		f  *failure
		pe *portalloc.Error
		fe *formation.Error
		se *procfile.SettingError
		xe *export.Error
	)
	switch {
	case errors.As(err, &f):
		return f.problem, f.hint
	case errors.As(err, &pe):
		return pe.Problem, pe.Hint
	case errors.As(err, &fe):
		return fe.Problem, fe.Hint
	case errors.As(err, &se):
		return se.Problem, se.Hint
	case errors.As(err, &xe):
		return xe.Problem, xe.Hint
	}
	return err.Error(), ""
}

// withStatus gives an error the status of the place that the bad value came
// from, and names that place; what was typed a moment ago needs no name.
func withStatus(err error, from string, r rank) error {
	if r == fromFlag {
		return usageError(parts(err))
	}
	return withPlace(err, from, r)
}

// withPlace is withStatus where the place has to be named, a flag too.
func withPlace(err error, from string, r rank) error {
	problem, hint := parts(err)
	if r == fromFlag {
		return usageError(from+": "+problem, hint)
	}
	return fileError(from+": "+problem, hint)
}

func say(w io.Writer, problem, hint string) {
	fmt.Fprintf(w, "error: %s\n", oneLine(problem))
	if hint != "" {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
}

// oneLine keeps a name with a newline in it from looking like two messages, and
// one with another control character from doing something to the terminal.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, isControl) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if isControl(r) {
			b.WriteString(escaped(r))
		} else {
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

// isControl reports whether a terminal takes a character for a command. A tab is
// seen as what it is.
func isControl(r rune) bool { return r != '\t' && unicode.IsControl(r) }

// escaped is a control character as it is seen, and as a shell takes it in $”.
func escaped(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case 0x1b:
		return `\e`
	case 0:
		return `\0`
	}
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}
