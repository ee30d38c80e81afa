package formation

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// testEnv is the environment of the lines in these tests.
func testEnv(name string) (string, bool) {
	switch name {
	case "X":
		return "x1", true
	case "NAME":
		return "name", true
	case "PORT":
		return "5000", true
	case "CMD":
		return "prog", true
	case "BUILTIN":
		return "echo", true
	case "KEYWORD":
		return "if", true
	case "ASSIGNMENT":
		return "A=1", true
	case "SPACE":
		return "two words", true
	case "TAB":
		return "two\twords", true
	case "NEWLINE":
		return "two\nlines", true
	case "EMPTY":
		return "", true
	case "STAR":
		return "*", true
	case "CLASS":
		return "[ab]", true
	case "BACKSLASH":
		return `b\s`, true
	case "SIGNS":
		return `it's "so" #1; $X & ~ {a,b} (c) !`, true
	case "TIGHT":
		return `it's"so"#;$X&~{a,b}(c)!|<>` + "`", true
	case "UNICODE":
		return "ÁÈ日本\u00a0😀", true
	case "INVALID":
		return "\x81\x88\xff", true
	case "PRIVATE":
		return placeholder + "$X" + placeholder, true
	case "IFS":
		return "o1", true // a shell must not take it from its environment
	case "HOME":
		return "/home/me", true
	case "PWD":
		return "/elsewhere", true
	}
	return "", false
}

func TestResolveDirect(t *testing.T) {
	tests := []struct {
		line string
		want []string
	}{
		{"prog", []string{"prog"}},
		{"  bin/web\t-p  5000 ", []string{"bin/web", "-p", "5000"}},
		{"bundle exec puma -C config/puma.rb", []string{"bundle", "exec", "puma", "-C", "config/puma.rb"}},
		{"env A=1 prog a=b --opt=val", []string{"env", "A=1", "prog", "a=b", "--opt=val"}},

		{`prog "a b" 'c d' e" "f`, []string{"prog", "a b", "c d", "e f"}},
		{`prog '' "" a'' ''b`, []string{"prog", "", "", "a", "b"}},
		{`prog "it's" '"'`, []string{"prog", "it's", `"`}},
		{"prog \"a\tb\" 'c  d'", []string{"prog", "a\tb", "c  d"}},
		{`"my prog" x`, []string{"my prog", "x"}},
		{"prog é 日本 % @ + ^ , : /", []string{"prog", "é", "日本", "%", "@", "+", "^", ",", ":", "/"}},
		{"prog a\u00a0b \u3000", []string{"prog", "a\u00a0b", "\u3000"}},

		{"prog -p $PORT", []string{"prog", "-p", "5000"}},
		{"prog -p ${PORT} $X.js ${X}y $X/$NAME$X", []string{"prog", "-p", "5000", "x1.js", "x1y", "x1/namex1"}},
		{`prog "$SPACE" "a${EMPTY}b" "$EMPTY" "$STAR"`, []string{"prog", "two words", "ab", "", "*"}},
		{`prog "$BACKSLASH" "$SIGNS" $TIGHT`, []string{"prog", `b\s`, `it's "so" #1; $X & ~ {a,b} (c) !`, `it's"so"#;$X&~{a,b}(c)!|<>` + "`"}},
		{`prog '$X' '${X}' "'$X'"`, []string{"prog", "$X", "${X}", "'x1'"}},
		{"prog $Xé $UNICODE $INVALID $PRIVATE $X", []string{"prog", "x1é", "ÁÈ日本\u00a0😀", "\x81\x88\xff", placeholder + "$X" + placeholder, "x1"}},
		{"$CMD a", []string{"prog", "a"}},
		{"$HOME/bin/web", []string{"/home/me/bin/web"}},
	}
	for _, tt := range tests {
		got := Resolve(tt.line, testEnv)
		if got.Shell || !slices.Equal(got.Argv, tt.want) {
			t.Errorf("%q\n got  %q (shell %v)\n want %q", tt.line, got.Argv, got.Shell, tt.want)
		}
	}
}

func TestResolveShell(t *testing.T) {
	tests := []struct{ line, script string }{
		// With exec: one program, its name written out.
		{"prog *.js", "exec prog *.js"},
		{" prog >log 2>&1", " exec prog >log 2>&1"},
		{"prog <in >>log 2>&1 2>&-", "exec prog <in >>log 2>&1 2>&-"},
		{"prog ${PORT:-3000}", "exec prog ${PORT:-3000}"},
		{`prog "${PORT:-3000}" $EMPTY $SPACE $STAR`, `exec prog "${PORT:-3000}" $EMPTY $SPACE $STAR`},
		{"prog $UNSET", "exec prog $UNSET"},
		{"prog $PWD", "exec prog $PWD"},
		{"prog ~/x", "exec prog ~/x"},
		{"prog # don't", "exec prog # don't"},
		{`prog \a`, `exec prog \a`},
		{"prog $1 $? $@", "exec prog $1 $? $@"},
		{"prog $$'a' $$X", "exec prog $$'a' $$X"},
		{`prog 'a;b' "(c)" | x`, `prog 'a;b' "(c)" | x`},
		{`bash -c 'cd app && bin/web'`, `exec bash -c 'cd app && bin/web'`},
		{`awk '{ print $1 }' in`, `exec awk '{ print $1 }' in`},
		{`"my prog" *`, `exec "my prog" *`},
		{"FOO=1 prog", "FOO=1 exec prog"},
		{`A=1 B="x y" C=$X D= prog *`, `A=1 B="x y" C=$X D= exec prog *`},
		{"prog a\rb", "exec prog a\rb"},
		{"prog \xff", "exec prog \xff"},
		{"prog " + placeholder, "exec prog " + placeholder},

		// Without: the shell's own commands.
		{"echo a", "echo a"},
		{`"echo" a`, `"echo" a`},
		{`e'ch'o a*`, `e'ch'o a*`},
		{"A=1 echo a", "A=1 echo a"},
		{"test -f x", "test -f x"},
		{". ./env", ". ./env"},
		{"exec prog", "exec prog"},
		{"if a", "if a"},
		{"! prog *", "! prog *"},
		{"time prog", "time prog"},
		{"%1", "%1"},
		{"$BUILTIN a", "$BUILTIN a"},
		{"$KEYWORD a", "$KEYWORD a"},
		{"$ASSIGNMENT prog", "$ASSIGNMENT prog"},

		// Without: not known to be a program.
		{"$UNSET prog", "$UNSET prog"},
		{"$SPACE a", "$SPACE a"},
		{"~/bin/web", "~/bin/web"},
		{"./*/web", "./*/web"},
		{`\echo a`, `\echo a`},
		{`"" a`, `"" a`},
		{`"$EMPTY" a`, `"$EMPTY" a`},
		{"a+=1 prog", "a+=1 prog"},
		{`"A=1" prog`, `"A=1" prog`},
		{">log prog", ">log prog"},
		{"2>&1 prog", "2>&1 prog"},
		{"A=1> log prog", "A=1> log prog"},
		{"UID=1 prog", "UID=1 prog"},
		{"FOO=1", "FOO=1"},
		{"# prog", "# prog"},

		// Without: more than one command, or not to be read for sure.
		{"cd app && prog", "cd app && prog"},
		{"prog & wait", "prog & wait"},
		{"prog \\>& other", "prog \\>& other"},
		{"prog &>log", "prog &>log"},
		{"prog; other", "prog; other"},
		{"prog | other", "prog | other"},
		{"(prog)", "(prog)"},
		{"{ prog; }", "{ prog; }"},
		{"prog {a,b}", "prog {a,b}"},
		{"prog `date`", "prog `date`"},
		{"prog $(date)", "prog $(date)"},
		{`prog "$(date)"`, `prog "$(date)"`},
		{`prog "${X:-$(date)}"`, `prog "${X:-$(date)}"`},
		{"prog $[1]", "prog $[1]"},
		{`prog $'a\'b'`, `prog $'a\'b'`},
		{"prog ${X", "prog ${X"},
		{"prog $${X}", "prog $${X}"},
		{`prog "a`, `prog "a`},
		{"prog 'a", "prog 'a"},
		{`prog a\`, `prog a\`},
		{"prog\nother", "prog\nother"},

		// sh -c would take these for options.
		{"-x *", " -x *"},
		{"+$X *", " +$X *"},
	}
	for _, tt := range tests {
		got := Resolve(tt.line, testEnv)
		if want := []string{"/bin/sh", "-c", tt.script}; !got.Shell || !slices.Equal(got.Argv, want) {
			t.Errorf("%q\n got  %q (shell %v)\n want %q", tt.line, got.Argv, got.Shell, want)
		}
	}
}

// Every builtin and reserved word of the shells that are here is known.
func TestShellWords(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	out, err := exec.Command(bash, "-c", "compgen -b; compgen -k").Output()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(out))
	if !slices.Contains(words, "echo") || !slices.Contains(words, "while") {
		t.Fatalf("bash lists %q", words)
	}
	for _, word := range words {
		if !isShellWord(word) {
			t.Errorf("%q is a word of bash", word)
		}
	}
}

// A variable that a shell changes when it starts must be known to shellSets, or
// a line run directly would get another value.
func TestShellSets(t *testing.T) {
	names := []string{
		"COLUMNS", "LINES", "ENV", "HOME", "HOSTNAME", "HOSTTYPE", "LANG",
		"LC_ALL", "LOGNAME", "MACHTYPE", "MAIL", "OSTYPE", "PATH", "REPLY",
		"SHELL", "TERM", "TMOUT", "TMPDIR", "USER",
		"_", "IFS", "LINENO", "OLDPWD", "OPTARG", "OPTERR", "OPTIND", "PPID",
		"PS1", "PS2", "PS4", "PWD", "RANDOM", "SECONDS", "SHLVL", "UID",
	}
	for _, shell := range []string{"dash", "bash"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("%s left out: %v", shell, err)
			continue
		}
		if out, err := exec.Command(path, "-c", "set; compgen -v").Output(); err == nil {
			for line := range strings.Lines(string(out)) {
				if name := line[:nameLen(line)]; name != "" && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		for _, name := range names {
			const value = "/nowhere"
			cmd := exec.Command(path, "-c", `printf %s "$`+name+`"`)
			cmd.Args[0] = "sh"
			cmd.Env = []string{name + "=" + value}
			out, err := cmd.Output()
			if (err != nil || string(out) != value) && !shellSets(name) {
				t.Errorf("%s: $%s is %q, %v; want %q as in its environment", shell, name, out, err, value)
			}
		}
	}
}
