package portalloc

import (
	"errors"
	"slices"
	"testing"
)

// formation returns claims of a type for each count.
func formation(counts ...int) func(int) ([]Claim, error) {
	return func(base int) ([]Claim, error) {
		var claims []Claim
		for place, count := range counts {
			for n := 1; n <= count; n++ {
				port, err := Port(base, place, n)
				if err != nil {
					return nil, err
				}
				claims = append(claims, Claim{Process: string(rune('a'+place)) + ".1", Port: port})
			}
		}
		return claims, nil
	}
}

func except(taken ...int) func(int) bool {
	return func(port int) bool { return !slices.Contains(taken, port) }
}

func TestAuto(t *testing.T) {
	fixed := func(base int) ([]Claim, error) {
		return []Claim{{"web.1", base, false}, {"db.1", 5432, true}, {"clock.1", 0, false}}, nil
	}
	clashesBelow6500 := func(base int) ([]Claim, error) {
		if base < 6500 {
			return []Claim{{"web.1", base, false}, {"worker.1", base, false}}, nil
		}
		return []Claim{{"web.1", base, false}}, nil
	}
	tests := []struct {
		name   string
		free   func(int) bool
		claims func(int) ([]Claim, error)
		want   int
	}{
		{"all free", except(), formation(1, 1), 5000},
		{"the first taken", except(5000), formation(1, 1), 5500},
		{"another type's taken", except(5100), formation(1, 1), 5500},
		{"6000 is never a base", except(5000, 5500), formation(1), 6500},
		{"6000 within the span", except(5000), formation(1, 1, 1, 1, 1, 1), 6500},
		{"5060 within the span", except(), formation(61), 5500},
		{"no processes", except(), formation(), 5000},
		{"a fixed port is taken", except(5432), fixed, 5000},
		{"a base with a clash is passed over", except(), clashesBelow6500, 6500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Auto(tt.free, tt.claims)
			if err != nil || got != tt.want {
				t.Errorf("got %d, %v; want %d", got, err, tt.want)
			}
		})
	}
}

func TestAutoFindsNone(t *testing.T) {
	none := func(int) bool { return false }
	var e *Error
	if base, err := Auto(none, formation(1)); !errors.As(err, &e) || e.Hint == "" {
		t.Errorf("all taken: got %d, %v; want an *Error with a hint", base, err)
	}

	impossible := errors.New("nothing fits")
	claims := func(base int) ([]Claim, error) {
		if base == DefaultBase {
			return nil, impossible
		}
		return nil, errors.New("nor here")
	}
	if base, err := Auto(except(), claims); !errors.Is(err, impossible) {
		t.Errorf("no base fits: got %d, %v; want the error of the first base", base, err)
	}
}

// The bases that the documentation promises, in their order.
func TestAutoOrder(t *testing.T) {
	var tried []int
	free := func(port int) bool {
		tried = append(tried, port)
		return false
	}
	if _, err := Auto(free, formation(1)); err == nil {
		t.Fatal("no error though nothing is free")
	}
	if want := []int{5000, 5500, 6500, 7000}; !slices.Equal(tried[:4], want) {
		t.Errorf("tried %v first, want %v", tried[:4], want)
	}
	if last := tried[len(tried)-1]; last != 65500 {
		t.Errorf("tried %d last, want 65500", last)
	}
}

func TestRefused(t *testing.T) {
	for _, port := range []int{0, 1, 22, 5060, 5061, 6000, 6665, 6669, 10080} {
		if !Refused(port) {
			t.Errorf("browsers refuse %d", port)
		}
	}
	for _, port := range []int{80, 443, 3000, 5000, 5500, 6001, 6500, 8080, 65535} {
		if Refused(port) {
			t.Errorf("browsers open %d", port)
		}
	}
}
