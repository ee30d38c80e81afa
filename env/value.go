package env

import (
	"strings"

	"github.com/joho/godotenv"
)

// shield stands, with the letter behind it, for a character that godotenv must not see.
// godotenv expands $NAME from the file alone and makes all else empty, ends a value of
// "say \"hi\"" one quote early, and takes the second backslash of "C:\\" as the one
// before the quote. A noncharacter of Unicode is meant for such inner use; content that
// holds it all the same is written as a pair too, so nothing can be mistaken.
const shield = "\uFDD0"

// The letters behind a shield.
const (
	reference = 'r' // $ that may begin a reference
	dollar    = 'd' // $ that does not
	backslash = 'b'
	single    = 's' // '
	double    = 'q' // "
	hash      = 'h' // #
	itself    = 'i' // the shield
)

// evaluate has godotenv read a value. What is shielded in the result is for expand.
func evaluate(name, source string) (value string, ok bool) {
	vars, err := godotenv.Unmarshal(name + "=" + cover(source))
	value, found := vars[name]
	return value, err == nil && found && len(vars) == 1
}

// cover puts shields on a value as it is written, with its quotes.
func cover(source string) string {
	if !strings.ContainsAny(source, "$\\#"+shield) {
		return source
	}
	var quote byte
	inner := source
	if source != "" && (source[0] == '"' || source[0] == '\'') {
		quote = source[0]
		inner = source[1 : len(source)-1]
	}
	var b strings.Builder
	b.Grow(2 * len(source))
	put := func(letter byte) {
		b.WriteString(shield)
		b.WriteByte(letter)
	}
	if quote != 0 {
		b.WriteByte(quote)
	}
	for i := 0; i < len(inner); i++ {
		c := inner[i]
		var after byte
		if i+1 < len(inner) {
			after = inner[i+1]
		}
		switch {
		case strings.HasPrefix(inner[i:], shield):
			put(itself)
			i += len(shield) - 1
		case c == '$' && quote == '\'':
			put(dollar)
		case c == '$':
			put(reference)
		case c == '#':
			put(hash)
		case c == '\'' && quote == '\'':
			put(single)
		case c == '\\' && quote == '\'':
			put(backslash)
		case c == '\\' && after == '$':
			put(dollar)
			i++
		case c == '\\' && after == '\\' && quote == '"':
			put(backslash)
			i++
		case c == '\\' && after == '"' && quote == '"':
			put(double)
			i++
		default:
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		b.WriteByte(quote)
	}
	return b.String()
}

// uncover writes text to b without its shields.
func uncover(b *strings.Builder, text string) {
	for {
		plain, rest, found := strings.Cut(text, shield)
		b.WriteString(plain)
		if !found {
			return
		}
		b.WriteString(covered(rest[0]))
		text = rest[1:]
	}
}

// covered returns what a letter behind a shield stands for.
func covered(letter byte) string {
	switch letter {
	case backslash:
		return `\`
	case single:
		return `'`
	case double:
		return `"`
	case hash:
		return `#`
	case itself:
		return shield
	default:
		return `$`
	}
}
