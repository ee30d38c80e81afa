package portalloc

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

func TestBase(t *testing.T) {
	tests := []struct {
		candidates []Candidate
		want       BasePort
		problem    string
	}{
		{want: BasePort{Port: 5000, From: "default"}},
		{candidates: []Candidate{{"", "-p"}, {"", "PORT in .env"}}, want: BasePort{Port: 5000, From: "default"}},
		{candidates: []Candidate{{"6000", "-p"}, {"7000", "PORT in .env"}}, want: BasePort{Port: 6000, From: "-p"}},
		{candidates: []Candidate{{"", "-p"}, {"7000", "PORT in .env"}, {"x", "PORT"}}, want: BasePort{Port: 7000, From: "PORT in .env"}},
		{candidates: []Candidate{{"none", "-p"}, {"x", "PORT"}}, want: BasePort{From: "-p", None: true}},
		{candidates: []Candidate{{"", "-p"}, {"auto", "GANGER_PORT"}}, want: BasePort{From: "GANGER_PORT", Auto: true}},
		{candidates: []Candidate{{"1", "-p"}}, want: BasePort{Port: 1, From: "-p"}},
		{candidates: []Candidate{{"65535", "-p"}}, want: BasePort{Port: 65535, From: "-p"}},
		{candidates: []Candidate{{"05000", "-p"}}, want: BasePort{Port: 5000, From: "-p"}},

		{candidates: []Candidate{{"", "-p"}, {"abc", "PORT in .env"}, {"5000", "PORT"}}, problem: `PORT in .env: "abc" is not a port`},
		{candidates: []Candidate{{"0", "-p"}}, problem: `-p: "0" is not a port`},
		{candidates: []Candidate{{"-1", "-p"}}, problem: `-p: "-1" is not a port`},
		{candidates: []Candidate{{"+5000", "-p"}}, problem: `-p: "+5000" is not a port`},
		{candidates: []Candidate{{"65536", "-p"}}, problem: `-p: "65536" is not a port`},
		{candidates: []Candidate{{"70000", "-p"}}, problem: `-p: "70000" is not a port`},
		{candidates: []Candidate{{"99999999999999999999", "-p"}}, problem: `-p: "99999999999999999999" is not a port`},
		{candidates: []Candidate{{" 5000", "-p"}}, problem: `-p: " 5000" is not a port`},
		{candidates: []Candidate{{"5_000", "-p"}}, problem: `-p: "5_000" is not a port`},
		{candidates: []Candidate{{"0x1388", "-p"}}, problem: `-p: "0x1388" is not a port`},
		{candidates: []Candidate{{"NONE", "-p"}}, problem: `-p: "NONE" is not a port`},
	}
	for _, tt := range tests {
		got, err := Base(tt.candidates...)
		if tt.problem == "" {
			if err != nil || got != tt.want {
				t.Errorf("Base(%v) = %+v, %v; want %+v", tt.candidates, got, err, tt.want)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) || e.Error() != tt.problem || e.Hint == "" || got != (BasePort{}) {
			t.Errorf("Base(%v) = %+v, %v; want the error %s and a hint", tt.candidates, got, err, tt.problem)
		}
	}
}

// A value is none, auto, the decimal digits of a port from 1 to 65535, or an
// error that names the value and where it stands.
func FuzzBase(f *testing.F) {
	for _, seed := range []string{"", "none", "auto", "5000", "0", "-1", "70000", "abc", "05000", "\x00", "٥٠٠٠"} {
		f.Add(seed, "7000")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		got, err := Base(Candidate{first, "first"}, Candidate{second, "second"})
		value, from := first, "first"
		if value == "" {
			value, from = second, "second"
		}
		if err != nil {
			if !strings.Contains(err.Error(), from) || !strings.Contains(err.Error(), strconv.Quote(value)) {
				t.Fatalf("Base(%q, %q): the error %q does not name %q from %s", first, second, err, value, from)
			}
			return
		}
		switch {
		case value == "":
			if got != (BasePort{Port: DefaultBase, From: FromDefault}) {
				t.Fatalf("Base of nothing = %+v", got)
			}
		case got.From != from:
			t.Fatalf("Base(%q, %q) = %+v, want it from %s", first, second, got, from)
		case got.None:
			if value != "none" || got.Auto || got.Port != 0 {
				t.Fatalf("Base(%q, %q) = %+v", first, second, got)
			}
		case got.Auto:
			if value != "auto" || got.Port != 0 {
				t.Fatalf("Base(%q, %q) = %+v", first, second, got)
			}
		case got.Port < 1 || got.Port > 65535 || strings.TrimLeft(value, "0") != strconv.Itoa(got.Port):
			t.Fatalf("Base(%q, %q) = %+v", first, second, got)
		}
	})
}
