package export

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// systemdQuote is a string of a unit file, for settings that read quotes: C
// escapes, and %% for the % of specifiers (systemd.syntax(7)).
func systemdQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r == '%':
			b.WriteString("%%")
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// systemdExec is a string of an Exec line, where $NAME is expanded too, and $$
// is one $ (systemd.service(5)).
func systemdExec(s string) string { return strings.ReplaceAll(systemdQuote(s), "$", "$$") }

// systemdPath is a path for a setting that reads no quotes.
func systemdPath(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// systemdEnvLine is a line of an environment file: in double quotes a backslash
// escapes what it escapes for the shell, and line breaks stay
// (systemd.exec(5), EnvironmentFile=).
func systemdEnvLine(v Var) string {
	return v.Name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(v.Value) + `"`
}

// utf8Value refuses what is no text.
func utf8Value(value string) string {
	if !utf8.ValidString(value) {
		return "it is not UTF-8"
	}
	return ""
}
