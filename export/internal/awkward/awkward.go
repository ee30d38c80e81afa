// Package awkward has text that quoting loses when it is wrong: the values that
// the tests of exports send through each format.
package awkward

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
)

// Values returns values known to be hard: each has broken some exporter, or is
// what some reader gives a meaning to.
func Values() []string {
	return []string{
		"plain", "two words", " edges ", "", `a"b`, "it's", `both "x" it's y`, "'quoted'", `"dquoted"`, "'half", "half'",
		`back\slash \n \\ \`, "100% %d %%i %n %{x} %(x)s %", "$HOME ${HOME} $(HOME) $$ $$$ $$$$ `id` $", "$(PORT) $$(PORT) ${PORT} $PORT",
		"${NOMAD_NOPE} ${x.y} %{if}", "$${x} $$${x} %%{x} %%%{x}", "${V0} $${V0} ${PATH} ${ }", "# hash ;semi ; x #", " ;", " #",
		"a,b=c&d|e<f>g", "tab\there", "é ü 漢 \U0001f642", `{{ .X }} {{env "X"}} {% x %}`, "~ * ? [a] {a,b} !x", "@x", "-x", "null", "007",
		"yes: no", "[1]", "- x", "line 1\nline 2\n\n", "\nend script\n", "%i", `\x41 \u0041 \$ \" \'`, "</string> ]]> &amp;",
		"\u2028\u00a0\ufeff", "e\u0301 \u212b \u1f77", // not as NFC has them
	}
}

// pieces are what random values are made of, beside any other character: what
// the readers look for, and what stands after it.
func pieces() []string {
	return []string{
		"\\", `"`, "'", "$", "$$", "${", "$(", "%", "%%", "%{", "{", "}", "(", ")", "[", "]", "<", ">", "&", "|", "`", "!", "~", "*", "?",
		"#", ";", ":", "=", ",", "-", "@", " ", "\n", "\t", "a", "i", "n", "x4", "u00", "0", "HOME", "PORT", "é", "\u2028",
		"\r", "\x01", "\x1b", "\x7f", "\u0085",
	}
}

// Random returns n values of a generator: text that an environment can hold.
func Random(rng *rand.Rand, n int) []string {
	all := pieces()
	values := make([]string, n)
	for i := range values {
		var b strings.Builder
		for range rng.IntN(16) {
			if rng.IntN(8) > 0 {
				b.WriteString(all[rng.IntN(len(all))])
			} else {
				b.WriteRune(anyRune(rng))
			}
		}
		values[i] = b.String()
	}
	return values
}

// anyRune is a character of a plane that has some, but NUL, and neither half of
// a surrogate nor one that is none for ever.
func anyRune(rng *rand.Rand) rune {
	for {
		r := 1 + rng.Int32N(0x1ffff)
		if rng.IntN(2) == 0 {
			r %= 0x100
		}
		if r > 0 && (r < 0xd800 || r > 0xdfff) && (r < 0xfdd0 || r > 0xfdef) && r&0xfffe != 0xfffe {
			return r
		}
	}
}

// Arguments are those of the values that a line of a Procfile can hold.
func Arguments(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool {
		return strings.ContainsFunc(v, func(r rune) bool {
			return r != '\t' && (unicode.IsControl(r) || r == '\u2028' || r == '\u2029')
		})
	})
}

// Line is a line of a Procfile: a program with these arguments.
func Line(program string, args []string) string {
	var b strings.Builder
	b.WriteString(program)
	for _, arg := range args {
		b.WriteString(" '" + strings.ReplaceAll(arg, "'", `'\''`) + "'")
	}
	return b.String()
}
