package awkward

import "strings"

// Kubelet is what a kubelet makes of a word of command or args, or of a value of
// env, by the documents of the Kubernetes API and where every variable is set:
// $$ is $, $(NAME) is replaced, another $ stays.
func Kubelet(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '$' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		switch s[i+1] {
		case '$':
			b.WriteByte('$')
			i++
		case '(':
			if end := strings.IndexByte(s[i:], ')'); end > 0 {
				b.WriteString("REPLACED")
				i += end
			} else {
				b.WriteByte('$')
			}
		default:
			b.WriteByte('$')
		}
	}
	return b.String()
}
