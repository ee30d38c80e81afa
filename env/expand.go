package env

import "strings"

const (
	opening = shield + "r" // a $ that may begin a reference

	// operators may follow the name in ${NAME:-text} and its relatives.
	operators = ":-=+?%/^,@"
)

// expand replaces $NAME and ${NAME} in a value that still has its shields, and takes
// those off. What lookup does not know stays as it is written and is given to left,
// as are the forms with an operator, which are never expanded. A result of more than
// maxEntry bytes is not complete.
//
// "$$" is no reference and neither is the dollar in it: a shell puts its pid there, and
// in a password it is two dollars. "$_" stays as well: around us it is set to the last
// word of whatever the shell ran before.
func expand(text string, lookup lookup, left func(name string, operator bool)) string {
	if !strings.Contains(text, shield) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for b.Len() <= maxEntry {
		plain, rest, found := strings.Cut(text, opening)
		uncover(&b, plain)
		if !found {
			break
		}
		if after, pair := strings.CutPrefix(rest, opening); pair {
			b.WriteString("$$")
			text = after
			continue
		}
		name, length, operator := readReference(rest)
		text = rest[length:]
		if name == "" {
			b.WriteByte('$')
			continue
		}
		if value, set := lookup(name); set && !operator && name != "_" {
			b.WriteString(value)
			continue
		}
		b.WriteByte('$')
		uncover(&b, rest[:length])
		left(name, operator)
	}
	return b.String()
}

// readReference reads what stands behind a $: NAME, {NAME} or {NAME:-text}. Without a
// name it is no reference and its length is 0.
func readReference(text string) (name string, length int, operator bool) {
	inner, braced := strings.CutPrefix(text, "{")
	if !braced {
		n := wordLength(text)
		return text[:n], n, false
	}
	name = inner[:nameLength(inner)]
	rest := inner[len(name):]
	if name == "" || rest == "" {
		return "", 0, false
	}
	if rest[0] == '}' {
		return name, len(name) + len("{}"), false
	}
	if strings.IndexByte(operators, rest[0]) < 0 {
		return "", 0, false
	}
	end := closingBrace(inner)
	if end < 0 {
		return "", 0, false
	}
	return name, end + len("{}"), true
}

// closingBrace returns where the brace that was opened before text is closed, or -1.
// Only references within open further ones, as they do for a shell.
func closingBrace(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], opening+"{"):
			depth++
			i += len(opening)
		case text[i] == '}' && depth == 0:
			return i
		case text[i] == '}':
			depth--
		}
	}
	return -1
}
