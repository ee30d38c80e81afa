package export

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// renderer collects what a format makes of an app.
type renderer struct {
	App
	format  Format
	own     fs.FS
	out     Output
	refused []error
}

// warn adds a line, once.
func (r *renderer) warn(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if !slices.Contains(r.out.Warnings, line) {
		r.out.Warnings = append(r.out.Warnings, line)
	}
}

func (r *renderer) refuse(hint, format string, args ...any) {
	r.refused = append(r.refused, &Error{Problem: fmt.Sprintf(format, args...), Hint: hint})
}

func (r *renderer) hint(format string, args ...any) {
	r.out.Hints = append(r.out.Hints, fmt.Sprintf(format, args...))
}

// copyHint tells to copy the files to where the engine looks, where they are
// not there already.
func (r *renderer) copyHint(command, folder string, patterns ...string) {
	if r.Location == folder {
		return
	}
	for _, pattern := range patterns {
		command += " LOCATION/" + pattern
	}
	r.hint("%s %s/", command, folder)
}

// add renders a template into a file. It gets 0600 where it holds values.
func (r *renderer) add(path, template string, mode fs.FileMode, secret bool, data any) {
	text, err := r.execute(template, data)
	if err != nil {
		r.refused = append(r.refused, err)
		return
	}
	r.addText(path, mode, secret, text)
}

// addText adds a file that needs no template.
func (r *renderer) addText(path string, mode fs.FileMode, secret bool, text []byte) {
	if secret {
		mode &^= 0o077
	}
	r.out.Files = append(r.out.Files, File{Path: path, Mode: mode, Text: text, Secret: secret})
}

// addBare adds a file that an engine reads to the last byte.
func (r *renderer) addBare(path, text string) {
	r.out.Files = append(r.out.Files, File{Path: path, Mode: 0o644, Text: []byte(text), Bare: true})
}

// checkLines refuses what would end a line before its time, wherever it stands:
// a Procfile holds none of it, and a path hardly ever.
func (r *renderer) checkLines() {
	check := func(what, text string) {
		if !oneLine(text) || strings.HasSuffix(text, `\`) {
			r.refuse("change it", "%s: %s %q cannot stand in a line", r.format.Name, what, text)
		}
	}
	for _, text := range []string{r.Root, r.Location, r.LogDir, r.RunDir} {
		check("the path", text)
	}
	check("the user", r.User)
	check("the image", r.Image)
	for _, t := range r.Types {
		check("the folder of "+t.Name, t.Dir)
		if !oneLine(t.Command.Script) {
			r.refuse("write it without control characters", "%s: the command of %s cannot stand in a line", r.format.Name, t.Name)
		}
	}
}

// sayElsewhere names what is needed and not exported.
func (r *renderer) sayElsewhere() {
	for _, t := range r.Types {
		for _, need := range t.Settings.Needs {
			if _, ok := r.typ(need); !ok {
				r.warn("%s needs %s, which is not exported: it is taken to run elsewhere", t.Name, need)
			}
		}
	}
}

// checkVars refuses the variables that the engine cannot hold: names with one
// of the reasons, values with the other; "" accepts.
func (r *renderer) checkVars(name, value func(string) string) {
	check := func(v Var) {
		if why := name(v.Name); why != "" {
			r.refuse("rename it, or take it out of the env file", "%s: the variable %q cannot be exported: %s", r.format.Name, v.Name, why)
		} else if why := value(v.Value); why != "" {
			r.refuse("encode it, in base64 for one, and have the app decode it", "%s: the value of %s cannot be exported: %s", r.format.Name, v.Name, why)
		}
	}
	for _, v := range r.Config {
		check(v)
	}
	for _, t := range r.Types {
		for _, v := range slices.Concat(t.Config, t.Ports) {
			check(v)
		}
	}
}
