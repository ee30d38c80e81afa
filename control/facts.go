package control

import (
	"encoding/json"
	"strconv"
	"time"
)

// Encode is the facts in the form in which a lock's file has them: JSON, in one
// line without its end. A run writes them before its first process is started,
// and the first use of encoding/json costs 0.15 ms.
func (f Facts) Encode() []byte {
	b := strconv.AppendInt([]byte(`{"pid":`), int64(f.PID), 10)
	b = appendText(append(b, `,"root":`...), f.Root)
	b = append(b, `,"since":"`...)
	b = append(f.Since.AppendFormat(b, time.RFC3339Nano), '"')
	b = appendText(append(b, `,"state":`...), string(f.State))
	if f.Socket != "" {
		b = appendText(append(b, `,"socket":`...), f.Socket)
	}
	if f.Version != "" {
		b = appendText(append(b, `,"version":`...), f.Version)
	}
	return append(b, '}')
}

// appendText appends a JSON string.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			text, _ := json.Marshal(s) // of a string there is no error
			return append(b, text...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}
