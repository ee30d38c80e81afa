package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ganger/procfile"

	"github.com/mattn/go-shellwords"
	"github.com/spf13/cobra"
)

const readmePath = "../README.md"

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is what stands between <!-- NAME:begin --> and <!-- NAME:end -->.
func section(t *testing.T, text, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "<!-- "+name+":begin -->\n")
	inner, _, closed := strings.Cut(rest, "<!-- "+name+":end -->\n")
	if !ok || !closed {
		t.Fatalf("no section %q", name)
	}
	return inner
}

// fence is one fenced block and the word behind its opening.
type fence struct{ lang, text string }

// fences are the fenced blocks of a document, and the text outside of them.
func fences(t *testing.T, doc string) (blocks []fence, prose string) {
	t.Helper()
	parts := strings.Split("\n"+doc, "\n```")
	if len(parts)%2 == 0 {
		t.Fatal("a fence is not closed")
	}
	for i, part := range parts {
		if i%2 == 0 {
			prose += part + "\n"
			continue
		}
		lang, text, _ := strings.Cut(part, "\n")
		blocks = append(blocks, fence{lang, text + "\n"})
	}
	return blocks, prose
}

// commandLines are the calls of ganger in a document, each as its arguments:
// in fenced blocks those that begin a line, behind a prompt or what runs it
// there, and in prose those that fill a code span.
func commandLines(t *testing.T, doc string) [][]string {
	t.Helper()
	blocks, prose := fences(t, doc)
	var lines [][]string
	add := func(line string) {
		p := shellwords.NewParser()
		args, err := p.Parse(line)
		if err != nil || len(args) < 2 {
			t.Fatalf("cannot split %q: %v", line, err)
		}
		args = slices.DeleteFunc(args, func(a string) bool { return a == "$@" }) // a script's own
		lines = append(lines, args[1:])
	}
	begin := regexp.MustCompile(`^\s*(?:\$ |- run: |exec |"[^"]+": ")?(ganger [^"#]*[^"# ])`)
	for _, b := range blocks {
		for line := range strings.SplitSeq(b.text, "\n") {
			if argv, ok := strings.CutPrefix(line, "CMD "); ok {
				var args []string
				if err := json.Unmarshal([]byte(argv), &args); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				lines = append(lines, args[1:])
			} else if m := begin.FindStringSubmatch(line); m != nil {
				add(m[1])
			}
		}
	}
	for _, m := range regexp.MustCompile("`((?:exec )?ganger [^`]+)`").FindAllStringSubmatch(prose, -1) {
		add(strings.TrimPrefix(strings.ReplaceAll(m[1], `\|`, "|"), "exec "))
	}
	return lines
}

// sampleApp is an app for the command lines of a document: it has the types
// that they name, and the files.
func sampleApp(t *testing.T, lines [][]string) string {
	t.Helper()
	dir := folder(t, "web: child serve", "worker: child serve", "css: child serve", "release: child status 0")
	text, err := os.ReadFile(filepath.Join(dir, "Procfile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range lines {
		for i, a := range args[1:] {
			switch args[i] {
			case "-f":
				write(t, dir, a, string(text))
			case "-e":
				for name := range strings.SplitSeq(a, ",") {
					write(t, dir, name, "A=1\n")
				}
			}
		}
	}
	demo := filepath.Join(dir, "testdata", "demo")
	if err := os.MkdirAll(demo, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Procfile", ".env"} {
		text, err := os.ReadFile(filepath.Join("../testdata/demo", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, demo, name, string(text))
	}
	return dir
}

// The command lines of the documents are ones that ganger takes: start as a dry
// run, the harmless ones in earnest, of the rest the flags.
func TestDocumentedCommands(t *testing.T) {
	demo, err := os.ReadFile("../testdata/demo/README.md")
	if err != nil {
		t.Fatal(err)
	}
	indented := regexp.MustCompile(`(?m)^    (ganger .*)$`).ReplaceAllString(string(demo), "`$1`")
	lines := append(commandLines(t, readme(t)), commandLines(t, indented)...)
	if len(lines) < 20 {
		t.Fatalf("only %d command lines found", len(lines))
	}
	dir := sampleApp(t, lines)
	root := (&program{stdout: os.Stdout, stderr: os.Stderr}).command()
	for _, args := range lines {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			if isSynopsis(args) {
				if _, _, err := root.Find(args[:1]); err != nil {
					t.Error(err)
				}
				return
			}
			switch args[0] {
			case "start":
				args = append(slices.Clone(args), "--dry-run")
			case "check", "version", "help", "completion":
			case "run":
				if len(args) == 1 {
					return // speaks of the command
				}
				cmd, rest, err := root.Find(args)
				if err == nil {
					err = cmd.ParseFlags(rest)
				}
				if err != nil || cmd.Flags().NArg() == 0 {
					t.Errorf("no command to run: %v", err)
				}
				return
			default: // to a running app
				cmd, rest, err := root.Find(args)
				if err == nil {
					err = cmd.ParseFlags(rest)
				}
				if err != nil {
					t.Error(err)
				}
				return
			}
			cmd := command(t, dir, args...)
			cmd.Env = append(cmd.Env, quickExit)
			if out, err := finish(t, cmd); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// isSynopsis reports whether a command line stands for many, with words such as
// [TYPE[=N]...] in it.
func isSynopsis(args []string) bool {
	return slices.ContainsFunc(args[1:], func(a string) bool {
		return strings.Contains(a, "[") || regexp.MustCompile(`^[A-Z]+$`).MatchString(a)
	})
}

// The Procfiles that the README shows are valid, settings included.
func TestDocumentedProcfiles(t *testing.T) {
	blocks, _ := fences(t, readme(t))
	seen := 0
	for _, b := range blocks {
		if b.lang != "procfile" {
			continue
		}
		seen++
		f, err := procfile.Parse("README.md", []byte(b.text), procfile.Options{})
		if err != nil {
			t.Errorf("%v, in\n%s", err, b.text)
			continue
		}
		for _, typ := range f.Types {
			s := procfile.DefaultSettings()
			for _, set := range typ.Settings {
				if err := s.Set(set.Key, set.Value); err != nil {
					t.Errorf("%s: %v", typ.Name, err)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no Procfile found")
	}
}

// The README's tables are what the code says.
func TestDocumentedTables(t *testing.T) {
	text := readme(t)
	for _, table := range []struct{ name, want string }{
		{"settings", settingsTable()},
		{"commands", commandsTable()},
	} {
		if got := section(t, text, table.name); got != table.want {
			t.Errorf("the table of %s is not what the code says, which is:\n%s", table.name, table.want)
		}
	}
}

func settingsTable() string {
	var b strings.Builder
	b.WriteString("| Setting | Values | Default | Meaning |\n|---|---|---|---|\n")
	for _, k := range procfile.Keys() {
		def := k.Default
		if def == "" {
			def = "none"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, k.Values, def, k.Doc)
	}
	return b.String()
}

func commandsTable() string {
	var b strings.Builder
	b.WriteString("| Command | What it does | More |\n|---|---|---|\n")
	root := (&program{stdout: os.Stdout, stderr: os.Stderr}).command()
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			fmt.Fprintf(&b, "| `%s` | %s | `ganger help %s` |\n", synopsis(c), c.Short, c.Name())
		}
	}
	return b.String()
}

// synopsis is the usage line that the command's help begins with.
func synopsis(c *cobra.Command) string {
	c.InitDefaultHelpFlag()
	first, _, _ := strings.Cut(helpText(c), "\n")
	return strings.TrimPrefix(first, "Usage: ")
}

// No flag or variable of a flag is written in a code span that ganger does not
// know.
func TestDocumentedFlags(t *testing.T) {
	commands := (&program{stdout: os.Stdout, stderr: os.Stderr}).command().Commands()
	_, prose := fences(t, readme(t))
	spans := regexp.MustCompile("`(--[a-z-]+)[^`]*`").FindAllStringSubmatch(prose, -1)
	if len(spans) < 5 {
		t.Fatalf("only %d flags found", len(spans))
	}
	for _, m := range spans {
		if !slices.ContainsFunc(commands, func(c *cobra.Command) bool { return c.Flags().Lookup(strings.TrimPrefix(m[1], "--")) != nil }) {
			t.Errorf("no flag %s", m[1])
		}
	}
	keys := newOptions().keys()
	for _, m := range regexp.MustCompile("GANGER_([A-Z_]+)=").FindAllStringSubmatch(prose, -1) {
		if !slices.ContainsFunc(keys, func(key string) bool { return flagVar(key) == "GANGER_"+m[1] }) {
			t.Errorf("no flag has the variable GANGER_%s", m[1])
		}
	}
}

// Each module that is required has its line in the README's table.
func TestDocumentedDependencies(t *testing.T) {
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(readme(t), "\n## Dependencies\n")
	found := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(text), -1) // the others end with "// indirect"
	if len(found) == 0 {
		t.Fatal("nothing is required")
	}
	for _, m := range found {
		name := regexp.MustCompile(`/v\d+$`).ReplaceAllString(strings.TrimPrefix(m[1], "github.com/"), "")
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("nothing says what %s is for", name)
		}
	}
}
