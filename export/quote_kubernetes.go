package export

import "strings"

// kubernetesQuote is a string of command, args or an env value, where $(NAME)
// is replaced if NAME is known, and $$ is one $. Every $ that stands before
// another or a parenthesis is doubled; a lone one stays. Values of a Secret are
// not read in this way.
func kubernetesQuote(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		if s[i] == '$' && i+1 < len(s) && (s[i+1] == '$' || s[i+1] == '(') {
			b.WriteByte('$')
		}
	}
	return yamlQuote(b.String())
}
