package half

import (
	"os"
	"strconv"
)

// slackVar tells the back what timer slack its children are to have.
const slackVar = "GANGER_SLACK"

// backSlack is how late the timers of the back may be, in nanoseconds. The Go
// runtime looks each 20 microseconds, for as long as anything runs, whether there
// is something to do; that is a third of what a restart costs, and nobody
// notices a millisecond.
const backSlack = 1_000_000

// slack is said by the environment, and not to our children.
var slack = takeSlack()

func takeSlack() uintptr {
	value, is := os.LookupEnv(slackVar)
	if !is {
		return 0
	}
	_ = os.Unsetenv(slackVar)
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil || len(os.Args) == 0 || os.Args[0] != Name {
		return 0
	}
	return uintptr(n)
}

// Slack is the timer slack that children are to have, 0 where it is ours.
func Slack() uintptr { return slack }
