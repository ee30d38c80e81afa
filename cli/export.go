package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ganger/export"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const exportHelp = `Write the app as the files of the engine that is to run it. What start gives
a process it has there too: its port, its variables, its stop signal. Where the
engine scales by itself, the formation is the number to begin with.

Without a format this lists them. LOCATION is a folder; - prints what makes one
text. An earlier export of the app is replaced, and what is stale removed.

The variables are those of the env files, in files of mode 600; nothing of this
shell goes along. What the engine has no word for is said. At the end stand the
commands that make it run.`

const exportExample = `  ganger export
  ganger export systemd /etc/systemd/system -m web=2,worker=1
  ganger export compose deploy --image registry.example.com/shop:7
  ganger export kubernetes - --image shop:7 | kubectl apply -f -
  ganger export supervisord /etc/supervisor/conf.d --dry-run`

// exportFlags are the flags that export alone has.
type exportFlags struct {
	app, user, log, run       string
	template, show            string
	image, namespace          string
	harden, inline, templates bool
}

func (f *exportFlags) define(fs *pflag.FlagSet) {
	fs.StringVarP(&f.app, "app", "a", "", "`NAME`the app's name (that of the app root)")
	fs.StringVarP(&f.user, "user", "u", "", "`USER`who runs the processes (the app's name, where engines know users)")
	fs.StringVarP(&f.log, "log", "l", "", "`DIR`log files go there (the engine's own logs)")
	fs.StringVarP(&f.run, "run", "r", "", "`DIR`a folder for pid files and sockets, made before a start (none)")
	fs.StringVar(&f.template, "template", "", "`DIR`templates that replace built-in ones of the same name")
	fs.StringVar(&f.show, "show-templates", "", "`DIR`write the built-in templates there, and nothing else")
	fs.StringVar(&f.image, "image", "", "`IMAGE`what containers run (NAME:latest); nomad uses docker with it")
	fs.StringVar(&f.namespace, "namespace", "", "`NAME`of kubernetes or nomad (the engine's default)")
	fs.BoolVar(&f.templates, "template-units", false, "systemd: web@.service, with the port for %i")
	fs.BoolVar(&f.harden, "harden", false, "systemd: sandboxing; it breaks sudo, ping and sockets in /tmp")
	fs.BoolVar(&f.inline, "inline-env", false, "systemd, compose: values in the units, not in env files")
}

func (m *program) exportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "export [FORMAT LOCATION]",
		Short:   "write the app as files of systemd, Kubernetes and others",
		Long:    exportHelp,
		Example: exportExample,
	}
	opts := newOptions()
	opts.anyRun = true
	shared := slices.DeleteFunc(startFlags(), func(s spec) bool {
		return !slices.Contains([]string{
			"formation", "except", "procfile", "root", "env", "no-override", "port", "skip-bad-lines",
			"stop-timeout", "stop-signal", "stop-to", "restart", "restart-delay", "dry-run",
		}, s.name)
	})
	for i := range shared {
		if shared[i].name == "dry-run" {
			shared[i].usage = "show the changes as a diff, and write nothing"
		}
	}
	opts.flags(cmd.Flags(), shared)
	flags := &exportFlags{}
	flags.define(cmd.Flags())
	cmd.ValidArgsFunction = completeFormats
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 && flags.show == "" {
			m.listFormats()
			return nil
		}
		return m.export(opts, flags, args)
	}
	return cmd
}

func (m *program) listFormats() {
	for _, f := range export.Formats() {
		fmt.Fprintf(m.stdout, "%-13s %s\n", f.Name, f.Summary)
	}
}

func completeFormats(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	var names []string
	for _, f := range export.Formats() {
		names = append(names, f.Name+"\t"+f.Summary)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (m *program) export(opts *options, flags *exportFlags, args []string) error {
	format, location, err := exportArguments(flags, args)
	if err != nil {
		return err
	}
	if flags.show != "" {
		return m.showTemplates(format, flags.show)
	}
	a, err := loadApp(opts, true)
	if err != nil {
		return err
	}
	app, err := a.exported(flags, format, location)
	if err != nil {
		return err
	}
	var own fs.FS
	if flags.template != "" {
		if st, err := os.Stat(flags.template); err != nil || !st.IsDir() {
			return usageError(fmt.Sprintf("no folder %s", flags.template), "")
		}
		own = os.DirFS(flags.template)
	}
	out, err := format.Render(app, own)
	if err != nil {
		return err
	}
	for _, line := range slices.Concat(a.warnings, strayFlags(flags, format), out.Warnings) {
		fmt.Fprintln(m.stderr, line)
	}
	if location == "-" {
		_, err := m.stdout.Write(format.Stream(out))
		return writeError(err)
	}
	return m.writeExport(app, format, location, out, opts.yes("dry-run"))
}

// exportArguments are the format and the location of the command line.
func exportArguments(flags *exportFlags, args []string) (format export.Format, location string, err error) {
	if len(args) == 0 {
		return format, "", usageError("templates of which format?", "ganger export FORMAT --show-templates DIR")
	}
	if format, err = export.Lookup(args[0]); err != nil {
		return format, "", withStatus(err, "", fromFlag)
	}
	switch {
	case flags.show != "" && len(args) > 1:
		return format, "", usageError("--show-templates exports nothing, so there is no LOCATION", "")
	case flags.show != "":
		return format, "", nil
	case len(args) == 1:
		return format, "", usageError("export to where?", fmt.Sprintf("ganger export %s LOCATION, a folder", format.Name))
	case len(args) > 2:
		return format, "", usageError(fmt.Sprintf("one LOCATION, not %q too", args[2]), "")
	case args[1] == "-" && !format.Streams:
		return format, "", usageError(format.Name+" is several files, which make no one text", "name a folder")
	}
	return format, args[1], nil
}

// writeExport brings the folder up to date, or tells what that would change.
func (m *program) writeExport(app export.App, format export.Format, location string, out export.Output, dry bool) error {
	tree, err := export.Compare(app.Location, format, app.Name, out)
	if err != nil {
		return err
	}
	if dry {
		_, err := m.stdout.Write(tree.Diff())
		return writeError(err)
	}
	err = tree.Apply(func(line string) { fmt.Fprintln(m.stdout, "[ganger export] "+line) })
	if err != nil {
		return err
	}
	for _, folder := range tree.Left {
		fmt.Fprintf(m.stderr, "%s is left, with what its engine keeps there: stop that service, and remove it\n", filepath.Join(location, folder))
	}
	fmt.Fprintln(m.stdout, "To make it run:")
	for _, hint := range slices.Concat(format.Gone(tree.Remove), out.Hints) {
		fmt.Fprintln(m.stdout, "  "+strings.ReplaceAll(hint, "LOCATION", location))
	}
	return nil
}

// showTemplates writes the built-in templates of a format, but over no file.
func (m *program) showTemplates(format export.Format, dir string) error {
	templates, err := format.Templates()
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, templates); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fileError(fmt.Sprintf("cannot write the templates: %v", err), "choose an empty folder")
		}
		return fileError(fmt.Sprintf("cannot write the templates: %v", err), "")
	}
	return fs.WalkDir(templates, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			fmt.Fprintln(m.stdout, "[ganger export] writing: "+filepath.Join(dir, path))
		}
		return err
	})
}

func writeError(err error) error {
	if err == nil {
		return nil
	}
	return fileError(fmt.Sprintf("cannot write: %v", bare(err)), "")
}
