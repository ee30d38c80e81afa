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

// printedScript is a script that runs another without a character of it: printf
// makes it of octal numbers.
func printedScript(script string) string {
	return `exec /bin/sh -c "$(printf '` + octal(script) + `')"`
}

// composes reports whether HCL may change a text: it composes characters, as
// Unicode's NFC. That may be said of a text that stays, but not the other way
// round: below U+0300 all are as NFC has them, and so are these.
func composes(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r >= 0x300 && !unicode.In(r, unicode.Cyrillic, unicode.Hiragana, unicode.Katakana) &&
			!(0x20a0 <= r && r <= 0x20cf) && // currency signs
			!(0x2190 <= r && r <= 0x22ff) && // arrows, signs of mathematics
			!(0x2500 <= r && r <= 0x27bf) && // boxes, symbols
			!(0x3400 <= r && r <= 0x9fff) && // CJK
			!(0xac00 <= r && r <= 0xd7a3) && // Hangul
			!(0x1f000 <= r && r <= 0x1faff) || // emoji
			unicode.Is(unicode.M, r)
	})
}

// asciiPath is a path of HTTP as it is sent.
func asciiPath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		if path[i] < 0x80 {
			b.WriteByte(path[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", path[i])
		}
	}
	return b.String()
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
