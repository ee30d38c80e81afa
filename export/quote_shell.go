package export

import (
	"bytes"
	"encoding/json"
	"strings"
)

// shellQuote makes one word of a POSIX shell of any text.
func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// shellExport sets and exports a variable, exactly.
func shellExport(v Var) string { return "export " + v.Name + "=" + shellQuote(v.Value) }

// jsonQuote is a JSON string, which YAML and HCL read too but for what they add
// to it. JSON's escapes for HTML are not made.
func jsonQuote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	// A string always encodes. Invalid UTF-8 would be mended: who calls has
	// refused it.
	_ = e.Encode(s)
	return strings.TrimSuffix(b.String(), "\n")
}

// list is a list of strings, as YAML and HCL write it.
func list(words []string, quote func(string) string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
