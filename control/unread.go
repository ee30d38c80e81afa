package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Write implements [net.Conn]. What the HTTP layer says by itself, of what it
// cannot read as a request, gets the form that all our errors have. It says that
// in one piece, and nothing else is written while no request is served.
func (c *conn) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("HTTP/1.1 ")) {
		if idle, forGood := c.idle(); idle {
			_, err := c.UnixConn.Write(unreadAnswer(string(p), forGood))
			return len(p), err
		}
	}
	return c.UnixConn.Write(p)
}

// unreadAnswer is the answer to what is no request, from the one in plain text.
// At the end of the app it may have been one, and was cut.
func unreadAnswer(plain string, ended bool) []byte {
	line, _, _ := strings.Cut(strings.TrimPrefix(plain, "HTTP/1.1 "), "\r\n")
	number, why, _ := strings.Cut(line, " ")
	status, _ := strconv.Atoi(number)
	e := &Error{Code: CodeBadRequest, Message: "this is no HTTP request"}
	switch _, more, said := strings.Cut(why, ": "); {
	case ended:
		e = errEnded()
		status = e.Code.status()
	case status == http.StatusRequestHeaderFieldsTooLarge:
		e = &Error{Code: CodeTooLarge, Message: fmt.Sprintf("the headers are over %d bytes", maxHeader)}
	case said:
		e.Message += ": " + more
	}
	body, _ := json.Marshal(errorBody{e})
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nConnection: close\r\n\r\n%s\n", status, http.StatusText(status), typeJSON, body)
}
