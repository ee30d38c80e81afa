package procfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mattn/go-shellwords"
)

// settingsLine is what stands after "# ganger:".
type settingsLine struct {
	line int
	text string
}

// comment reads a comment line. Settings wait for the entry below them; a
// comment that reads as an entry takes them along, since whoever comments out
// an entry leaves its settings above it.
func (p *parser) comment(text string) {
	if bad := p.undecodable(text); bad.Problem != "" {
		bad.Line, bad.BadLine = p.line, true
		p.refuse(bad)
		return
	}
	if settings, ok := settingsText(text); ok {
		p.settings = append(p.settings, settingsLine{p.line, settings})
		return
	}
	text = strings.TrimLeft(text, "#/"+blanks)
	if looksLikeSettings(text) {
		p.unread = append(p.unread, p.line)
		return
	}
	name, ok := asEntry(text)
	if ok && name != "ganger" {
		p.unread = p.unread[:0]
	}
	if ok && name != "ganger" && len(p.settings) > 0 {
		p.note(p.settings[0].line, fmt.Sprintf("these settings go with %q, which is a comment on line %d", name, p.line))
		p.settings = p.settings[:0]
	}
}

// settingsText returns what follows "# ganger:" or "// ganger:".
func settingsText(text string) (string, bool) {
	if strings.HasPrefix(text, "#") {
		text = text[1:]
	} else {
		text = text[2:]
	}
	before, after, ok := strings.Cut(text, ":")
	return trimBlanks(after), ok && trimBlanks(before) == "ganger"
}

// looksLikeSettings reports whether a comment that has no settings was meant to
// have some: "ganger ready=port", "Ganger: ready=port".
func looksLikeSettings(text string) bool {
	const name = "ganger"
	if len(text) < len(name) || !strings.EqualFold(text[:len(name)], name) {
		return false
	}
	rest := text[len(name):]
	key, _, ok := strings.Cut(strings.TrimLeft(rest, ":"+blanks), "=")
	_, _, known := find(key)
	return ok && known && strings.IndexByte(":"+blanks, rest[0]) >= 0
}

// noteUnread tells of the comments above an entry that look like its settings.
func (p *parser) noteUnread() {
	for _, line := range p.unread {
		p.file.Unread = append(p.file.Unread, Mistake{File: p.file.Path, Line: line,
			Problem: "this comment looks like settings, and is not read: settings begin with # ganger:"})
	}
	p.unread = p.unread[:0]
}

// strayIsMistake refuses the settings that no entry follows.
func (p *parser) strayIsMistake() {
	for _, s := range p.settings {
		p.refuse(Mistake{Line: s.line, Problem: "settings that belong to no type",
			Hint: "put them directly above an entry, without an empty line between"})
	}
	p.settings = p.settings[:0]
}

// takeSettings checks the settings above an entry and returns the good ones.
func (p *parser) takeSettings() []Setting {
	var settings []Setting
	for _, s := range p.settings {
		words, err := splitSettings(s.text)
		if err != nil {
			p.refuseSetting(s.line, err)
			continue
		}
		for _, word := range words {
			setting, err := p.checkSetting(word, s.line, settings)
			if err != nil {
				p.refuseSetting(s.line, err)
				continue
			}
			settings = append(settings, setting)
		}
	}
	p.settings = p.settings[:0]
	return settings
}

func (p *parser) refuseSetting(line int, err error) {
	m := Mistake{Line: line, Problem: err.Error()}
	var e *SettingError
	if errors.As(err, &e) {
		m.Problem, m.Hint = e.Problem, e.Hint
	}
	p.refuse(m)
}

const settingHint = "a setting is key=value, without blanks around the ="

func (p *parser) checkSetting(word string, line int, before []Setting) (Setting, error) {
	key, value, ok := strings.Cut(word, "=")
	row, _, known := find(key)
	switch {
	case !ok && known:
		return Setting{}, &SettingError{key + " has no value", "use " + row.Values}
	case !ok || key == "":
		return Setting{}, &SettingError{quote(word) + " is not a setting", settingHint}
	}
	var scratch Settings
	if err := scratch.Set(key, value); err != nil {
		return Setting{}, err
	}
	if check := p.checks[key]; check != nil {
		if err := check(value); err != nil {
			return Setting{}, &SettingError{key + " " + err.Error(), "use " + row.Values}
		}
	}
	for _, s := range before {
		if s.Key == key && !row.repeats {
			return Setting{}, &SettingError{fmt.Sprintf("%s is set on line %d already", key, s.Line), "keep one of the two"}
		}
	}
	return Setting{Key: key, Value: value, Line: line}, nil
}

// splitSettings splits into words as a shell does, up to a comment. What a
// shell would replace or act upon is refused, so that nobody reads more into a
// setting than it does.
func splitSettings(text string) ([]string, error) {
	if special := expandable(text); special != "" {
		return nil, &SettingError{fmt.Sprintf("the settings have %s outside single quotes", special),
			"settings replace nothing: key='value' takes the value as it stands"}
	}
	split := shellwords.NewParser()
	split.ParseEnv, split.ParseBacktick, split.ParseComment = false, false, true
	words, err := split.Parse(text)
	switch {
	case err != nil:
		return nil, &SettingError{"the settings have a quote without its end, or a parenthesis outside quotes", "key='value' takes the value as it stands"}
	case split.Position >= 0:
		return nil, &SettingError{"the settings have one of ; & | < > outside quotes", "key='value' takes the value as it stands"}
	case len(words) == 0:
		return nil, &SettingError{"no setting after the colon", settingHint}
	}
	return words, nil
}

// expandable returns the first character outside single quotes that a shell
// and go-shellwords do not treat alike, or "".
func expandable(text string) string {
	var quoted byte
	for i := range len(text) {
		switch c := text[i]; {
		case quoted == 0 && c == '#' && (i == 0 || strings.IndexByte(blanks, text[i-1]) >= 0):
			return ""
		case quoted == 0 && (c == '\'' || c == '"'):
			quoted = c
		case quoted == c:
			quoted = 0
		case quoted != '\'' && (c == '$' || c == '`' || c == '\\'):
			return text[i : i+1]
		}
	}
	return ""
}
