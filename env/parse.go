package env

import (
	"fmt"
	"slices"
	"strings"
)

const (
	byteOrderMark = "\uFEFF"

	// maxEntry is the most that Linux takes for one NAME=value with the NUL behind it
	// (MAX_ARG_STRLEN in execve(2)). More could start no process, and references to
	// references could make much more of a small file.
	maxEntry = 128 << 10
)

// lookup finds the value of a variable.
type lookup func(name string) (value string, set bool)

// Parse reads the text of one env file. lookup says what is set in earlier files or in
// the surrounding environment; it may be nil.
//
// The error is Mistakes: every statement that cannot be read. The File holds what can
// be, in that case too.
func Parse(name string, text []byte, lookup func(string) (string, bool)) (*File, error) {
	return parse(name, string(text), nil, lookup)
}

// parse reads a text, in which a reference finds its value by before, then above it in
// the text, then by after.
func parse(path, text string, before, after lookup) (*File, error) {
	p := parser{file: &File{Path: path}, before: before, after: after}
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return p.file, Mistakes{{
			File:    path,
			Problem: fmt.Sprintf("cannot read %q: it is UTF-16 text", path),
			Hint:    "save the file as UTF-8",
		}}
	}
	p.run(strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), byteOrderMark))
	p.file.Differs = differences(text, p.statements, p.file.Pairs)
	if len(p.mistakes) > 0 {
		return p.file, p.mistakes
	}
	return p.file, nil
}

type parser struct {
	file          *File
	statements    []statement // those of file.Pairs
	mistakes      Mistakes
	before, after lookup
	above         map[string]string // what the first known of file.Pairs set
	known         int
}

func (p *parser) run(text string) {
	usual := min(strings.Count(text, "\n")+1, 64)
	p.file.Pairs, p.statements = make([]Pair, 0, usual), make([]statement, 0, usual)
	scan := scanner{text: text, line: 1}
	for {
		st, bad, line := scan.next()
		if line == 0 {
			return
		}
		if bad == nil {
			bad = p.take(st)
		}
		if bad != nil {
			p.mistakes = append(p.mistakes, Mistake{
				File: p.file.Path, Line: line + bad.line, Problem: bad.problem, Hint: bad.hint,
			})
		}
	}
}

// take adds the pair of a statement to the file.
func (p *parser) take(st statement) *fault {
	if st.name == "" {
		for name := range strings.FieldsFuncSeq(st.source, isBlank) {
			if _, set := p.lookup(name); !set {
				return &fault{problem: "export of a variable that is not set", hint: "write export NAME=value"}
			}
		}
		return nil
	}
	covered, ok := evaluate(st.name, st.source)
	if !ok {
		return &fault{problem: "a value that cannot be read", hint: "put it in single quotes"}
	}
	var left []Reference
	value := expand(covered, p.lookup, func(name string, operator bool) {
		ref := Reference{Name: name, Line: st.line, In: st.name, Operator: operator}
		if !slices.Contains(left, ref) {
			left = append(left, ref)
		}
	})
	if len(st.name)+len("=")+len(value)+1 > maxEntry {
		return &fault{
			problem: "a value that is too long",
			hint:    fmt.Sprintf("no process can be given a variable of more than %d KiB", maxEntry>>10),
		}
	}
	p.file.Pairs = append(p.file.Pairs, Pair{Name: st.name, Value: value, Line: st.line})
	p.file.Unresolved = append(p.file.Unresolved, left...)
	p.statements = append(p.statements, st)
	return nil
}

// lookup finds the value of a variable for the statement that is being read.
func (p *parser) lookup(name string) (string, bool) {
	if p.before != nil {
		if value, set := p.before(name); set {
			return value, true
		}
	}
	if p.above == nil {
		p.above = make(map[string]string)
	}
	for ; p.known < len(p.file.Pairs); p.known++ {
		pair := p.file.Pairs[p.known]
		p.above[pair.Name] = pair.Value
	}
	if value, set := p.above[name]; set {
		return value, true
	}
	if p.after != nil {
		return p.after(name)
	}
	return "", false
}
