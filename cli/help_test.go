package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// walk calls f for every command that help shows.
func walk(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			walk(c, f)
		}
	}
}

func TestHelp(t *testing.T) {
	m := &program{stdout: os.Stdout, stderr: os.Stderr}
	root := m.command()
	walk(root, func(cmd *cobra.Command) {
		if cmd == root {
			return // has a form of its own, seen in the sessions
		}
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			cmd.InitDefaultHelpFlag()
			text := helpText(cmd)
			if !strings.HasPrefix(text, "Usage: "+cmd.CommandPath()) {
				t.Errorf("does not begin with its usage: %q", strings.SplitN(text, "\n", 2)[0])
			}
			lintHelp(t, text)
			if cmd.Short == "" {
				t.Error("has no summary")
			}
			cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { lintFlag(t, f) })
			if cmd.Parent() != root {
				return // the shells' are cobra's
			}
			if !strings.Contains(text, "\nExamples:\n  ganger ") && !strings.Contains(text, "\nExamples:\n  source") {
				t.Error("has no example")
			}
			if first := cmd.Short[:1]; first != strings.ToLower(first) || strings.HasSuffix(cmd.Short, ".") {
				t.Errorf("summary %q: begins in lower case, and has no full stop", cmd.Short)
			}
		})
	})
}

func lintHelp(t *testing.T, text string) {
	t.Helper()
	column := -1
	_, flags, _ := strings.Cut(text, "\nFlags:\n")
	flags, _, _ = strings.Cut(flags, "\n\n")
	for line := range strings.SplitSeq(flags, "\n") {
		if line == "" {
			continue
		}
		m := regexp.MustCompile(`^  (-\w, |    )--[a-z-]+( [^ ]+)? {2,}`).FindString(line)
		if m == "" {
			t.Errorf("flag line %q is not in form", line)
			continue
		}
		if column >= 0 && len(m) != column {
			t.Errorf("flag line %q: its text begins in column %d, that of the others in %d", line, len(m), column)
		}
		column = len(m)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if n := utf8.RuneCountInString(line); n > 100 {
			t.Errorf("a line of %d columns: %q", n, line)
		}
		if strings.TrimRight(line, " \t") != line {
			t.Errorf("blanks at the end of %q", line)
		}
	}
}

func lintFlag(t *testing.T, f *pflag.Flag) {
	t.Helper()
	value, usage := pflag.UnquoteUsage(f)
	usage = strings.TrimPrefix(usage, value)
	if usage == "" || strings.HasSuffix(usage, ".") || strings.Contains(usage, "`") {
		t.Errorf("--%s: usage %q", f.Name, usage)
	}
	if value != "" && value != strings.ToUpper(value) {
		t.Errorf("--%s: what stands for the value is %q, want upper case", f.Name, value)
	}
}

// Each flag that has a value can stand in a defaults file and in a variable,
// and a peer's flag is none of ours.
func TestFlagsAndPeers(t *testing.T) {
	fs := pflag.NewFlagSet("start", pflag.ContinueOnError)
	opts := newOptions()
	opts.flags(fs, startFlags())
	foremanFlags(fs, opts)
	fs.VisitAll(func(f *pflag.Flag) {
		if peerFlag(f.Name) != "" {
			t.Errorf("--%s is ours, and answered as a peer's", f.Name)
		}
		if f.Shorthand != "" && peerFlag(f.Shorthand) != "" {
			t.Errorf("-%s is ours, and answered as a peer's", f.Shorthand)
		}
	})
	for _, name := range opts.names {
		if v := flagVar(name); v != strings.ToUpper(v) || strings.Contains(v, "-") {
			t.Errorf("variable %q of --%s", v, name)
		}
	}
}
