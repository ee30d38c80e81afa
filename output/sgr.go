package output

import "strconv"

// style is what SGR sequences (ECMA-48, 8.3.117) have switched on. It is
// comparable; the zero value is the terminal's default.
type style struct {
	attrs     uint16 // bit n stands for parameter n: bold 1, faint 2, ... struck out 9
	underline uint8  // the form of the underline, 0 for none: 1 single, 2 double, 3 curly ...
	overline  bool
	fg, bg    tint
	ul        tint // the underline's colour
}

// tint is a colour. code is 0 for the default, 1 for one of the 16 that SGR has
// parameters of its own for (a is that parameter), 5 for the palette of 256 and
// 2 for red, green and blue.
type tint struct{ code, a, b, c uint8 }

// apply changes s as a terminal does for the parameters between "ESC [" and
// "m". What it does not know it passes over.
func (s *style) apply(params []byte) {
	p := sgrParams{rest: params, more: true}
	for p.more {
		n, sub := p.next()
		switch {
		case n == 0:
			*s = style{}
		case n == 4:
			s.underline = 1
			if len(sub) > 0 {
				s.underline = uint8(min(max(0, number(sub)), 5))
			}
		case n == 21:
			s.underline = 2
		case n == 24:
			s.underline = 0
		case n >= 1 && n <= 9:
			s.attrs |= 1 << n
		case n == 22:
			s.attrs &^= 1<<1 | 1<<2
		case n == 25:
			s.attrs &^= 1<<5 | 1<<6
		case n == 23 || n >= 27 && n <= 29:
			s.attrs &^= 1 << (n - 20)
		case n == 53 || n == 55:
			s.overline = n == 53
		case n >= 30 && n <= 37 || n >= 90 && n <= 97:
			s.fg = tint{1, uint8(n), 0, 0}
		case n >= 40 && n <= 47 || n >= 100 && n <= 107:
			s.bg = tint{1, uint8(n), 0, 0}
		case n == 39:
			s.fg = tint{}
		case n == 49:
			s.bg = tint{}
		case n == 59:
			s.ul = tint{}
		case n == 38:
			p.tint(&s.fg, sub)
		case n == 48:
			p.tint(&s.bg, sub)
		case n == 58:
			p.tint(&s.ul, sub)
		}
	}
}

// sgrParams walks over parameters, which are divided by semicolons, and their
// parts, which are divided by colons.
type sgrParams struct {
	rest []byte
	more bool
}

func (p *sgrParams) next() (n int, sub []byte) {
	i := 0
	for i < len(p.rest) && p.rest[i] != ';' {
		i++
	}
	field := p.rest[:i]
	if p.more = i < len(p.rest); p.more {
		p.rest = p.rest[i+1:]
	}
	n = number(field)
	for j, c := range field {
		if c == ':' {
			return n, field[j+1:]
		}
	}
	return n, nil
}

// number reads the digits that p begins with; none are 0, and more than four
// are as good as 9999.
func number(p []byte) int {
	n := 0
	for _, c := range p {
		if c < '0' || c > '9' {
			break
		}
		if n = n*10 + int(c-'0'); n > 9999 {
			return 9999
		}
	}
	return n
}

// tint reads a colour: 5;n or 2;r;g;b as parameters, or as parts 5:n, 2:r:g:b
// or 2:colourspace:r:g:b.
func (p *sgrParams) tint(t *tint, sub []byte) {
	var v [6]int
	n := 0
	if sub != nil {
		for start, i := 0, 0; i <= len(sub); i++ {
			if i == len(sub) || sub[i] == ':' {
				if n < len(v) {
					v[n] = number(sub[start:i])
					n++
				}
				start = i + 1
			}
		}
		if v[0] == 2 && n >= 5 {
			v[1], v[2], v[3] = v[2], v[3], v[4]
			n = 4
		}
	} else {
		for want := 1; n < want && p.more; n++ {
			v[n], _ = p.next()
			if n == 0 && v[0] == 5 {
				want = 2
			} else if n == 0 && v[0] == 2 {
				want = 4
			}
		}
	}
	for _, x := range v[:n] {
		if x > 255 {
			return
		}
	}
	switch {
	case v[0] == 5 && n >= 2:
		*t = tint{5, uint8(v[1]), 0, 0}
	case v[0] == 2 && n >= 4:
		*t = tint{2, uint8(v[1]), uint8(v[2]), uint8(v[3])}
	}
}

// appendTo appends the one sequence that makes s out of the default, or nothing
// if s is the default.
func (s *style) appendTo(b []byte) []byte {
	if *s == (style{}) {
		return b
	}
	b = append(b, "\x1b["...)
	for n := range 10 {
		if s.attrs&(1<<n) != 0 {
			b = append(strconv.AppendInt(b, int64(n), 10), ';')
		}
	}
	switch s.underline {
	case 0:
	case 1:
		b = append(b, "4;"...)
	case 2:
		b = append(b, "21;"...)
	default:
		b = append(b, '4', ':', '0'+s.underline, ';')
	}
	if s.overline {
		b = append(b, "53;"...)
	}
	b = s.fg.appendTo(b, 38)
	b = s.bg.appendTo(b, 48)
	b = s.ul.appendTo(b, 58)
	b[len(b)-1] = 'm'
	return b
}

func (t *tint) appendTo(b []byte, param int64) []byte {
	if t.code == 0 {
		return b
	}
	parts := []uint8{t.a, t.b, t.c}
	switch t.code {
	case 1:
		parts = parts[:1]
	case 5:
		b = strconv.AppendInt(b, param, 10)
		b = append(b, ";5;"...)
		parts = parts[:1]
	case 2:
		b = strconv.AppendInt(b, param, 10)
		b = append(b, ";2;"...)
	}
	for _, v := range parts {
		b = append(strconv.AppendUint(b, uint64(v), 10), ';')
	}
	return b
}
