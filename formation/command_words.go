package formation

import "strings"

// isShellWord reports whether the shell itself understands the word as a
// command: a builtin or a reserved word of POSIX, dash or bash. There may be a
// program of that name too (echo, kill, time), which need not do the same.
func isShellWord(word string) bool {
	switch word {
	case
		// POSIX special builtins.
		".", ":", "break", "continue", "eval", "exec", "exit", "export",
		"readonly", "return", "set", "shift", "times", "trap", "unset",
		// POSIX builtins that a shell cannot leave to programs.
		"alias", "bg", "cd", "command", "false", "fc", "fg", "getopts",
		"hash", "jobs", "kill", "newgrp", "pwd", "read", "true", "type",
		"ulimit", "umask", "unalias", "wait",
		// dash and other small shells.
		"[", "chdir", "echo", "local", "printf", "test",
		// bash.
		"bind", "builtin", "caller", "compgen", "complete", "compopt",
		"declare", "dirs", "disown", "enable", "help", "history", "let",
		"logout", "mapfile", "popd", "pushd", "readarray", "shopt", "source",
		"suspend", "typeset",
		// Reserved words.
		"!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else",
		"esac", "fi", "for", "function", "if", "in", "select", "then",
		"time", "until", "while", "{", "}":
		return true
	}
	return strings.HasPrefix(word, "%") // a job, to bash
}

// shellSets reports whether a shell may give the variable a value of its own
// when it starts, whatever its environment says, or makes it read-only.
func shellSets(name string) bool {
	switch name {
	case "_", "COMP_WORDBREAKS", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS",
		"EUID", "FUNCNAME", "GROUPS", "HISTCMD", "IFS", "LINENO", "OLDPWD",
		"OPTARG", "OPTERR", "OPTIND", "PIPESTATUS", "PPID", "PS1", "PS2", "PS4",
		"PWD", "RANDOM", "SECONDS", "SHELLOPTS", "SHLVL", "SRANDOM", "UID":
		return true
	}
	return strings.HasPrefix(name, "BASH")
}
