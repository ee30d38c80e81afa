package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
)

// The media types of answers.
const (
	typeJSON   = "application/json"
	typeNDJSON = "application/x-ndjson"
	typeEvents = "text/event-stream"
	typeYAML   = "application/yaml"
)

// What wraps lists and errors on the wire, so that each answer is an object.
type (
	processList struct {
		Processes []Process `json:"processes"`
	}
	formation struct {
		Formation []Type `json:"formation"`
	}
	errorBody struct {
		Error *Error `json:"error"`
	}
)

// step is one line of the answer to a command: progress, or the end.
type step struct {
	Progress
	Outcome *Outcome `json:"outcome,omitempty"`
	Error   *Error   `json:"error,omitempty"`
}

// logLine is one line of the answer to a query for lines: a line, or why there
// are no more.
type logLine struct {
	Line
	Error *Error `json:"error,omitempty"`
}

// readLogs hands over lines as they come, those that came together at once.
func readLogs(ctx context.Context, r io.Reader, emit func([]Line) error) error {
	br := bufio.NewReaderSize(r, 64<<10)
	var batch []Line
	for {
		text, err := br.ReadBytes('\n')
		if len(bytes.TrimSpace(text)) > 0 && err == nil {
			var l logLine
			if err := json.Unmarshal(text, &l); err != nil {
				return &LostError{err}
			}
			if l.Error != nil {
				if err := flush(batch, emit); err != nil {
					return err
				}
				return l.Error
			}
			batch = append(batch, l.Line.unpack())
		}
		if err != nil || !wholeLine(br) {
			if ferr := flush(batch, emit); ferr != nil {
				return ferr
			}
			batch = batch[:0]
		}
		switch {
		case err == io.EOF && len(text) == 0:
			return nil
		case err != nil:
			return lost(ctx, err)
		}
	}
}

func flush(batch []Line, emit func([]Line) error) error {
	if len(batch) == 0 {
		return nil
	}
	return emit(batch)
}

// wholeLine says whether another line can be read without waiting.
func wholeLine(br *bufio.Reader) bool {
	p, _ := br.Peek(br.Buffered())
	return bytes.IndexByte(p, '\n') >= 0
}

// readEvents hands over the events of a stream of server-sent events. Of its
// fields we send data alone, one line an event, and error for the end.
func readEvents(ctx context.Context, r io.Reader, emit func(Event) error) error {
	for br := bufio.NewReader(r); ; {
		text, err := br.ReadBytes('\n')
		if err == io.EOF && len(text) == 0 {
			return nil
		}
		if err != nil {
			return lost(ctx, err)
		}
		data, ok := bytes.CutPrefix(text, []byte("data: "))
		if !ok {
			continue
		}
		var e struct {
			Event
			Error *Error `json:"error"`
		}
		if err := json.Unmarshal(data, &e); err != nil {
			return &LostError{err}
		}
		if e.Error != nil {
			return e.Error
		}
		if err := emit(e.Event); err != nil {
			return err
		}
	}
}
