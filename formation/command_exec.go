package formation

import "strings"

// withExec puts exec before the command of the line, so that no shell stays
// between us and the program: dash, for one, does not replace itself with the
// last command of -c. The line is left alone unless it is one simple command
// whose name is written out and is not the shell's own.
//
//	bin/web >log 2>&1       exec bin/web >log 2>&1
//	FOO=1 bin/web *.conf    FOO=1 exec bin/web *.conf
//	cd app && bin/web       as it is
func withExec(line string) string {
	if strings.Contains(line, "\n") {
		return line
	}
	command := -1 // where its name begins
	for i := 0; ; {
		i += len(line[i:]) - len(strings.TrimLeft(line[i:], " \t"))
		if i == len(line) || line[i] == '#' {
			break
		}
		w, ok := scanWord(line[i:])
		if !ok {
			return line
		}
		if command < 0 && !w.isAssignment() {
			if !w.isProgram() {
				return line
			}
			command = i
		}
		i += len(w.raw)
	}
	if command < 0 {
		return line
	}
	return line[:command] + "exec " + line[command:]
}

// shellWord is what stands between two blanks of a simple command: a word, a
// redirection, or some of each that touch.
type shellWord struct {
	raw       string
	text      string // raw without its quotes, where it is literal
	literal   bool   // nothing in it is expanded or escaped
	redirects bool
}

// isAssignment reports whether the word is NAME=value and nothing else. Those
// to a variable with a meaning to the shell do not count: some are read-only,
// and a failed assignment before exec, unlike one before a program, ends the
// shell.
func (w shellWord) isAssignment() bool {
	n := nameLen(w.raw)
	return n > 0 && strings.HasPrefix(w.raw[n:], "=") && !w.redirects && !shellSets(w.raw[:n])
}

// isProgram reports whether the word, where a command is expected, names a
// program that exec can run. It takes -x for an option of its own.
func (w shellWord) isProgram() bool {
	return w.literal && w.text != "" && w.text[0] != '-' &&
		!strings.Contains(w.text, "=") && !isShellWord(w.text)
}

// scanWord reads s, which is not empty, up to the next blank that no quote
// hides. It is not ok where s may be more than a simple command (an operator, a
// group, a command substitution) or cannot be read for sure: shells differ in
// $'...', $"..." and $[...], and in what a reference may hold.
func scanWord(s string) (w shellWord, ok bool) {
	w.literal = true
	var text strings.Builder
	i := 0
	for i < len(s) && s[i] != ' ' && s[i] != '\t' {
		n := 1
		switch c := s[i]; c {
		case '`', ';', '&', '|', '(', ')', '{', '}':
			return shellWord{}, false
		case '\\':
			if i+1 == len(s) {
				return shellWord{}, false
			}
			w.literal = false
			n = 2
		case '*', '?', '[', ']', '~':
			w.literal = false
		case '<', '>':
			w.literal, w.redirects = false, true
			if strings.HasPrefix(s[i+1:], "&") { // 2>&1
				n = 2
			}
		case '$':
			w.literal = false
			if n, ok = scanReference(s[i:]); !ok || strings.IndexAny(s[i+n:], `'"`) == 0 && n == 1 {
				return shellWord{}, false
			}
		case '\'':
			end := strings.IndexByte(s[i+1:], '\'')
			if end < 0 {
				return shellWord{}, false
			}
			text.WriteString(s[i+1 : i+1+end])
			n = end + 2
		case '"':
			var literal bool
			if n, literal, ok = scanDoubleQuoted(s[i:]); !ok {
				return shellWord{}, false
			}
			w.literal = w.literal && literal
			text.WriteString(s[i+1 : i+n-1])
		default:
			text.WriteByte(c)
		}
		i += n
	}
	w.raw, w.text = s[:i], text.String()
	return w, true
}

// scanDoubleQuoted returns the length of the "..." at the start of s, and
// whether it is literal.
func scanDoubleQuoted(s string) (n int, literal, ok bool) {
	literal = true
	for i := 1; i < len(s); {
		switch s[i] {
		case '"':
			return i + 1, literal, true
		case '`':
			return 0, false, false
		case '\\':
			literal = false
			i += 2
		case '$':
			literal = false
			n, ok := scanReference(s[i:])
			if !ok {
				return 0, false, false
			}
			i += n
		default:
			i++
		}
	}
	return 0, false, false
}

// scanReference returns the length of the reference at the start of s: the
// whole of ${NAME:-plain text} and $$, of others the dollar alone.
func scanReference(s string) (n int, ok bool) {
	switch {
	case strings.HasPrefix(s, "$("), strings.HasPrefix(s, "$["):
		return 0, false
	case strings.HasPrefix(s, "${"):
		end := strings.IndexAny(s[2:], "}{$'\"\\`()<>;&|")
		if end < 0 || s[2+end] != '}' || nameLen(s[2:]) == 0 {
			return 0, false
		}
		return end + len("${}"), true
	case strings.HasPrefix(s, "$$"):
		return 2, true
	default:
		return 1, true
	}
}
