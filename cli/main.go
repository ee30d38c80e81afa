// Package cli is the command line: flags, wiring, wording, exit statuses. One
// file holds one command.
package cli

import (
	"os"
	"syscall"

	"ganger/process"
	"ganger/process/half"

	"github.com/spf13/cobra"
)

// program is one call of ganger.
type program struct {
	args           []string
	stdout, stderr *os.File
	link           *process.Link  // to the front, where this is the back
	alone          *process.Alone // where there is no front
	apart          bool           // it was started in the background
}

// Main runs the command line and returns the exit status.
func Main() int {
	m := &program{args: os.Args[1:], stdout: os.Stdout, stderr: os.Stderr, link: process.OpenLink(), apart: half.Apart()}
	if m.link != nil {
		waitMore()
		m.link.Listen(m.endEarly)
	} else if half.Begun() != nil {
		return process.Front(m.args, m.stderr) // the back reads the flags
	}
	root := m.command()
	root.SetArgs(m.args)
	status := report(m.stderr, root.Execute())
	if m.link != nil {
		m.link.Bye(status) // not reached by a panic, which is what the front wants to know
	}
	return status
}

// endEarly ends the back while nothing runs yet: a file that it reads may be a
// pipe that nobody writes to. What else comes is about the app.
func (m *program) endEarly(e process.LinkEvent) (done bool) {
	switch {
	case e.Gone:
		os.Exit(statusFailed)
	case e.Signal == syscall.SIGINT, e.Signal == syscall.SIGTERM, e.Signal == syscall.SIGHUP, e.Signal == syscall.SIGQUIT:
		status := 128 + int(e.Signal)
		if m.link != nil {
			m.link.ByeNow(status)
		}
		os.Exit(status)
	}
	return false
}

// toRunning is the group of the commands that talk to a running app.
const toRunning = "running"

// command is the tree of commands.
func (m *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:               "ganger",
		Short:             "run a whole app from its Procfile",
		Version:           version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              cobra.ArbitraryArgs,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		RunE:              m.bare,
	}
	root.SetOut(m.stdout)
	root.SetErr(m.stderr)
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("ganger {{.Version}}\n")
	root.AddCommand(m.startCommand(), m.runCommand())
	if m.link != nil { // the others would take longer to make than the start itself
		root.CompletionOptions.DisableDefaultCmd = true
		m.dress(root)
		return root
	}
	root.AddCommand(m.checkCommand(), m.exportCommand(), m.versionCommand(), m.settingsTopic())
	root.AddGroup(&cobra.Group{ID: toRunning, Title: "Commands to a running app:"})
	for _, cmd := range []*cobra.Command{
		m.psCommand(), m.listCommand(), m.logsCommand(), m.attachCommand(), m.waitCommand(), m.restartCommand(), m.stopCommand(), m.quitCommand(),
		m.scaleCommand(), m.reloadCommand(), m.signalCommand(),
	} {
		cmd.GroupID = toRunning
		root.AddCommand(cmd)
	}
	m.dress(root)
	return root
}
