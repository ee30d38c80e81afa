package env

import "strings"

// ValidName reports whether name can be that of a variable in an env file: ASCII
// letters, digits, "_" and ".".
//
// An environment holds any name without "=" and NUL, while a shell refers only to those
// of letters, digits and "_" that do not begin with a digit. Names like app.db.host and
// 2FA_KEY are found in real files and reach a program that is started directly, so they
// are taken; dash, for one, drops them from what it passes on.
func ValidName(name string) bool {
	return name != "" && nameLength(name) == len(name)
}

// nameLength returns how many bytes at the beginning of text a name can hold.
func nameLength(text string) int {
	n := 0
	for n < len(text) && (isWord(text[n]) || text[n] == '.') {
		n++
	}
	return n
}

// wordLength is nameLength for what the shell calls a name. It is 0 before a digit.
func wordLength(text string) int {
	n := 0
	for n < len(text) && isWord(text[n]) {
		n++
	}
	if n > 0 && text[0] >= '0' && text[0] <= '9' {
		return 0
	}
	return n
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isBlank is godotenv's idea of a space, so that both agree on where a value begins.
func isBlank(r rune) bool {
	switch r {
	case ' ', '\t', '\v', '\f', '\r', 0x85, 0xA0:
		return true
	}
	return false
}

// afterExport returns what follows the word export, if text begins with it. A variable
// of that name, as in "export = 1", is another thing.
func afterExport(text string) (rest string, found bool) {
	behind, found := strings.CutPrefix(text, "export")
	rest = strings.TrimLeftFunc(behind, isBlank)
	if !found || len(rest) == len(behind) || rest == "" || rest[0] == '=' || rest[0] == ':' {
		return text, false
	}
	return rest, true
}

// areNames reports whether text is names alone, as in "export A B".
func areNames(text string) bool {
	for field := range strings.FieldsFuncSeq(text, isBlank) {
		if !ValidName(field) {
			return false
		}
	}
	return true
}

// isColon reports whether text begins with the colon of "NAME: value". A blank follows
// it: "http://host" is no assignment.
func isColon(text string) bool {
	rest, found := strings.CutPrefix(text, ":")
	return found && (rest == "" || len(strings.TrimLeftFunc(rest, isBlank)) < len(rest))
}

// isAssignment reports whether a line begins like NAME=value.
func isAssignment(line string) bool {
	rest, _ := afterExport(strings.TrimLeftFunc(line, isBlank))
	n := nameLength(rest)
	return n > 0 && strings.HasPrefix(strings.TrimLeftFunc(rest[n:], isBlank), "=")
}

// isConflict reports whether a line is one of those that git leaves around a conflict.
func isConflict(line string) bool {
	for _, marker := range [...]string{"<<<<<<<", "|||||||", "=======", ">>>>>>>"} {
		if strings.HasPrefix(line, marker) {
			return true
		}
	}
	return false
}

// lineEnd returns the offset of the end of the line that pos is on.
func lineEnd(text string, pos int) int {
	if n := strings.IndexByte(text[pos:], '\n'); n >= 0 {
		return pos + n
	}
	return len(text)
}
