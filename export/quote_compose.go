package export

import "strings"

// composeQuote is a string of a compose file, where $ begins a reference and $$
// is one $.
func composeQuote(s string) string { return strings.ReplaceAll(yamlQuote(s), "$", "$$") }

// composeEnvLine is a line of an env_file: in double quotes some C escapes are
// read, then $$ is one $. Line breaks may stand as they are.
func composeEnvLine(v Var) string {
	return v.Name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", "$$", "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(v.Value) + `"`
}
