package cli

import (
	"fmt"
	"strings"

	"ganger/procfile"

	"github.com/spf13/cobra"
)

const settingsHelp = `The settings of a type stand in comment lines directly above it; several lines
add up:

  # ganger: needs=db,redis ready=http:/up
  # ganger: watch=src/**/*.go,templates/**
  web: bin/server -p $PORT

They are split as a shell would: quotes hold together what has blanks in it.
Some are flags of ganger start as well, for all types or for one of them:
--restart no, --stop-timeout worker=30s.
`

// settingsTopic is the help on settings. It is no command: it runs nothing.
func (m *program) settingsTopic() *cobra.Command {
	cmd := &cobra.Command{Use: "settings", Short: "the settings of a type"}
	cmd.SetHelpFunc(func(*cobra.Command, []string) { fmt.Fprint(m.stdout, settingsText()) })
	return cmd
}

// settingsText has each setting with its values, its default and its meaning.
func settingsText() string {
	var b strings.Builder
	b.WriteString(settingsHelp)
	for _, k := range procfile.Keys() {
		fmt.Fprintf(&b, "\n%s=%s\n", k.Name, wrap(k.Values, len(k.Name)+1, "      "))
		doc := k.Doc
		if k.Default != "" {
			doc += " (" + k.Default + ")"
		}
		fmt.Fprintf(&b, "    %s\n", wrap(doc, 4, "    "))
	}
	return b.String()
}

// wrap breaks a text into lines of up to 80 columns: the first begins after so
// many columns, the others with the indent.
func wrap(text string, column int, indent string) string {
	const width = 80
	var b strings.Builder
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
