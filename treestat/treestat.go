// Package treestat tells what trees of processes take: memory, processor time,
// and the ports on which they listen.
//
//	stats := treestat.Read(map[string][]int{"web.1": {4711, 4712}})
//	fmt.Println(stats["web.1"].RSS, stats["web.1"].Ports)
package treestat

import (
	"slices"
	"time"
)

// Stat is what the processes of one tree take together. What the system does
// not tell of one, or of one that has ended, is missing in the sums.
type Stat struct {
	// RSS is the sum of the resident memory, in bytes. Pages that several
	// processes share are counted in each.
	RSS uint64
	// CPU is the processor time used so far, on Linux with that of their
	// children that have ended and were waited for, so that it does not
	// fall when such a child ends.
	CPU time.Duration
	// Started is when the oldest of them was started; zero if none lives.
	Started time.Time
	// Ports are the TCP ports on which one of them listens, in order, in the
	// network namespace that we are in.
	Ports []int
}

// Percent is how many percent of one processor the tree has used, on average,
// since its oldest process was started.
func (s Stat) Percent(now time.Time) float64 {
	age := now.Sub(s.Started)
	if s.Started.IsZero() || age <= 0 {
		return 0
	}
	return 100 * s.CPU.Seconds() / age.Seconds()
}

func (s *Stat) add(rss uint64, cpu time.Duration, started time.Time) {
	s.RSS += rss
	s.CPU += cpu
	if s.Started.IsZero() || started.Before(s.Started) {
		s.Started = started
	}
}

func (s *Stat) setPorts(ports []int) {
	slices.Sort(ports)
	s.Ports = slices.Compact(ports)
}
