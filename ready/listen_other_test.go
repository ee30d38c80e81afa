//go:build !linux

package ready

func tables() map[string][]listener { return nil }
