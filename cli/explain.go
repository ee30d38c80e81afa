package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ganger/control"
)

// holds reports whether the run whose lock was seen still has it.
func (r *running) holds() bool {
	if r.facts.PID == 0 {
		return false
	}
	now, err := control.Find(control.DefaultPlaces(), r.root)
	if err != nil || now.PID != r.facts.PID {
		return false
	}
	r.facts = now
	return true
}

// explain gives an error of the app, or of the way to it, its words, hint and
// status.
func (r *running) explain(err error) error {
	var (
		none    *control.NotRunningError
		refused *control.RefusedError
		folder  *control.FolderError
		lost    *control.LostError
		no      *control.Error
		said    silent
		ours    *failure
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said): // of our own writing
		return said
	case errors.As(err, &ours):
		return err
	case errors.As(err, &none) && r.holds():
		return fileError(fmt.Sprintf("the app in %s takes no commands", r.root),
			fmt.Sprintf("it is %s, as pid %d", r.facts.State, r.facts.PID))
	case errors.As(err, &none) && r.root != "":
		return fileError("no app runs in "+r.root, r.again("start")+" starts it")
	case errors.As(err, &none):
		return fileError(err.Error(), "ganger list shows the apps that run")
	case errors.As(err, &refused):
		return fileError(err.Error(), "an app takes commands from its own user, and from root")
	case errors.As(err, &folder):
		return fileError(err.Error(), folder.Hint)
	case errors.As(err, &no):
		return r.explainNo(no)
	case errors.As(err, &lost) && r.facts.PID != 0 && r.hasEnded(err):
		return fileError("the app in "+r.root+" has ended", "")
	case errors.As(err, &lost):
		return fileError(err.Error(), r.otherVersion())
	case errors.Is(err, context.DeadlineExceeded):
		return fileError("the app does not answer", "")
	}
	return fileError(err.Error(), "")
}

// explainNo is for the app's own no. Of several lines each is a mistake.
func (r *running) explainNo(no *control.Error) error {
	status, hint := statusFailed, no.Hint
	switch no.Code {
	case control.CodeUnknown:
		status = statusUsage
	case control.CodeBadRequest:
		status = statusUsage
		hint = joinHints(hint, r.otherVersion())
	case control.CodeNotFound, control.CodeMethod:
		hint = joinHints(r.otherVersion(), hint)
	}
	lines := strings.Split(strings.TrimSpace(no.Message), "\n")
	all := make([]error, len(lines))
	for i, line := range lines {
		all[i] = &failure{problem: line, status: status}
	}
	all[len(all)-1] = &failure{lines[len(lines)-1], hint, status}
	return errors.Join(all...)
}

func joinHints(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// otherVersion is the hint where the app is run by another ganger than this one,
// "" where it is not.
func (r *running) otherVersion() string {
	if r.facts.Version == "" || r.facts.Version == version() {
		return ""
	}
	return fmt.Sprintf("the app is run by ganger %s, and this is %s: stop it and start it again", r.facts.Version, version())
}
