//go:build darwin || freebsd

package half

import "os"

func ourselves() (string, error) { return os.Executable() }
