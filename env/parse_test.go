package env

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// around is the surrounding environment of the tests.
func around(name string) (string, bool) {
	value, set := map[string]string{"HOME": "/root", "PATH": "/bin", "word": "x", "_": "/bin/sh"}[name]
	return value, set
}

// read parses a text and returns it in a form that can be compared.
func read(t *testing.T, text string) (pairs, mistakes []string, file *File) {
	t.Helper()
	file, err := Parse(".env", []byte(text), around)
	for _, pair := range file.Pairs {
		pairs = append(pairs, pair.Name+"="+pair.Value)
	}
	var found Mistakes
	if err != nil && !errors.As(err, &found) {
		t.Fatalf("error is a %T, not Mistakes", err)
	}
	for _, m := range found {
		mistakes = append(mistakes, fmt.Sprintf("%d: %s", m.Line, m.Problem))
	}
	return pairs, mistakes, file
}

// The inputs are those of a comparison of seven readers of env files, which agree on
// few of them. why is set where we chose among their readings.
func TestParseComparedInputs(t *testing.T) {
	const (
		export    = "foreman skips a line with export"
		colon     = "foreman skips a line with : in place of ="
		dot       = "foreman skips a name with a dot"
		mark      = "foreman skips a first line with a byte order mark"
		before    = "foreman skips a line with a space before the name"
		beside    = "foreman skips a line with a space before ="
		around    = "foreman keeps the spaces around the value"
		remark    = "foreman keeps the comment as part of the value"
		lines     = "foreman reads the first line of the value alone"
		expansion = "foreman does not expand references"
		escapes   = "foreman reads the backslashes otherwise"
	)
	tests := []struct {
		text    string
		want    string // pairs, joined by "|"
		foreman string // why foreman reads the last of them otherwise
		mistake string
		why     string
	}{
		1:  {text: "A=1", want: "A=1"},
		2:  {text: "A = 1", want: "A=1", foreman: beside},
		3:  {text: "A= x", want: "A=x", foreman: around},
		4:  {text: "A=x   ", want: "A=x", foreman: around},
		5:  {text: " A=1", want: "A=1", foreman: before},
		6:  {text: "export A=1", want: "A=1", foreman: export},
		7:  {text: "A: 1", want: "A=1", foreman: colon, why: "as dotenv and every Go reader; a blank must follow"},
		8:  {text: "A=", want: "A="},
		9:  {text: "A", mistake: "1: no = on this line", why: "all others lose the line in silence"},
		10: {text: "# c\nA=1", want: "A=1"},
		11: {text: "A=1 # c", want: "A=1", foreman: remark},
		12: {text: "A=1#c", want: "A=1#c", why: "a comment needs a blank before it, as in a shell"},
		13: {text: `A="1 # c"`, want: "A=1 # c"},
		14: {text: `A="1" # c`, want: "A=1", foreman: remark},
		15: {text: `A='1' # c`, want: "A=1", foreman: remark},
		16: {text: "A=#abc", want: "A=#abc", why: "a colour more often than a comment"},
		17: {text: `A="x"`, want: "A=x"},
		18: {text: `A='x'`, want: "A=x"},
		19: {text: `A="a\nb"`, want: "A=a\nb"},
		20: {text: `A='a\nb'`, want: `A=a\nb`},
		21: {text: `A=a\nb`, want: `A=a\nb`},
		22: {text: `A="a\tb"`, want: "A=atb", why: "as foreman and every Go reader; no tab"},
		23: {text: `A="a\\nb"`, want: `A=a\nb`, foreman: escapes},
		24: {text: `A="a\"b"`, want: `A=a"b`},
		25: {text: `A='a\'b'`, want: `A=a\'b`, why: "as foreman and every Go reader; a shell differs"},
		26: {text: "B=2\nA=\"a$B\"", want: "B=2|A=a2", foreman: expansion},
		27: {text: "B=2\nA=a$B", want: "B=2|A=a2", foreman: expansion},
		28: {text: "B=2\nA='a$B'", want: "B=2|A=a$B"},
		29: {text: "B=2\nA=${B}x", want: "B=2|A=2x", foreman: expansion},
		30: {text: "B=2\nA=\\$B", want: "B=2|A=$B", foreman: escapes},
		31: {text: "B=2\nA=\"\\$B\"", want: "B=2|A=$B"},
		32: {text: "A=$HOME", want: "A=/root", foreman: expansion},
		33: {text: "A=$(echo hi)", want: "A=$(echo hi)", why: "nothing is run to read a file"},
		34: {text: "A=`echo hi`", want: "A=`echo hi`", why: "nothing is run to read a file"},
		35: {text: "A=${B:-def}", want: "A=${B:-def}", why: "the Go readers lose a part of it"},
		36: {text: "A=a=b=c", want: "A=a=b=c"},
		37: {text: "A=a b c", want: "A=a b c"},
		38: {text: "A=it's", want: "A=it's"},
		39: {text: `A="x`, mistake: "1: a quote that is not closed"},
		40: {text: "A=\"a\nb\"\nC=3", want: "A=a\nb|C=3"},
		41: {text: `A="x"y`, mistake: "1: text after the closing quote", why: "three readers, three values"},
		42: {text: `A='x''y'`, mistake: "1: text after the closing quote", why: "three readers, three values"},
		43: {text: `A="x""y"`, mistake: "1: text after the closing quote", why: "three readers, three values"},
		44: {text: `A=""`, want: "A="},
		45: {text: "A-B=1", mistake: "1: unexpected '-' in the name", why: "others drop the line, or make a variable that no shell can name"},
		46: {text: "A.B=1", want: "A.B=1", foreman: dot, why: "such files exist and an environment can hold it"},
		47: {text: "1A=1", want: "1A=1", why: "as foreman, and an environment can hold it"},
		48: {text: "a=1", want: "a=1"},
		49: {text: "A=1\nA=2", want: "A=1|A=2"},
		50: {text: "A=1\r\nB=\"2\"\r\n", want: "A=1|B=2"},
		51: {text: "\ufeffA=1", want: "A=1", foreman: mark},
		52: {text: "A=/a:$PATH", want: "A=/a:/bin", foreman: expansion},
		53: {text: `A={"a":1}`, want: `A={"a":1}`},
		54: {text: `A='{"a": "b c"}'`, want: `A={"a": "b c"}`},
		55: {text: "A=http://h/p?a=1&b=2#f", want: "A=http://h/p?a=1&b=2#f"},
		56: {text: "A=p@ss;w*rd!", want: "A=p@ss;w*rd!"},
		57: {text: "A=1\nthis is not valid\nB=2", want: "A=1|B=2", mistake: "2: no = on this line"},
		58: {text: "   # c=1\nA=1", want: "A=1"},
		59: {text: `A=C:\new\table`, want: `A=C:\new\table`},
		60: {text: `A="C:\\new"`, want: `A=C:\new`, foreman: escapes},
		61: {text: `A=\#x`, want: `A=\#x`},
		62: {text: "A=\ta\t", want: "A=a", foreman: around},
		63: {text: "A=é", want: "A=é"},
		64: {text: "PORT=abc", want: "PORT=abc", why: "whether it is a port is for the port rule to say"},
		65: {text: "AB=", want: "AB="},

		// Beyond the comparison.
		66: {text: "A=\"a\nb\"", want: "A=a\nb", foreman: lines},
	}
	for i, test := range tests[1:] {
		pairs, mistakes, file := read(t, test.text)
		if got := strings.Join(pairs, "|"); got != test.want {
			t.Errorf("%d: %q gives %q, want %q %s", i+1, test.text, got, test.want, test.why)
		}
		if got := strings.Join(mistakes, "|"); got != test.mistake {
			t.Errorf("%d: %q has mistakes %q, want %q %s", i+1, test.text, got, test.mistake, test.why)
		}
		reason := ""
		for _, diff := range file.Differs {
			if diff.Name == file.Pairs[len(file.Pairs)-1].Name {
				reason = diff.Reason
			}
		}
		if reason != test.foreman {
			t.Errorf("%d: %q differs from foreman by %q, want %q", i+1, test.text, reason, test.foreman)
		}
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		text     string
		want     []string
		mistakes []string
	}{
		// Names and what stands around them.
		{text: ""},
		{text: "\n\n # x\n\t\n"},
		{text: "export=1\nexport = 2\nexported=3", want: []string{"export=1", "export=2", "exported=3"}},
		{text: "export\tA=1\n  export  B = 2", want: []string{"A=1", "B=2"}},
		{text: "A:1", mistakes: []string{"1: no = on this line"}},
		{text: "A : 1\nB:\t\"x\"", want: []string{"A=1", "B=x"}},
		{text: "environment:\n  - A=1", mistakes: []string{"1: no value after the colon", "2: unexpected '-' in the name"}},
		{text: "http://h/?a=1", mistakes: []string{"1: unexpected ':' in the name"}},
		{text: "=1\n = 2", mistakes: []string{"1: no name before =", "2: no name before ="}},
		{text: "set A=1", mistakes: []string{"1: a blank within the name"}},
		{text: "A+=1\n\"A\"=1\né=1", mistakes: []string{"1: unexpected '+' in the name", "2: unexpected '\"' in the name", "3: unexpected 'é' in the name"}},
		{text: "<<<<<<< ours\nA=1\n=======\nA=2\n>>>>>>> theirs", want: []string{"A=1", "A=2"},
			mistakes: []string{"1: an unresolved merge conflict", "3: an unresolved merge conflict", "5: an unresolved merge conflict"}},

		// "export A" repeats what is set, here or around us; else it is a forgotten value.
		{text: "A=1\nexport A HOME # both", want: []string{"A=1"}},
		{text: "export A", mistakes: []string{"1: export of a variable that is not set"}},
		{text: "export secret!", mistakes: []string{"1: no = on this line"}},

		// Comments.
		{text: "A= # none\nB=#fff # white\nC=a #b #c\nD=\"x\"#c", want: []string{"A=", "B=#fff", "C=a", "D=x"}},
		{text: "A=`a # b` # c\nB=`a # b", want: []string{"A=`a # b`", "B=`a"}},

		// Quotes and backslashes.
		{text: `A="say \"hi\""` + "\n" + `B="\""` + "\n" + `C="\\"`, want: []string{`A=say "hi"`, `B="`, `C=\`}},
		{text: `A="C:\\dir\\"` + "\n" + `B='C:\dir\'` + "\n" + `C='C:\' # 'x`, want: []string{`A=C:\dir\`, `B=C:\dir\`},
			mistakes: []string{"3: text after the closing quote"}},
		{text: `A='it\'s \'' # c` + "\nB='\\''", want: []string{`A=it\'s \'`, `B=\'`}},
		{text: "A='C:\\' # c\nB=2", want: []string{`A=C:\`, "B=2"}},
		{text: "A='one\nis \\'two\\'\nthree'\nB=2", want: []string{"A=one\nis \\'two\\'\nthree", "B=2"}},
		{text: "A=\"\n\"", want: []string{"A=\n"}},
		{text: "A=\"a\r\nb\"\r\nB=2", want: []string{"A=a\nb", "B=2"}},
		{text: "A=\"'\"\nB='\"'\nC=x\"y\"", want: []string{"A='", `B="`, `C=x"y"`}},
		{text: "A=\u00a0\"x\"", want: []string{"A=x"}},
		{text: "A=\ufdd0\nB=\"\\\ufdd0$HOME\ufdd0r\"\nC='\ufdd0'", want: []string{"A=\ufdd0", "B=\ufdd0/root\ufdd0r", "C=\ufdd0"}},

		// What is not closed costs itself and the lines that can only belong to it.
		{text: "A=\"x\nB=2\nC=\"y\"\nD=4", want: []string{"B=2", "C=y", "D=4"}, mistakes: []string{"1: a quote that is not closed"}},
		{text: "A='x\nmore of it\n\nB=2\nC='y'\nD=''", want: []string{"B=2", "C=y", "D="}, mistakes: []string{"1: a quote that is not closed"}},
		{text: "A=\"x\nB='y\nC=3", want: []string{"C=3"}, mistakes: []string{"1: a quote that is not closed", "2: a quote that is not closed"}},
		{text: `A="{"a":1}"` + "\nB=2", want: []string{"B=2"}, mistakes: []string{"1: text after the closing quote"}},
		{text: "A=`x\ny\nz`\nB=`x\nC=3", want: []string{"B=`x", "C=3"}, mistakes: []string{"1: a value of several lines in backquotes"}},

		// Bytes.
		{text: "A=x\x00y\nB=2\x00\nC=3", want: []string{"C=3"}, mistakes: []string{"1: a NUL byte", "2: a NUL byte"}},
		{text: "A=Jos\xe9\n# Jos\xe9\nB=2 # Jos\xe9\n\xe9=1", want: []string{"B=2"}, mistakes: []string{"1: not UTF-8 text", "4: not UTF-8 text"}},
		{text: "A=\"a\nb\xff\nc\"\nB=2", want: []string{"B=2"}, mistakes: []string{"2: not UTF-8 text"}},
		{text: "\xff\xfeA\x00=\x001\x00", mistakes: []string{`0: cannot read ".env": it is UTF-16 text`}},
		{text: "A=1\rB=2\r", mistakes: []string{"1: a carriage return within the value"}},
		{text: "# c\rA=1", mistakes: []string{"1: a carriage return within a comment"}},
		{text: "A=1\r\r\nB=2", want: []string{"A=1", "B=2"}},

		// Expansion.
		{text: "PATH=$PATH:/x\nPATH=$PATH:/y", want: []string{"PATH=/bin:/x", "PATH=/bin:/x:/y"}},
		{text: "A=$B\nB=2\nC=$B$B${B}x$B_", want: []string{"A=$B", "B=2", "C=222x$B_"}},
		{text: "A=pa$$word\nB=$\nC=a$\nD=$1$*\nE=x$_", want: []string{"A=pa$$word", "B=$", "C=a$", "D=$1$*", "E=x$_"}},
		{text: "B=2\nA=${B:-a$B}|${B|${|${}|${B c}|$B", want: []string{"B=2", "A=${B:-a$B}|${B|${|${}|${B c}|2"}},
		{text: "B=2\nA=${N:-${M:-x}$B}$B", want: []string{"B=2", "A=${N:-${M:-x}$B}2"}},
		{text: "B=2\nA=\"\\\\$B \\\\\\$B\"\nC=\\\\$B", want: []string{"B=2", `A=\2 \$B`, `C=\$B`}},
		{text: "B='$C'\nC=3\nA=$B", want: []string{"B=$C", "C=3", "A=$C"}},
		{text: "A=${N:-x\nB=${N:-${M}", want: []string{"A=${N:-x", "B=${N:-${M}"}},
		{text: "app.host=h\nA=${app.host}", want: []string{"app.host=h", "A=h"}},
		{text: "A=" + strings.Repeat("x", maxEntry-3), want: []string{"A=" + strings.Repeat("x", maxEntry-3)}},
		{text: "A=" + strings.Repeat("x", maxEntry-2) + "\nB=2", want: []string{"B=2"}, mistakes: []string{"1: a value that is too long"}},
		{text: "A=" + strings.Repeat("x", 1000) + "\nB=" + strings.Repeat("$A", 1000) + "\nC=3",
			want: []string{"A=" + strings.Repeat("x", 1000), "C=3"}, mistakes: []string{"2: a value that is too long"}},
	}
	for _, test := range tests {
		pairs, mistakes, _ := read(t, test.text)
		if !slices.Equal(pairs, test.want) {
			t.Errorf("%.80q gives %.200q, want %.200q", test.text, pairs, test.want)
		}
		if !slices.Equal(mistakes, test.mistakes) {
			t.Errorf("%.80q has mistakes %q, want %q", test.text, mistakes, test.mistakes)
		}
	}
}

func TestParseLines(t *testing.T) {
	_, _, file := read(t, "\n# c\nA=1\r\nB=\"x\ny\"\n\nC=3")
	var lines []int
	for _, pair := range file.Pairs {
		lines = append(lines, pair.Line)
	}
	if want := []int{3, 4, 7}; !slices.Equal(lines, want) {
		t.Errorf("lines are %v, want %v", lines, want)
	}
}

func TestParseUnresolved(t *testing.T) {
	_, _, file := read(t, "A=$HOME$$x\nB=$NO-${NO}\nC='$NO'\nD=\\$NO\nE=\"${HOME:-secret}\n$ON\"")
	want := []Reference{
		{Name: "NO", Line: 2, In: "B"},
		{Name: "HOME", Line: 5, In: "E", Operator: true},
		{Name: "ON", Line: 5, In: "E"},
	}
	if !slices.Equal(file.Unresolved, want) {
		t.Errorf("unresolved is %v, want %v", file.Unresolved, want)
	}
}

func TestParseWithoutLookup(t *testing.T) {
	file, err := Parse(".env", []byte("A=$HOME"), nil)
	if err != nil || len(file.Pairs) != 1 || file.Pairs[0].Value != "$HOME" {
		t.Errorf("got %v, %v", file.Pairs, err)
	}
}

func TestMistakesError(t *testing.T) {
	_, err := Parse("conf/.env", []byte("A\nB=1\nC-D=2"), nil)
	want := "conf/.env:1: no = on this line\nconf/.env:3: unexpected '-' in the name"
	if err == nil || err.Error() != want {
		t.Errorf("error is %q, want %q", err, want)
	}
}
