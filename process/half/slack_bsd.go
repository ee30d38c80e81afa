//go:build darwin || freebsd

package half

// SetTimerSlack has nothing to set here.
func SetTimerSlack(uintptr) {}

func timerSlack() uintptr { return 0 }
