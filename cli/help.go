package cli

import (
	"fmt"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// stamped is the version that the build script sets; without it the module's
// own is shown.
var stamped string

func version() string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "development"
	}
	return v
}

func (m *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "print the version",
		Long:    "Print ganger's version.",
		Example: "  ganger version",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(m.stdout, "ganger "+version())
			return nil
		},
	}
}

const completionHelp = `Print a script that makes a shell complete ganger's commands and flags, and the
types of the Procfile. The help of each shell's command says where to put it.`

const bareHelp = `Usage: ganger COMMAND [ARG...]

%s
Examples:
  ganger start                    run everything in the Procfile
  ganger start web worker=2       these types, two workers
  ganger run bin/rails console    one command in the app's environment
  ganger ps                       how its processes are
  ganger logs -f web              what one of them writes
  ganger restart web              that one anew

ganger help COMMAND tells more, ganger help settings what a Procfile can say.
`

// bare is what ganger without a command says: what is here, and what can be
// done.
func (m *program) bare(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	fmt.Fprintln(m.stdout, m.here())
	fmt.Fprintln(m.stdout)
	m.overview(cmd)
	return nil
}

// here is the first line of the bare help.
func (m *program) here() string {
	a, err := loadApp(newOptions(), false)
	switch {
	case err != nil:
		return "The app here has mistakes: ganger check"
	case a.file == nil:
		return "No Procfile here: see ganger start"
	}
	return fmt.Sprintf("%s: %s: ganger start", a.place.procfile, strings.Join(a.types(), ", "))
}

func (m *program) overview(root *cobra.Command) {
	var commands strings.Builder
	list := func(title, group string) {
		commands.WriteString(title + "\n")
		for _, c := range root.Commands() {
			if c.GroupID == group && (c.IsAvailableCommand() || c.Name() == "help") {
				fmt.Fprintf(&commands, "  %-12s %s\n", c.Name(), c.Short)
			}
		}
	}
	list("Commands:", "")
	for _, g := range root.Groups() {
		commands.WriteByte('\n')
		list(g.Title, g.ID)
	}
	fmt.Fprintf(m.stdout, bareHelp, commands.String())
}

// dress gives all commands the form of help that this program has.
func (m *program) dress(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(m.args...)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		if cmd == root {
			m.overview(root)
			return
		}
		fmt.Fprint(m.stdout, helpText(cmd))
	})
	for _, c := range root.Commands() {
		c.Flags().SortFlags = false // they stand as they were defined, by subject
		switch c.Name() {
		case "help":
			c.Use, c.Short = "help [COMMAND]", "tell more about a command"
			c.Long, c.Example = "Tell more about a command.", "  ganger help start"
			c.Run, c.RunE = nil, helpOn
		case "completion":
			c.Hidden = false
			c.Short, c.Long = "print completion for a shell: bash, zsh, fish, powershell", completionHelp
			c.Example = "  source <(ganger completion bash)\n  ganger completion fish > ~/.config/fish/completions/ganger.fish"
			c.Args, c.RunE = cobra.ArbitraryArgs, whichShell
		}
	}
}

// helpOn is the help command.
func helpOn(cmd *cobra.Command, args []string) error {
	target, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return unknownCommand(cmd.Root(), strings.Join(args, " "))
	}
	target.InitDefaultHelpFlag()
	return target.Help()
}

// whichShell is the completion command without a shell that it knows.
func whichShell(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(fmt.Sprintf("no completion for %q", args[0]), "shells are bash, zsh, fish and powershell")
	}
	return cmd.Help()
}

// helpText is the help of one command: usage, what it does, its flags in one
// column, examples.
func helpText(cmd *cobra.Command) string {
	var b strings.Builder
	use := cmd.UseLine()
	if cmd.HasAvailableSubCommands() {
		use = cmd.CommandPath() + " COMMAND"
	}
	fmt.Fprintf(&b, "Usage: %s\n\n", strings.TrimSuffix(use, " [flags]"))
	long := cmd.Long
	if long == "" {
		long = cmd.Short
	}
	fmt.Fprintf(&b, "%s\n", strings.TrimSpace(long))
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, c := range cmd.Commands() {
			fmt.Fprintf(&b, "  %-12s %s\n", c.Name(), c.Short)
		}
	}
	if flags := flagLines(cmd); flags != "" {
		fmt.Fprintf(&b, "\nFlags:\n%s", flags)
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	return b.String()
}

// flagLines shows the flags of a command, the usage of all in one column.
func flagLines(cmd *cobra.Command) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		short := "    "
		if f.Shorthand != "" {
			short = "-" + f.Shorthand + ", "
		}
		value, usage := pflag.UnquoteUsage(f)
		if f.NoOptDefVal != "" {
			value = ""
		}
		fmt.Fprintf(t, "  %s%s\t%s\n", short, strings.TrimSpace("--"+f.Name+" "+value), strings.TrimPrefix(usage, value))
	})
	_ = t.Flush() // a strings.Builder takes it all
	return b.String()
}

func unknownCommand(root *cobra.Command, name string) error {
	hint := "ganger help lists the commands"
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	if near := nearest(name, names); near != "" {
		hint = "did you mean " + near + "?"
	} else if a, err := loadApp(newOptions(), false); err == nil && a.hasType(name) {
		hint = "to start that type: ganger start " + name
	}
	return usageError(fmt.Sprintf("no command %q", name), hint)
}

// completeTypes offers the types of the Procfile.
func completeTypes(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	opts := newOptions()
	for _, name := range []string{"procfile", "root"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			opts.byName[name] = f.Value.(*option)
		}
	}
	a, err := loadApp(opts, false)
	if err != nil || a.file == nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var names []string
	for _, t := range a.file.Types {
		names = append(names, t.Name+"\t"+oneLine(t.Command))
	}
	if cmd.Name() == "run" {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return names, cobra.ShellCompDirectiveDefault
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
