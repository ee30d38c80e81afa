package export

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// xmlQuote is text of XML. A carriage return would be read as a line break.
func xmlQuote(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;").Replace(s)
}

// xmlValue is the reason why XML 1.0 cannot hold a value (2.2, Char).
func xmlValue(value string) string {
	if !utf8.ValidString(value) {
		return "it is not UTF-8"
	}
	for _, r := range value {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return fmt.Sprintf("XML has no way to write the character %U", r)
		}
	}
	return ""
}
