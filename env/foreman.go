package env

import (
	"slices"
	"strings"
)

// readAsForeman returns what foreman makes of the text of an env file. It takes lines
// of NAME=value, with nothing before, between or after, and passes over the others. A
// value in one pair of quotes loses them; in double quotes every \n becomes a line feed
// first, and then each backslash gives way to the character behind it.
func readAsForeman(text string) map[string]string {
	vars := make(map[string]string)
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		name, value, found := strings.Cut(line, "=")
		if !found || name == "" || strings.Contains(name, ".") || !ValidName(name) {
			continue
		}
		if inner, quoted := within(value, `'`); quoted {
			value = inner
		} else if inner, quoted := within(value, `"`); quoted {
			value = unescapeAsForeman(inner)
		}
		vars[name] = value
	}
	return vars
}

// within returns what stands in text between two quotes, the first and last bytes.
func within(text, quote string) (inner string, quoted bool) {
	if len(text) < 2 || !strings.HasPrefix(text, quote) || !strings.HasSuffix(text, quote) {
		return "", false
	}
	return text[1 : len(text)-1], true
}

func unescapeAsForeman(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	text = strings.ReplaceAll(text, `\n`, "\n")
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		// The "." of foreman's pattern is any character but a line feed.
		if text[i] == '\\' && i+1 < len(text) && text[i+1] != '\n' {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// differences returns the variables of which foreman reads text otherwise. statements
// and pairs belong together.
func differences(text string, statements []statement, pairs []Pair) []Difference {
	var list []Difference
	theirs := readAsForeman(text)
	marked := strings.HasPrefix(text, byteOrderMark)
	seen := make(map[string]bool, len(pairs))
	for i := len(pairs) - 1; i >= 0; i-- {
		pair := pairs[i]
		if seen[pair.Name] {
			continue
		}
		seen[pair.Name] = true
		if value, found := theirs[pair.Name]; !found || value != pair.Value {
			list = append(list, Difference{
				Name: pair.Name, Line: pair.Line, Reason: reason(statements[i], marked && pair.Line == 1),
			})
		}
	}
	slices.Reverse(list)
	return list
}

// reason says why foreman does not read the statement as we do: first what makes it
// pass over the line, then what changes the value.
func reason(st statement, marked bool) string {
	double := strings.HasPrefix(st.source, `"`)
	switch {
	case marked:
		return "foreman skips a first line with a byte order mark"
	case st.form&indented != 0:
		return "foreman skips a line with a space before the name"
	case st.form&exported != 0:
		return "foreman skips a line with export"
	case st.form&coloned != 0:
		return "foreman skips a line with : in place of ="
	case st.form&spaced != 0:
		return "foreman skips a line with a space before ="
	case strings.Contains(st.name, "."):
		return "foreman skips a name with a dot"
	case st.form&multiline != 0:
		return "foreman reads the first line of the value alone"
	case st.form&commented != 0:
		return "foreman keeps the comment as part of the value"
	case st.form&padded != 0:
		return "foreman keeps the spaces around the value"
	case strings.Contains(st.source, `\`) && (double || strings.Contains(st.source, `\$`)):
		return "foreman reads the backslashes otherwise"
	case strings.Contains(st.source, "$"):
		return "foreman does not expand references"
	default:
		// A line within a value of several lines, or one that is a mistake to us.
		return "foreman takes another line for this variable"
	}
}
