package procfile

import (
	"fmt"
	"strings"
	"time"
)

// ParseDuration reads a time such as 500ms, 30s or 1m30s. A number without a
// unit is seconds, as in foreman: 30, 0.5. The error begins with the text,
// quoted.
func ParseDuration(text string) (time.Duration, error) {
	if strings.HasPrefix(text, "-") {
		return 0, fmt.Errorf("%s is negative", quote(text))
	}
	if strings.HasPrefix(text, "+") {
		return 0, fmt.Errorf("%s is not a time", quote(text))
	}
	unit := ""
	if strings.Trim(text, "0123456789.") == "" {
		unit = "s"
	}
	d, err := time.ParseDuration(text + unit)
	if err == nil {
		return d, nil
	}
	// The error of ParseDuration is the same for a bad form and for a time
	// past 292 years. With zeros for digits only a bad form is left.
	if _, form := time.ParseDuration(strings.Map(zeroDigit, text+unit)); form == nil {
		return 0, fmt.Errorf("%s is too long a time", quote(text))
	}
	return 0, fmt.Errorf("%s is not a time", quote(text))
}

func zeroDigit(r rune) rune {
	if '1' <= r && r <= '9' {
		return '0'
	}
	return r
}
