package formation

import (
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-shellwords"
)

// Command is a Procfile line ready to run.
type Command struct {
	Argv  []string
	Shell bool // Argv is /bin/sh, -c and a script
}

// Resolve decides how a Procfile line is executed: without a shell where the
// shell would only split it into words, which saves a process and the time to
// start one, else by /bin/sh. lookup reads the environment that the command
// will have.
//
// A shell replaces itself with the program, by an exec in front of it, where the
// line is a single program: then signals reach that program, and its exit
// status is ours to see.
func Resolve(line string, lookup func(name string) (value string, ok bool)) Command {
	if argv, ok := direct(line, lookup); ok {
		return Command{Argv: argv}
	}
	script := withExec(line)
	if strings.HasPrefix(script, "-") || strings.HasPrefix(script, "+") {
		// sh would read it as an option, even behind -c.
		script = " " + script
	}
	return Command{Argv: []string{"/bin/sh", "-c", script}, Shell: true}
}

// direct returns the words of a line that needs no shell.
func direct(line string, lookup func(string) (string, bool)) ([]string, bool) {
	// The characters to which the shell gives a meaning, in quotes or not, and
	// a carriage return, which is a blank for go-shellwords and not for sh.
	// The dollar and braces of a plain reference are looked at below.
	if strings.ContainsAny(line, "\\`*?[]~#!();&|<>\n\r") {
		return nil, false
	}
	if !utf8.ValidString(line) {
		return nil, false // go-shellwords would mend it
	}
	text, values, ok := takeReferences(line, lookup)
	if !ok {
		return nil, false
	}
	parser := shellwords.NewParser()
	parser.ParseEnv = false
	parser.ParseBacktick = false
	parser.ParseComment = false
	words, err := parser.Parse(text)
	if err != nil || len(words) == 0 {
		return nil, false
	}
	putValues(words, values)
	name := words[0]
	if name == "" || strings.Contains(name, "=") || isShellWord(name) {
		return nil, false
	}
	return words, true
}

// placeholder stands for a value while the line is split, so that no character
// of the value can be taken for the line's own. Private use: it is no character
// of any text, and a line that has it goes to the shell.
const placeholder = "\uE000"

// takeReferences replaces each $NAME and ${NAME} by a placeholder and returns
// the values that belong there, in order. Within single quotes they are text.
// It is not ok where a reference, or the lack of one, needs the shell:
//
//   - a dollar or brace that is no such reference,
//   - a variable that is not set, or that the shell sets for itself,
//   - outside quotes, a value that the shell would split, drop or expand.
func takeReferences(line string, lookup func(string) (string, bool)) (text string, values []string, ok bool) {
	if strings.Contains(line, placeholder) {
		return "", nil, false
	}
	if !strings.ContainsAny(line, "${}") {
		return line, nil, true
	}
	var b strings.Builder
	var quote byte // the one that is open
	for i := 0; i < len(line); {
		switch c := line[i]; c {
		case '\'', '"':
			switch quote {
			case 0:
				quote = c
			case c:
				quote = 0
			}
		case '{', '}':
			return "", nil, false
		case '$':
			name, n := plainReference(line[i:])
			if n == 0 {
				return "", nil, false
			}
			if quote == '\'' {
				b.WriteString(line[i : i+n])
			} else {
				value, set := lookup(name)
				if !set || shellSets(name) || quote == 0 && !survivesUnquoted(value) {
					return "", nil, false
				}
				values = append(values, value)
				b.WriteString(placeholder)
			}
			i += n
			continue
		}
		b.WriteByte(line[i])
		i++
	}
	return b.String(), values, true
}

// plainReference reads the $NAME or ${NAME} at the start of s and returns its
// length; 0 where s does not start with one.
func plainReference(s string) (name string, n int) {
	s, braced := strings.CutPrefix(s[1:], "{")
	name = s[:nameLen(s)]
	switch {
	case name == "":
		return "", 0
	case !braced:
		return name, len("$") + len(name)
	case strings.HasPrefix(s[len(name):], "}"):
		return name, len("${}") + len(name)
	default:
		return "", 0
	}
}

// survivesUnquoted reports whether the shell leaves the value of an unquoted
// reference as it is and in one word: nothing there to split at, to take for a
// pattern or to drop. A shell ignores the IFS of its environment (POSIX.1-2024,
// 2.5.3), so it splits at blanks and newlines.
func survivesUnquoted(value string) bool {
	return value != "" && !strings.ContainsAny(value, " \t\n*?[]\\")
}

// putValues puts the values in place of the placeholders.
func putValues(words, values []string) {
	for i := range words {
		parts := strings.Split(words[i], placeholder)
		words[i] = parts[0]
		for _, part := range parts[1:] {
			words[i] += values[0] + part
			values = values[1:]
		}
	}
}

// nameLen is the length of the variable name at the start of s.
func nameLen(s string) int {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return i
		}
	}
	return len(s)
}
