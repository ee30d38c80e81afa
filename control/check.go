package control

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// nameLetter says whether a type's name may have the letter.
func nameLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// checkName refuses what is no name of a process or a type.
func checkName(name string) error {
	for i := range len(name) {
		if c := name[i]; !nameLetter(c) && c != '.' {
			return badRequest(fmt.Sprintf("%.40q is no name of a process", name), "")
		}
	}
	return checkLength(name)
}

// checkPatterns refuses what is neither a name nor a pattern.
func checkPatterns(names []string) error {
	if len(names) > maxNames {
		return badRequest(fmt.Sprintf("over %d names", maxNames), "")
	}
	for _, name := range names {
		for i := range len(name) {
			if c := name[i]; !nameLetter(c) && !strings.ContainsRune(".*?[]^", rune(c)) {
				return badRequest(fmt.Sprintf("%.40q is neither a name nor a pattern", name),
					"patterns are like worker.*, web.[12] or work?r")
			}
		}
		if _, err := path.Match(name, ""); err != nil {
			return badRequest(fmt.Sprintf("%.40q is no pattern: %v", name, err), "")
		}
		if err := checkLength(name); err != nil {
			return err
		}
	}
	return nil
}

func checkLength(name string) error {
	if name == "" {
		return badRequest("a name is empty", "")
	}
	if len(name) > maxName {
		return badRequest(fmt.Sprintf("%.40q... is over %d letters long", name, maxName), "")
	}
	return nil
}

// checkSignal refuses what cannot be a signal on any system.
func checkSignal(sig string) error {
	for i := range len(sig) {
		if c := sig[i]; !nameLetter(c) && c != '+' {
			return badRequest(fmt.Sprintf("%.40q is no signal", sig), "")
		}
	}
	if sig == "" || len(sig) > 20 {
		return badRequest("there is no signal", "a signal is like TERM, SIGTERM or 15")
	}
	return nil
}

// The readers of parameters. Each gives a function that takes all values of one.

func single(set func(string) error) func([]string) error {
	return func(vs []string) error {
		if len(vs) != 1 {
			return fmt.Errorf("it is given %d times", len(vs))
		}
		return set(vs[0])
	}
}

func yesNo(to *bool) func([]string) error {
	return single(func(v string) error {
		if v != "" && v != "true" && v != "false" {
			return fmt.Errorf("%.40q is neither true nor false", v)
		}
		*to = v != "false"
		return nil
	})
}

func patterns(to *[]string) func([]string) error {
	return func(vs []string) error {
		*to = vs
		return checkPatterns(vs)
	}
}

// lineCount reads a number, or all for -1.
func lineCount(to *int) func([]string) error {
	return single(func(v string) error {
		if v == "all" {
			*to = -1
			return nil
		}
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return fmt.Errorf("%.40q is not a number of lines; use 100, or all", v)
		}
		*to = n
		return nil
	})
}

// since reads a time, or how long ago it was.
func since(to *time.Time) func([]string) error {
	return single(func(v string) error {
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			*to = t
			return nil
		}
		d, err := time.ParseDuration(v)
		if err != nil || d < 0 {
			return fmt.Errorf("%.40q is no time; use 5m, or 2006-01-02T15:04:05Z", v)
		}
		*to = time.Now().Add(-d)
		return nil
	})
}

func pattern(to **regexp.Regexp) func([]string) error {
	return single(func(v string) (err error) {
		if len(v) > maxPattern {
			return fmt.Errorf("it is over %d bytes long", maxPattern)
		}
		*to, err = regexp.Compile(v)
		return err
	})
}

// size reads a number of columns or rows.
func size(to *int) func([]string) error {
	return single(func(v string) error {
		n, err := strconv.ParseUint(v, 10, 16)
		if err != nil {
			return fmt.Errorf("%.40q is not a number of characters", v)
		}
		*to = int(n)
		return nil
	})
}
