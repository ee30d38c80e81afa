package export

import (
	"fmt"
	"strings"
	"unicode"
)

// hclQuote is a string of HCL, in which ${ and %{ begin a template.
func hclQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range hclTemplate(s) {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case !unicode.IsPrint(r) && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// hclTemplate doubles the sign of ${ and %{, which makes them text.
func hclTemplate(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s)
}

// hclConfig is a string of a driver's config, which is evaluated when the job
// is read and again on the node.
func hclConfig(s string) string { return hclQuote(hclTemplate(s)) }

func hclConfigList(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = hclConfig(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// hclAttributes are the lines of a block, their signs below each other, as
// nomad fmt has them.
func hclAttributes(attributes []Var) []string {
	width := 0
	for _, a := range attributes {
		width = max(width, len(a.Name))
	}
	lines := make([]string, len(attributes))
	for i, a := range attributes {
		lines[i] = fmt.Sprintf("%-*s = %s", width, a.Name, a.Value)
	}
	return lines
}

// nomadName is the reason why Nomad's templates do not take a variable's name.
func nomadName(name string) string {
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c != '.' && c != '/' && (c < '0' || c > '9')) {
			return fmt.Sprintf("its name has %q", string(rune(c)))
		}
	}
	return ""
}
