package control

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// maxCount bounds a count that a client sends; what the app can run is for the
// app to say.
const maxCount = 1_000_000

// Count is how many processes of a type there shall be. In JSON it is a number,
// or for a relative one a string: 3, "3", "+1", "-2".
type Count struct {
	N        int
	Relative bool // N more (or less) than now
}

// ParseCount reads 3, +1 or -2.
func ParseCount(text string) (Count, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n > maxCount || n < -maxCount {
		return Count{}, fmt.Errorf("%q is not a count; use 3, +1 or -1", text)
	}
	return Count{N: n, Relative: text[0] == '+' || text[0] == '-'}, nil
}

func (c Count) String() string {
	if c.Relative {
		return fmt.Sprintf("%+d", c.N)
	}
	return strconv.Itoa(c.N)
}

// Of is the number that c makes of n; not below 0.
func (c Count) Of(n int) int {
	if c.Relative {
		return max(0, n+c.N)
	}
	return c.N
}

// MarshalJSON implements [json.Marshaler].
func (c Count) MarshalJSON() ([]byte, error) {
	if c.Relative {
		return json.Marshal(c.String())
	}
	return []byte(c.String()), nil
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *Count) UnmarshalJSON(p []byte) error {
	text := string(p)
	if len(p) > 0 && p[0] == '"' {
		if err := json.Unmarshal(p, &text); err != nil {
			return err
		}
	} else if len(p) > 0 && p[0] == '-' {
		return fmt.Errorf("%s is not a count; a relative one is a string: %q", p, text)
	}
	var err error
	*c, err = ParseCount(text)
	return err
}
