package export

import (
	"bytes"
	"fmt"
)

// A mark is a comment near the top of each file, by which a later export of
// the same app knows its own.

// markText is what a mark says.
func markText(format, app string) string {
	return fmt.Sprintf("Made by ganger export %s for %s: the next export replaces or removes this file.", format, app)
}

// comment is how a format writes one.
type comment struct{ open, close string }

// mark puts the mark into the text: first, or second where the first line has
// to be what it is.
func (c comment) mark(text []byte, mark string) []byte {
	if rest, isJSON := bytes.CutPrefix(text, []byte("{\n")); isJSON { // which has no comments
		return fmt.Appendf(nil, "{\n  %s: %s,\n%s", jsonQuote("//"), jsonQuote(mark), rest)
	}
	line := []byte(c.open + mark + c.close + "\n")
	if bytes.HasPrefix(text, []byte("#!")) || bytes.HasPrefix(text, []byte("<?xml")) {
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			return bytes.Join([][]byte{text[:i+1], line, text[i+1:]}, nil)
		}
	}
	return append(line, text...)
}
