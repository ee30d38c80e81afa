//go:build darwin || freebsd

package process

// Settle gives back what only the start has needed. Here nothing tells which
// pages that are.
func Settle() {}
