package export

import (
	"fmt"
	"strings"
	"unicode"
)

// supervisordWord is one word of command=, which is read three times: % is
// expanded, " ;" and " #" begin a comment wherever they stand, and a shell-like
// splitter takes the quotes away. Single quotes hold all but the quote itself;
// the two comment signs leave them, so that no blank stands before them.
func supervisordWord(s string) string {
	return "'" + strings.NewReplacer("'", `'"'"'`, ";", `'\;'`, "#", `'\#'`, "%", "%%").Replace(s) + "'"
}

// supervisordCommand runs a script with these variables. environment= cannot
// hold every value, so env(1) sets them; it is gone when the program runs, and
// the values with it.
func supervisordCommand(vars []Var, script string) string {
	words := []string{"/usr/bin/env"}
	var hard strings.Builder
	for _, v := range vars {
		if oneLine(v.Value) {
			words = append(words, v.Name+"="+v.Value)
		} else {
			hard.WriteString(printedVar(v) + "; ")
		}
	}
	if hard.Len() > 0 {
		words = append(words, shellArgs(hard.String()+`exec /bin/sh -c "$0"`)...)
		words = append(words, script)
	} else {
		words = append(words, shellArgs(script)...)
	}
	for i, w := range words {
		words[i] = supervisordWord(w)
	}
	return strings.Join(words, " ")
}

// oneLine reports whether a reader of lines takes s for a part of one.
func oneLine(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\t' || r == '\u2028' || r == '\u2029'
	}) < 0
}

// printedVar is a script that sets and exports a variable without a character
// of its value in it: printf makes it of octal numbers. A dot keeps the line
// breaks at its end, which $() would drop.
func printedVar(v Var) string {
	return fmt.Sprintf("%s=$(printf '%s.'); export %s=\"${%s%%.}\"", v.Name, octal(v.Value), v.Name, v.Name)
}

// octal is text for the format of printf(1), in which no character stands.
func octal(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, `\%03o`, s[i])
	}
	return b.String()
}
