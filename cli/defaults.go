package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// fromDefaultsFile takes the options of the app's .ganger, or where there is
// none of its .foreman. It returns what deserves a warning.
func (os *options) fromDefaultsFile(cwd, root string) (warning string, err error) {
	path := filepath.Join(root, defaultsName)
	lines, err := readDefaults(cwd, path)
	if err != nil {
		return "", err
	}
	if lines != nil {
		return "", os.fromGanger(shown(cwd, path), lines)
	}
	path = filepath.Join(root, foremanName)
	if lines, err = readDefaults(cwd, path); err != nil {
		return "", err
	}
	return os.fromForeman(shown(cwd, path), lines)
}

func readDefaults(cwd, path string) ([]string, error) {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fileError(fmt.Sprintf("cannot read %s: %v", shown(cwd, path), bare(err)), "")
	}
	return strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n"), nil
}

// defaultLine is one "key: value" of a defaults file; without a key it is none.
type defaultLine struct {
	key, value string
	line       int
}

// parseDefaults splits lines into keys and values.
func parseDefaults(lines []string) []defaultLine {
	var all []defaultLine
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" || line == "---" || strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.IndexAny(line, ":=")
		if at <= 0 {
			all = append(all, defaultLine{line: i + 1})
			continue
		}
		all = append(all, defaultLine{strings.TrimSpace(line[:at]), unquote(strings.TrimSpace(line[at+1:])), i + 1})
	}
	return all
}

// unquote takes one pair of quotes away, or a comment that follows a value.
func unquote(v string) string {
	for _, q := range []string{`"`, `'`} {
		if rest, ok := strings.CutPrefix(v, q); ok {
			if inner, _, ok := strings.Cut(rest, q); ok {
				return inner
			}
		}
	}
	if i := strings.Index(v, " #"); i >= 0 {
		v = strings.TrimSpace(v[:i])
	}
	return v
}

// fromGanger reads ganger's own defaults file, in which a mistake is an error.
func (os *options) fromGanger(path string, lines []string) error {
	var fails failures
	known := os.keys()
	for _, d := range parseDefaults(lines) {
		where := fmt.Sprintf("%s:%d", path, d.line)
		if d.key == "" {
			fails.add(where+": no key", "write KEY: VALUE or KEY=VALUE")
			continue
		}
		o := os.get(d.key)
		if o == nil || !slices.Contains(known, d.key) {
			problem, hint := unknownKey(d.key, known)
			fails.add(where+": "+problem, hint)
			continue
		}
		if err := o.add(given{d.value, where, fromDefaults}); err != nil {
			problem, hint := parts(err)
			fails.add(fmt.Sprintf("%s: %s: %s", where, d.key, problem), hint)
		}
	}
	return errors.Join(fails...)
}

// keys are the options that a defaults file may set.
func (os *options) keys() []string {
	return slices.DeleteFunc(slices.Clone(os.names), neverFromShell)
}

// fromForeman reads foreman's defaults file: its names, YAML's quotes. What we
// do not know in it was written for foreman, so it is a warning.
func (os *options) fromForeman(path string, lines []string) (warning string, err error) {
	var unknown []string
	for _, d := range parseDefaults(lines) {
		if d.key == "" {
			unknown = append(unknown, fmt.Sprintf("line %d", d.line))
			continue
		}
		key, value := foremanKey(d.key, d.value)
		o := os.get(key)
		if o == nil {
			unknown = append(unknown, d.key)
			continue
		}
		where := fmt.Sprintf("%s:%d", path, d.line)
		if err := o.add(given{value, where, fromDefaults}); err != nil {
			return "", withPlace(err, where+": "+d.key, fromDefaults)
		}
	}
	if len(unknown) > 0 {
		warning = fmt.Sprintf("%s: not used here: %s", path, strings.Join(unknown, ", "))
	}
	return warning, nil
}

// foremanKey is our name for one of foreman's options.
func foremanKey(key, value string) (string, string) {
	yes, err := parseYesNo(value)
	switch key {
	case "concurrency":
		return "formation", value
	case "timeout":
		return "stop-timeout", value
	case "timestamp":
		if err == nil && !yes {
			return "timestamps", "off"
		}
		return "timestamps", "time"
	case "color":
		if err == nil && yes {
			return "color", "always"
		}
		return "color", "auto"
	case "root":
		return "", "" // it is read from the root
	}
	return key, value
}

// failures are several mistakes that are said together, each hint once.
type failures []error

func (fs *failures) add(problem, hint string) {
	for _, err := range *fs {
		if _, said := parts(err); said == hint {
			hint = ""
		}
	}
	*fs = append(*fs, fileError(problem, hint))
}
