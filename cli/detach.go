package cli

import (
	"bytes"
	"fmt"
	"strings"
)

// usualDetach leave an attached terminal if nothing else was asked for.
const usualDetach = "ctrl-] or ctrl-p ctrl-q"

// detacher finds in what is typed the keys that leave.
type detacher struct {
	sequences [][]byte
	held      []byte // typed, and the beginning of a sequence
}

// parseDetach reads keys, divided by blanks or commas: ctrl-X, ^X or a single
// character. The word or divides sequences.
func parseDetach(text string) (*detacher, error) {
	d := &detacher{sequences: make([][]byte, 1)}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		last := &d.sequences[len(d.sequences)-1]
		if word == "or" {
			d.sequences = append(d.sequences, nil)
			continue
		}
		key, err := parseKey(word)
		if err != nil {
			return nil, err
		}
		*last = append(*last, key)
	}
	for _, s := range d.sequences {
		if len(s) == 0 {
			return nil, fmt.Errorf("%q has no keys", text)
		}
	}
	return d, nil
}

func parseKey(word string) (byte, error) {
	letter, control := strings.CutPrefix(strings.ToLower(word), "ctrl-")
	if !control {
		letter, control = strings.CutPrefix(word, "^")
	}
	switch {
	case len(letter) != 1 && len(word) != 1:
	case len(word) == 1 && word[0] > ' ' && word[0] < 0x7f:
		return word[0], nil
	case control && letter == "?":
		return 0x7f, nil
	case control && (letter[0] >= '@' && letter[0] <= '_' || letter[0] >= 'a' && letter[0] <= 'z'):
		return letter[0] & 0x1f, nil
	}
	return 0, fmt.Errorf("%q is no key", word)
}

// feed takes what was typed. It returns what is for the process, and whether
// the keys to leave were typed; what follows those is for nobody. What may be
// the beginning of them is held back until the next key, or release.
func (d *detacher) feed(typed []byte) (pass []byte, leave bool) {
	for _, c := range typed {
		d.held = append(d.held, c)
		for len(d.held) > 0 {
			whole, begun := d.match()
			if whole {
				d.held = nil
				return pass, true
			}
			if begun {
				break
			}
			pass = append(pass, d.held[0])
			d.held = d.held[1:]
		}
	}
	return pass, false
}

// match says whether what is held is a sequence, or the beginning of one.
func (d *detacher) match() (whole, begun bool) {
	for _, s := range d.sequences {
		if bytes.Equal(s, d.held) {
			return true, true
		}
		begun = begun || bytes.HasPrefix(s, d.held)
	}
	return false, begun
}

// release gives what was held back.
func (d *detacher) release() []byte {
	held := d.held
	d.held = nil
	return held
}
