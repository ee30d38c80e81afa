package formation

import (
	"strings"

	"ganger/env"
)

// FirstProgram is the program that a command for a shell begins with, after
// assignments; "" where only a shell can tell.
func FirstProgram(line string) string {
	for word := range strings.FieldsSeq(line) {
		if name, _, ok := strings.Cut(word, "="); ok && env.ValidName(name) {
			if strings.ContainsAny(word, "'\"`$(\\") {
				return "" // the value may go on in the next word
			}
			continue
		}
		if strings.ContainsAny(word, "\\$`*?[]~#!{}();&|<>'\"") || isShellWord(word) {
			return ""
		}
		return word
	}
	return ""
}
