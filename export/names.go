package export

import (
	"cmp"
	"fmt"
	"strings"
)

// AppName makes a name for an app of a folder's name: lower case letters,
// digits, "-" and "_", a letter or digit first.
func AppName(folder string) string {
	name := strings.Trim(replace(strings.ToLower(folder), "-", func(c byte) bool {
		return isAlnum(c) || c == '-' || c == '_'
	}), "-_")
	return cmp.Or(name, "app")
}

// ValidName reports whether an app can have this name: letters, digits, "-" and
// "_", a letter or digit first, 40 bytes at most.
func ValidName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !isAlnum(c) && (i == 0 || c != '-' && c != '_') {
			return false
		}
	}
	return name != "" && len(name) <= 40
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// replace puts by in place of each run of bytes that are not ok.
func replace(s, by string, ok func(byte) bool) string {
	var b strings.Builder
	bad := false
	for i := range len(s) {
		if ok(s[i]) {
			b.WriteByte(s[i])
		} else if !bad {
			b.WriteString(by)
		}
		bad = !ok(s[i])
	}
	return b.String()
}

// maxLabel is the length of a DNS label, and so of a name in a cluster.
const maxLabel = 63

// dnsName makes a DNS label of a name (RFC 1035): lower case letters, digits
// and "-", a letter first.
func dnsName(name string) string {
	label := strings.Trim(replace(strings.ToLower(name), "-", isAlnum), "-")
	if label == "" || label[0] >= '0' && label[0] <= '9' {
		label = "x" + label
	}
	return label
}

// dnsNames gives each type a label that begins with prefix, says where a name
// was changed, and refuses two types with one label.
func (r *renderer) dnsNames(prefix string) map[string]string {
	labels, holders := make(map[string]string), make(map[string]string)
	for _, t := range r.Types {
		label := dnsName(prefix + t.Name)
		if other, taken := holders[label]; taken {
			r.refuse("rename one of them", "%s: the types %s and %s would both be %s", r.format.Name, other, t.Name, label)
		}
		if len(label) > maxLabel {
			r.refuse("choose a shorter name for the app with -a", "%s: the name %s is longer than %d characters", r.format.Name, label, maxLabel)
		}
		if label != prefix+t.Name {
			r.warn("%s is called %s: %s takes lower case letters, digits and - alone", t.Name, label, r.format.Name)
		}
		labels[t.Name], holders[label] = label, t.Name
	}
	return labels
}

// portableName is the reason why no shell passes a variable on; "" for a good
// name.
func portableName(name string) string {
	for i := range len(name) {
		c := name[i]
		if !isAlnum(c) && c != '_' || i == 0 && c >= '0' && c <= '9' {
			return fmt.Sprintf("its name has %q, which a shell does not pass on", string(rune(c)))
		}
	}
	return ""
}

// anyValue accepts whatever an environment can hold.
func anyValue(string) string { return "" }
