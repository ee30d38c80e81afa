package control

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// stream is an answer that comes bit by bit: a line for each value. Nobody
// waits for its client but the call that writes, and for that there is no limit
// in time: who follows logs in a pager reads nothing for as long as they please.
type stream struct {
	q    *request
	typ  string
	buf  bytes.Buffer
	json *json.Encoder
}

// stream makes the answer a stream, which begins at its first flush. Until then
// an error is an answer like any other.
func (q *request) stream(typ string) *stream {
	st := &stream{q: q, typ: typ}
	st.json = json.NewEncoder(&st.buf)
	st.json.SetEscapeHTML(false)
	q.finish = func(e *Error) {
		if typ == typeEvents {
			st.buf.WriteString("event: error\n")
		}
		_ = st.put(errorBody{e})
		_ = st.flush()
	}
	return st
}

// put adds a value, to be written at the next flush.
func (st *stream) put(v any) error {
	if st.typ != typeEvents {
		return st.json.Encode(v)
	}
	st.buf.WriteString("data: ")
	if err := st.json.Encode(v); err != nil {
		return err
	}
	return st.buf.WriteByte('\n')
}

// putLine adds a line of output.
func (st *stream) putLine(l *Line) { st.buf.Write(l.appendJSON(st.buf.AvailableBuffer())) }

// flush writes what was put. The error says that the client has gone.
func (st *stream) flush() error {
	if !st.q.begun {
		st.q.begun = true
		h := st.q.w.Header()
		h.Set("Content-Type", st.typ)
		h.Set("Cache-Control", "no-store")
		st.q.w.WriteHeader(http.StatusOK)
	}
	_, err := st.q.w.Write(st.buf.Bytes())
	st.buf.Reset()
	if err == nil {
		err = st.q.ctl.Flush()
	}
	return err
}

// end ends a stream that has no end of its own: the app's is a good one, and
// needs no words.
func (st *stream) end(err error) error {
	if st.q.server.life.Err() != nil {
		err = nil
	}
	if err == nil && !st.q.begun {
		return st.flush()
	}
	return err
}
