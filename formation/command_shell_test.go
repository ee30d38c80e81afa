package formation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What Resolve promises is that nobody can tell the difference: here real
// shells run real lines and the two ways are held against each other. The
// program that they run is this test binary, under other names. It appends what
// it was given to a file, so that a line may redirect what it likes.
const recordVar = "COMMAND_TEST_RECORD"

func init() {
	path := os.Getenv(recordVar)
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		panic(err)
	}
	if _, err := file.WriteString(record(os.Args, os.Environ())); err != nil {
		panic(err)
	}
	// Not os.Exit: with -race that sleeps a second.
	syscall.Exit(len(os.Args) % 7)
}

// record is one line. Left out of the environment is what bash counts and notes
// for itself: SHLVL, which its exec lowers, and _.
func record(argv, env []string) string {
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		return strings.HasPrefix(v, "SHLVL=") || strings.HasPrefix(v, "_=")
	})
	slices.Sort(env)
	return fmt.Sprintf("ran %q with %q\n", argv, env)
}

// lab is a place for lines to run: a PATH with our program alone, and a folder
// with something in it for patterns to match.
type lab struct {
	sh     string // a link named sh, so that bash behaves as /bin/sh
	bin    string
	work   string
	record string
	env    []string
}

// newLab makes a lab for the shell, or skips the test where it is missing.
func newLab(t testing.TB, shell string) *lab {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skip(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	l := &lab{
		sh:     filepath.Join(dir, "sh"),
		bin:    filepath.Join(dir, "bin"),
		work:   filepath.Join(dir, "work"),
		record: filepath.Join(dir, "record"),
	}
	link := func(from, to string) {
		if err := os.Symlink(from, to); err != nil {
			t.Fatal(err)
		}
	}
	link(path, l.sh)
	for _, folder := range []string{l.bin, l.work, filepath.Join(l.work, "folder")} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range programs() {
		link(program, filepath.Join(l.bin, name))
		link(program, filepath.Join(l.work, name))
	}
	for name, mode := range map[string]os.FileMode{"a": 0o600, "a.js": 0o600, "b.js": 0o600, "x1": 0o600, "out": 0o600, "script": 0o700} {
		// A script without #!, which the kernel does not execute.
		if err := os.WriteFile(filepath.Join(l.work, name), []byte("prog from script \"$@\"\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	link(filepath.Join(l.work, "script"), filepath.Join(l.bin, "script"))

	for _, name := range []string{
		"X", "NAME", "PORT", "CMD", "BUILTIN", "KEYWORD", "ASSIGNMENT", "SPACE", "TAB", "NEWLINE", "EMPTY", "STAR",
		"CLASS", "BACKSLASH", "SIGNS", "TIGHT", "UNICODE", "INVALID", "PRIVATE", "IFS",
	} {
		value, ok := testEnv(name)
		if !ok {
			t.Fatalf("%s is not in the environment", name)
		}
		l.env = append(l.env, name+"="+value)
	}
	l.env = append(l.env, "PATH="+l.bin, "HOME="+l.work, "PWD=/elsewhere", "LC_ALL=C.UTF-8")
	return l
}

// has reports whether the program of that name is ours.
func (l *lab) has(name string) bool {
	return slices.Contains(programs(), strings.TrimPrefix(name, "./"))
}

// programs are the names of our program.
func programs() []string { return []string{"prog", "my prog", "é"} }

// lookup reads the environment of the lab.
func (l *lab) lookup(name string) (string, bool) {
	for _, v := range l.env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// run runs the shell with these arguments and returns what the program recorded.
func (l *lab) run(t testing.TB, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := os.WriteFile(l.record, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, l.sh, args...)
	cmd.Dir = l.work
	cmd.Env = append(slices.Clone(l.env), recordVar+"="+l.record)
	if err := cmd.Run(); err != nil && ctx.Err() != nil {
		t.Fatalf("the shell did not end: %q", args)
	}
	data, err := os.ReadFile(l.record)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// checkDirect has one shell run all the lines, which Resolve would run without,
// and compares the argv that the program got with Resolve's.
func (l *lab) checkDirect(t testing.TB, lines []string) {
	t.Helper()
	got := strings.Split(l.run(t, "-c", strings.Join(lines, "\n")), "\n")
	for i, line := range lines {
		argv := Resolve(line, l.lookup).Argv
		want := fmt.Sprintf("ran %q with ", argv)
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			var ran string
			if i < len(got) {
				ran, _, _ = strings.Cut(got[i], " with ")
			}
			t.Fatalf("the line %q\n directly: %q\n by sh:    %s", line, argv, ran)
		}
	}
	if len(got) != len(lines)+1 {
		t.Fatalf("%d lines ran %d programs", len(lines), len(got)-1)
	}
}

// runEach has a new shell run each of the scripts, and returns what the programs
// recorded and the status, script by script.
func (l *lab) runEach(t testing.TB, scripts []string) []string {
	t.Helper()
	const driver = `sh=$1; shift
for script do
	"$sh" -c "$script" </dev/null
	echo "status $?" >>"$` + recordVar + `"
done`
	out := l.run(t, append([]string{"-c", driver, "sh", l.sh}, scripts...)...)
	var results []string
	var result strings.Builder
	for line := range strings.Lines(out) {
		result.WriteString(line)
		if strings.HasPrefix(line, "status ") {
			results = append(results, result.String())
			result.Reset()
		}
	}
	if len(results) != len(scripts) {
		t.Fatalf("%d scripts, %d results", len(scripts), len(results))
	}
	return results
}

// checkExec runs each line with and without the exec that Resolve adds.
func (l *lab) checkExec(t testing.TB, lines []string) {
	t.Helper()
	before, after := make([]string, len(lines)), make([]string, len(lines))
	for i, line := range lines {
		before[i] = " " + line // a blank, so that no line is an option
		after[i] = Resolve(line, l.lookup).Argv[2]
	}
	without, with := l.runEach(t, before), l.runEach(t, after)
	for i, line := range lines {
		if with[i] != without[i] {
			t.Fatalf("the line %q\n as it is: %s as %q: %s", line, without[i], after[i], with[i])
		}
	}
}

// repeats reports whether the line means the same twice: no pids, no clocks.
func repeats(line string) bool {
	for _, name := range []string{"$$", "PID", "RANDOM", "SECONDS", "EPOCH"} {
		if strings.Contains(line, name) {
			return false
		}
	}
	return true
}

func shells(t *testing.T, test func(t *testing.T, l *lab)) {
	for _, shell := range []string{"dash", "bash"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			test(t, newLab(t, shell))
		})
	}
}

// A line that runs directly gets the argv that a shell would give its program; a
// line that we put exec into has the same programs run with the same argv and
// environment, and the same status, as without.
func TestResolveAsShell(t *testing.T) {
	shells(t, func(t *testing.T, l *lab) {
		directLines, execLines := 1000, 400
		if raceDetector() {
			directLines, execLines = 100, 40
		}
		rng := rand.New(rand.NewPCG(1, 2))
		var directs, execs []string
		for len(directs) < directLines || len(execs) < execLines {
			line := randomLine(rng)
			c := Resolve(line, l.lookup)
			switch {
			case !c.Shell:
				if len(directs) < directLines && !slices.Contains(noProgram, c.Argv[0]) {
					directs = append(directs, line)
				}
			case c.Argv[2] != line && len(execs) < execLines && repeats(line):
				execs = append(execs, line)
			}
		}
		l.checkDirect(t, directs)
		l.checkExec(t, execs)
	})
}

// raceDetector reports whether it is on: it makes our program, which is this
// binary, take ten times as long to start, and has nothing to find in it.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// Each variable of the environment, in each place where it may stand.
func TestReferencesAsShell(t *testing.T) {
	shells(t, func(t *testing.T, l *lab) {
		var lines []string
		for _, v := range l.env {
			name := v[:nameLen(v)]
			for _, form := range []string{"prog $%s", "prog a${%s}b", `prog "$%s"`, `prog "a $%s b"`, "prog '$%s'", "$%s a", `"${%s}" a`} {
				line := fmt.Sprintf(form, name)
				if c := Resolve(line, l.lookup); !c.Shell && l.has(c.Argv[0]) {
					lines = append(lines, line)
				}
			}
		}
		l.checkDirect(t, lines)
	})
}

// The ways in which exec might make a difference.
func TestExecAsShell(t *testing.T) {
	lines := []string{
		"prog *.js",
		"./prog *",
		`"my prog" "a;b" '{c}' *`,
		"A=1 prog *",
		`A=1 B="x y" C=$SPACE D=* E=~ F= prog *`,
		"A=$X X=2 prog $X",
		"X=2 prog $X ${X}",
		"HOME=/x prog ~ ~/y",
		"PATH=/nowhere prog *",
		"PATH=/nowhere ./prog *",
		"LC_ALL=C prog *",
		"prog ${X:-y} ${UNSET:-a b} ${UNSET:+z} ${X%1} ${X#x}",
		"prog ${NEW:=val} $NEW",
		"prog ${UNSET:?none}",
		`prog "${UNSET:-a b}" $SPACE $STAR $EMPTY $BACKSLASH $SIGNS "$SIGNS"`,
		"prog $? $# $@ $* $- $ a$",
		"prog >out 2>&1",
		"prog <out >>out 2>&-",
		"prog <missing",
		"prog >folder",
		"prog <&9",
		"prog >out # done; really",
		"prog # don't",
		"nope *",
		"./nope *",
		"./a.js *",
		"./folder *",
		"folder/../prog *",
		"script *",
		"./script *",
		"A=1 ./script $X *",
		`prog \* \$X \"`,
		"prog a\rb \xff",
		`-x *`,
		`+$X *`,
	}
	shells(t, func(t *testing.T, l *lab) {
		for _, line := range lines {
			if script := Resolve(line, l.lookup).Argv[2]; script == line {
				t.Errorf("%q is left as it is, so this says nothing", line)
			}
		}
		l.checkExec(t, lines)
	})
}

// randomLine makes a line of the things that Procfile lines are made of, with
// more than the usual share of what is hard about them.
func randomLine(rng *rand.Rand) string {
	pick := func(list []string) string { return list[rng.IntN(len(list))] }
	maybe := func(percent int) bool { return rng.IntN(100) < percent }

	// Most lines keep to a few kinds of fragments: with all kinds in each,
	// hardly one would be simple.
	kinds := [][]string{plainParts, quotedParts}
	if maybe(60) {
		kinds = append(kinds, referenceParts)
	}
	if maybe(25) {
		kinds = append(kinds, patternParts)
	}
	if maybe(15) {
		kinds = append(kinds, escapeParts)
	}
	if maybe(5) {
		kinds = append(kinds, operatorParts)
	}
	var b strings.Builder
	if maybe(10) {
		b.WriteString(pick(blanks))
	}
	for maybe(20) {
		b.WriteString(pick(assignments) + pick(blanks))
	}
	b.WriteString(pick(firstWords))
	for range rng.IntN(6) {
		b.WriteString(pick(blanks))
		for range 1 + rng.IntN(3) {
			b.WriteString(pick(kinds[rng.IntN(len(kinds))]))
		}
	}
	if maybe(10) {
		b.WriteString(pick(endings))
	}
	return b.String()
}

var (
	blanks     = []string{" ", " ", " ", "  ", "\t", " \t "}
	firstWords = []string{
		"prog", "prog", "prog", "prog", "prog", "./prog", `"prog"`, `pr'o'g`, `"my prog"`, "é",
		"$CMD", "${CMD}", `"$CMD"`, "pr${UNSET}og", "$EMPTY", `"$EMPTY"`, "$UNSET",
		"$BUILTIN", "$KEYWORD", "$ASSIGNMENT", "''", `p\rog`, "~/prog", "./pro?",
		"echo", `"echo"`, "test", "printf", ":", "true", "export", "type", "command", "pwd", "set", "eval", "times",
		"if", "!", "time", "then", "in", "while", "case", "function", "[[", "{", "do",
		"A=1", "a+=1", "1A=2", "a[0]=1", `"A=1"`, "a=b=c", "./a=b", "nope", "./nope", "./a.js", "script", "./script",
		"-x", "--", "+x", "%x", ">out", "2>&1", "#prog",
	}
	// The firstWords that run without a shell and are not our program.
	noProgram      = []string{"nope", "./nope", "./a.js", "script", "./script", "-x", "--", "+x"}
	assignments    = []string{"A=1", "A=$X", `B="x y"`, "C=", "D=*", "E=~", "X=other", "F='a'$SPACE", "G=a\\ b", "H=${UNSET:-d}"}
	plainParts     = []string{"a", "b1", "foo.js", "-x", "--opt=val", "=", ":", ",", "%", "@", "+", "^", "/", "é", "Áß", "日本", "😀", "\u00a0", "\u3000", "1", "x"}
	quotedParts    = []string{"''", `""`, "'x y'", `"x y"`, `"it's"`, `'"'`, "\"a\tb\"", "' '", `"$X"`, "'$X'", `"${X}"`, "'${X}'", `"a$X b"`, `"é$UNICODE"`}
	referenceParts = []string{
		"$X", "${X}", "${X}y", "$X.js", "$Xé", "$X$NAME", "$PORT", "$UNICODE", "$INVALID", "$TIGHT", "$PRIVATE",
		"$SPACE", "$TAB", "$NEWLINE", "$EMPTY", "$UNSET", "$STAR", "$CLASS", "$BACKSLASH", "$SIGNS", "$IFS", "$PWD", "$HOME",
		`"$SPACE"`, `"$EMPTY"`, `"$UNSET"`, `"$STAR"`, `"$BACKSLASH"`, `"$SIGNS"`, `"$INVALID"`, `"$PRIVATE"`, `"$NEWLINE"`, `"$IFS"`,
		"${X:-y}", "${UNSET:-a b}", "${EMPTY:+z}", "${#X}", "${X%1}", `"${UNSET:-a b}"`, "$1", "$?", "$#", "$@", "$*", "$", `"$"`, "'$'",
	}
	patternParts  = []string{"*", "*.js", "?", "[ab]*", "nomatch*", "~", "~/x", "a~", "#x", "x#", "#", "!", "=~"}
	escapeParts   = []string{`\a`, `\ `, `\\`, `\"`, `\'`, `\$X`, `\*`, `\>`, `"\$X"`, `"\""`, `'\'`}
	operatorParts = []string{"{a,b}", "{}", "}", "{", ";", " ; ", "&&", " && prog ", "|", " | prog ", "(", ")", "$(prog)", "`prog`", "$'a'", `$"a"`, "$[1]", "&>out"}
	endings       = []string{" >out", " 2>&1", " <a.js", " >>out 2>&1", " <missing", " # it's done", " #", " \\", " 'open", ` "open`, " ; prog", " && prog b", " | prog", " &", "\nprog"}
)

// A direct command has words and a program; the script of another is the line,
// but for a blank and an exec that are added. What shells make of the two ways
// is held against each other as in TestResolveAsShell.
func FuzzResolve(f *testing.F) {
	for _, line := range []string{
		"prog a b", `prog "a b" '' $X`, `prog '$X' "${X}" $SPACE`, "$CMD x", "echo a", "if x", "A=1 prog *", `"A=1" prog`,
		"prog >&2", `prog ${X:-y} "${X:-"z"}"`, "prog # it's", "prog \\", "prog a;b", "prog 'a;b'", "prog {a,b}", "-x *", "prog $'a'",
		"prog $[1]", "prog\ra", "prog\xff", "\x00", placeholder,
	} {
		f.Add(line)
	}
	var labs []*lab
	for _, shell := range []string{"dash", "bash"} {
		if _, err := exec.LookPath(shell); err == nil {
			labs = append(labs, newLab(f, shell))
		}
	}
	f.Fuzz(func(t *testing.T, line string) {
		c := Resolve(line, testEnv)
		if c.Shell {
			if len(c.Argv) != 3 || c.Argv[0] != "/bin/sh" || c.Argv[1] != "-c" {
				t.Fatalf("%q: %q", line, c.Argv)
			}
			script := c.Argv[2]
			if script != line && script != " "+line && strings.Replace(script, "exec ", "", 1) != line &&
				!isLineWithExec(script, line) {
				t.Fatalf("%q became %q", line, script)
			}
		} else if len(c.Argv) == 0 || c.Argv[0] == "" {
			t.Fatalf("%q: %q", line, c.Argv)
		}
		// Real shells are about to run this. PATH has nothing but our program,
		// and without these there is no other way to a program or a file.
		if strings.ContainsAny(line, "/<>\x00") || strings.Contains(line, "PATH") {
			return
		}
		for _, l := range labs {
			c := Resolve(line, l.lookup)
			switch {
			case !c.Shell && l.has(c.Argv[0]):
				l.checkDirect(t, []string{line})
			case c.Shell && c.Argv[2] != line && repeats(line):
				l.checkExec(t, []string{line})
			}
		}
	})
}

// isLineWithExec reports whether script is the line with "exec " put in
// somewhere.
func isLineWithExec(script, line string) bool {
	for i := range len(line) + 1 {
		if script == line[:i]+"exec "+line[i:] {
			return true
		}
	}
	return false
}
