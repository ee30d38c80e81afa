package export

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/template"
)

//go:embed templates
var builtin embed.FS

// Templates returns the built-in templates of the format.
func (f Format) Templates() (fs.FS, error) {
	return fs.Sub(builtin, path.Join("templates", f.templates))
}

// execute fills a template: the user's own, where there is one of that name,
// else the built-in. All their values are ready for the place where they stand;
// the functions are for templates that put others there.
func (r *renderer) execute(name string, data any) ([]byte, error) {
	text, err := r.template(name)
	if err != nil {
		return nil, err
	}
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{
		"json":  jsonQuote,
		"lower": strings.ToLower,
		"shell": shellQuote,
		"upper": strings.ToUpper,
		"xml":   xmlQuote,
	}).Parse(string(text))
	if err != nil {
		return nil, templateError(err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, templateError(err)
	}
	return b.Bytes(), nil
}

func (r *renderer) template(name string) ([]byte, error) {
	if r.own != nil {
		text, err := fs.ReadFile(r.own, name)
		if err == nil {
			return text, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, &Error{Problem: fmt.Sprintf("cannot read the template: %v", err)}
		}
	}
	files, err := r.format.Templates()
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(files, name)
}

func templateError(err error) error {
	return &Error{
		Problem: strings.TrimPrefix(err.Error(), "template: "),
		Hint:    "--show-templates DIR writes the built-in templates, with all that they use",
	}
}
