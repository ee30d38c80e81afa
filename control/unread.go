package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Write implements [net.Conn]. What the HTTP layer says by itself, of what it
// cannot read as a request, gets the form that all our errors have. It says that
// in one piece, and nothing else is written while no request is served.
func (c *conn) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("HTTP/1.1 ")) && c.isQuiet() {
		if _, err := c.UnixConn.Write(unreadAnswer(string(p))); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	return c.UnixConn.Write(p)
}

// unreadAnswer is the answer to what is no request, from the one in plain text.
func unreadAnswer(plain string) []byte {
	status, _, _ := strings.Cut(strings.TrimPrefix(plain, "HTTP/1.1 "), "\r\n")
	number, why, _ := strings.Cut(status, " ")
	e := &Error{Code: CodeBadRequest, Message: "this is no HTTP request"}
	why, more, said := strings.Cut(why, ": ")
	switch {
	case number == "431":
		e = &Error{Code: CodeTooLarge, Message: fmt.Sprintf("the headers are over %d bytes", maxHeader)}
	case said:
		e.Message += ": " + more
	}
	body, _ := json.Marshal(errorBody{e})
	return fmt.Appendf(nil, "HTTP/1.1 %s %s\r\nContent-Type: %s\r\nConnection: close\r\n\r\n%s\n", number, why, typeJSON, body)
}
