package control

import (
	"fmt"
	"net/http"
)

// Code says what kind of no an error is, for programs.
type Code string

// The codes.
const (
	CodeBadRequest Code = "bad-request" // what was sent is not what the API takes
	CodeRefused    Code = "refused"     // not for this user
	CodeNotFound   Code = "not-found"   // no such path
	CodeMethod     Code = "bad-method"  // the path is right, the method is not
	CodeUnknown    Code = "unknown-name"
	CodeConflict   Code = "conflict" // not in the state that things are in
	CodeStopping   Code = "stopping" // the app is being stopped, or has just ended
	CodeTooLarge   Code = "too-large"
	CodeTooMany    Code = "too-many" // at once
	CodeFailed     Code = "failed"   // tried, and it did not work
	CodeInternal   Code = "internal" // a bug of ours
)

// Error is an answer that says no. On the wire it is {"error": {...}}.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`        // lower case, no full stop
	Hint    string `json:"hint,omitempty"` // what to do about it
}

func (e *Error) Error() string { return e.Message }

func errEnded() *Error { return &Error{Code: CodeStopping, Message: "the app has ended"} }

// status is the HTTP status that goes with the code.
func (c Code) status() int {
	switch c {
	case CodeBadRequest:
		return http.StatusBadRequest
	case CodeRefused:
		return http.StatusForbidden
	case CodeNotFound, CodeUnknown:
		return http.StatusNotFound
	case CodeMethod:
		return http.StatusMethodNotAllowed
	case CodeConflict, CodeStopping:
		return http.StatusConflict
	case CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case CodeTooMany:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// NotRunningError says that nobody is at the other end.
type NotRunningError struct {
	Root   string // the app root that was looked for, or ""
	Socket string // the socket that was dialled, or ""
}

func (e *NotRunningError) Error() string {
	if e.Root != "" {
		return fmt.Sprintf("no app of %q is running", e.Root)
	}
	return fmt.Sprintf("no app is running at the socket %q", e.Socket)
}

// RefusedError says that the app is another user's.
type RefusedError struct {
	Socket string
	UID    int // whose it is, -1 where unknown
}

func (e *RefusedError) Error() string {
	if e.UID < 0 {
		return fmt.Sprintf("cannot use the socket %q: it is another user's", e.Socket)
	}
	return fmt.Sprintf("cannot use the socket %q: it is that of uid %d", e.Socket, e.UID)
}

// LostError says that the connection broke before the answer was whole: the app
// ended, or does not answer.
type LostError struct {
	Err error
}

func (e *LostError) Error() string { return fmt.Sprintf("lost the app: %v", e.Err) }
func (e *LostError) Unwrap() error { return e.Err }
