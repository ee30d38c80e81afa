package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

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

// report prints err, with its hints, and returns the exit status. Of joined
// errors it prints each; the first has the status.
func report(w io.Writer, err error) int {
	switch e := err.(type) {
	case nil:
		return 0
	case silent:
		return e.status
	case *failure:
		say(w, e.problem, e.hint)
		return e.status
	case procfile.Mistakes:
		for _, m := range e {
			say(w, m.Error(), m.Hint)
		}
	case env.Mistakes:
		for _, m := range e {
			say(w, m.Error(), m.Hint)
		}
	case interface{ Unwrap() []error }:
		status := 0
		for _, one := range e.Unwrap() {
			status = cmp.Or(status, report(w, one))
		}
		return status
	default:
		problem, hint := parts(err)
		say(w, problem, hint)
	}
	return statusFailed
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

// oneLine keeps a name with a newline in it from looking like two messages.
func oneLine(s string) string {
	return strings.NewReplacer("\n", `\n`, "\r", `\r`, "\x00", `\0`, "\x1b", `\e`).Replace(s)
}
