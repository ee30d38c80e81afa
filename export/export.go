// Package export writes an app's formation as the files of the engine that is
// to run it: systemd, supervisord, runit, s6, launchd, upstart, compose,
// Kubernetes or Nomad.
//
// [NewApp] turns the processes of a formation into an [App], [Format.Render]
// turns that into files, and [Tree] puts the files in a folder, beside what is
// there already. Rendering reads nothing but its arguments and the templates.
//
// Values of variables are exact: what a process has under start it has in the
// engine, byte for byte. A name or a value that an engine cannot hold is an
// error before any file is written.
package export

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"ganger/procfile"
)

// File is one file to write.
type File struct {
	Path   string      // relative to the location, with slashes
	Mode   fs.FileMode // 0600 where it holds values of variables
	Text   []byte
	Secret bool // it holds values, so no message shows its text
	Bare   bool // it has no place for a comment, and belongs to the folder
}

// Output is what a format makes of an app.
type Output struct {
	Files []File // in the order in which to write them
	// Warnings are what the engine has no word for, and names that had to be
	// changed. Each is a line.
	Warnings []string
	// Hints are the commands that make it run, in order. In them LOCATION
	// stands for where the files are.
	Hints []string
}

// Format is one engine's kind of files.
type Format struct {
	Name    string
	Summary string // one line, for lists
	Streams bool   // its files can be one text, as for kubectl apply -f -
	Users   bool   // it runs an app as a user of the app's name, unless told otherwise

	join      string // between two files of a stream
	comment   comment
	restarts  bool   // it can restart a type with another
	templates string // their folder
	make      func(*renderer)
	gone      func(file string) string // see Gone
}

// Formats returns all formats, in the order in which to list them.
func Formats() []Format {
	return []Format{
		systemdFormat(), systemdUserFormat(), supervisordFormat(), runitFormat(), s6Format(),
		launchdFormat(), upstartFormat(), composeFormat(), kubernetesFormat(), nomadFormat(),
	}
}

// Lookup returns the format of that name. The error is an [*Error] with the
// nearest.
func Lookup(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	e := &Error{Problem: fmt.Sprintf("no format %q", name), Hint: "formats are " + strings.Join(names, ", ")}
	if near := procfile.Nearest(name, names); near != "" {
		e.Hint = fmt.Sprintf("did you mean %s?", near)
	}
	return Format{}, e
}

// Render makes the files. own holds templates that stand in place of the
// built-in ones of the same name; it may be nil. The error joins an [*Error]
// for each thing that the engine cannot hold.
func (f Format) Render(app App, own fs.FS) (Output, error) {
	r := &renderer{App: app, format: f, own: own}
	r.checkLines()
	r.sayElsewhere()
	r.sayLeftOut()
	f.make(r)
	if len(r.refused) > 0 {
		return Output{}, errors.Join(r.refused...)
	}
	for i := range r.out.Files {
		file := &r.out.Files[i]
		if file.Bare {
			continue
		}
		file.Text = f.comment.mark(file.Text, markText(f.Name, app.Name))
	}
	return r.out, nil
}

// Stream is all files as one text, for a format that Streams.
func (f Format) Stream(out Output) []byte {
	var b bytes.Buffer
	for i, file := range out.Files {
		if i > 0 {
			b.WriteString(f.join)
		}
		b.Write(file.Text)
	}
	return b.Bytes()
}

// Gone tells what ends the processes of files that an export removed, where the
// engine does not see to it: a command each.
func (f Format) Gone(removed []string) []string {
	var commands []string
	for _, file := range removed {
		if f.gone == nil {
			break
		}
		if command := f.gone(file); command != "" {
			commands = append(commands, command)
		}
	}
	return commands
}

// Error is something that cannot be exported: what is wrong, and what to do
// about it.
type Error struct{ Problem, Hint string }

// Error returns the problem without the hint.
func (e *Error) Error() string { return e.Problem }
