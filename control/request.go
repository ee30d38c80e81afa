package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// request is one that is being answered.
type request struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	ctl    *http.ResponseController
	conn   *conn
	name   string       // the part of the path that is one
	begun  bool         // the answer is on its way
	finish func(*Error) // says in a stream why it ends, once it is begun
}

func (q *request) ctx() context.Context { return q.r.Context() }

// body reads what was sent; nothing is an empty object.
func (q *request) body() ([]byte, error) {
	text, err := io.ReadAll(http.MaxBytesReader(q.w, q.r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &Error{Code: CodeTooLarge, Message: fmt.Sprintf("the body is over %d bytes", maxBody)}
	case err != nil:
		return nil, badRequest("the body has not come whole", "")
	}
	q.ctl.SetReadDeadline(time.Time{}) // from here on a read is the look whether the client is there
	if len(text) == 0 {
		text = []byte("{}")
	}
	return text, nil
}

// answer sends v as the whole answer.
func (q *request) answer(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	q.send(http.StatusOK, typeJSON, append(text, '\n'))
	return nil
}

func (q *request) send(status int, typ string, text []byte) {
	q.begun = true
	q.ctl.SetWriteDeadline(time.Now().Add(writeTime))
	h := q.w.Header()
	h.Set("Content-Type", typ)
	h.Set("Cache-Control", "no-store")
	q.w.WriteHeader(status)
	_, _ = q.w.Write(text) // a client that has gone
}

// fail says no: as the answer, or as the end of a stream.
func (q *request) fail(err error) {
	e := q.toError(err)
	switch {
	case e == nil:
	case !q.begun:
		if q.r.ContentLength != 0 {
			q.w.Header().Set("Connection", "close") // what is left of the body is not waited for
		}
		text, _ := json.Marshal(errorBody{e})
		q.send(e.Code.status(), typeJSON, append(text, '\n'))
	case q.finish != nil:
		q.finish(e)
	}
}

// toError gives an error the form in which it is sent, and nil where there is
// nobody to send it to.
func (q *request) toError(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case q.server.life.Err() != nil:
		return errEnded()
	case q.ctx().Err() != nil:
		return nil // the client has gone
	}
	return &Error{Code: CodeFailed, Message: err.Error()}
}

func badRequest(message, hint string) *Error {
	return &Error{Code: CodeBadRequest, Message: message, Hint: hint}
}

// params are the parameters that a path has, each with what takes its values.
type params map[string]func([]string) error

// query reads the parameters, of which those that are not known are errors.
func (q *request) query(known params) error {
	values, err := url.ParseQuery(q.r.URL.RawQuery)
	if err != nil {
		return badRequest("cannot read the query: "+err.Error(), "")
	}
	for name, vs := range values {
		set, ok := known[name]
		if !ok {
			return badRequest(fmt.Sprintf("no parameter %.40q", name), "")
		}
		if err := set(vs); err != nil {
			return badRequest(fmt.Sprintf("%s: %v", name, err), "")
		}
	}
	return nil
}
