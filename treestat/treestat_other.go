//go:build !linux

package treestat

import (
	"time"

	"github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"
)

// Read looks once at the trees, which are given as pids. Ports are found with
// lsof, and missing where that is not installed.
func Read(trees map[string][]int) map[string]Stat {
	ports := make(map[int][]int) // by pid
	conns, _ := net.Connections("tcp")
	for _, c := range conns {
		if c.Status == "LISTEN" {
			ports[int(c.Pid)] = append(ports[int(c.Pid)], int(c.Laddr.Port))
		}
	}
	stats := make(map[string]Stat, len(trees))
	for name, pids := range trees {
		var s Stat
		var all []int
		for _, pid := range pids {
			usage(&s, pid)
			all = append(all, ports[pid]...)
		}
		s.setPorts(all)
		stats[name] = s
	}
	return stats
}

func usage(s *Stat, pid int) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return
	}
	created, err := p.CreateTime()
	if err != nil {
		return
	}
	var rss uint64
	if m, err := p.MemoryInfo(); err == nil {
		rss = m.RSS
	}
	var cpu time.Duration
	if t, err := p.Times(); err == nil {
		cpu = time.Duration((t.User + t.System) * float64(time.Second))
	}
	s.add(rss, cpu, time.UnixMilli(created))
}
