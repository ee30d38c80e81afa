//go:build !linux

package portalloc

// AllTaken returns those of the ports on which somebody listens.
func AllTaken(ports []int) []int { return oneByOne(ports) }
