package portalloc

import (
	"errors"
	"strings"
	"testing"
)

func TestPort(t *testing.T) {
	const huge = int(^uint(0) >> 1)
	tests := []struct {
		base, place, n int
		want           int // 0: an error
	}{
		{5000, 0, 1, 5000},
		{5000, 0, 2, 5001},
		{5000, 1, 1, 5100},
		{5000, 3, 4, 5303},
		{5000, 0, 101, 5100}, // a clash, which is for Clashes to see
		{65535, 0, 1, 65535},
		{65535, 0, 2, 0},
		{65400, 1, 36, 65535},
		{65400, 1, 37, 0},
		{65400, 2, 1, 0},
		{5000, 0, 99999999, 0},
		{5000, 0, huge, 0},
		{5000, huge, 1, 0},
		{5000, huge / 100, huge, 0},
	}
	for _, tt := range tests {
		got, err := Port(tt.base, tt.place, tt.n)
		if tt.want == 0 {
			var e *Error
			if !errors.As(err, &e) || e.Hint == "" || !strings.Contains(e.Problem, "65535") {
				t.Errorf("Port(%d, %d, %d) = %d, %#v; want an error with a hint", tt.base, tt.place, tt.n, got, err)
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("Port(%d, %d, %d) = %d, %v; want %d", tt.base, tt.place, tt.n, got, err, tt.want)
		}
	}
}

func TestClashes(t *testing.T) {
	tests := []struct {
		name    string
		claims  []Claim
		problem string
		hint    string
	}{
		{name: "none", claims: nil},
		{name: "all apart", claims: []Claim{{"web.1", 5000, false}, {"web.2", 5001, false}, {"worker.1", 5100, false}}},
		{name: "no port is no clash", claims: []Claim{{Process: "web.1"}, {Process: "clock.1"}}},
		{
			name:    "101 of a type",
			claims:  []Claim{{"web.100", 5099, false}, {"web.101", 5100, false}, {"worker.1", 5100, false}},
			problem: "web.101 and worker.1 would both have port 5100",
			hint:    `give worker another first port: the line "# ganger: port=N" above it in the Procfile`,
		},
		{
			name:    "a fixed port in the way",
			claims:  []Claim{{"web.1", 5100, true}, {"worker.1", 5100, false}, {"web.2", 5101, true}, {"worker.2", 5101, false}},
			problem: "web.1 and worker.1 would both have port 5100 (and 1 more such pairs)",
			hint:    `give worker another first port: the line "# ganger: port=N" above it in the Procfile, or choose another base port`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Clashes(tt.claims)
			if tt.problem == "" {
				if err != nil {
					t.Fatalf("got %v, want no error", err)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %#v, want an *Error", err)
			}
			if e.Error() != tt.problem || e.Hint != tt.hint {
				t.Errorf("got  %q, hint %q\nwant %q, hint %q", e.Error(), e.Hint, tt.problem, tt.hint)
			}
		})
	}
}
