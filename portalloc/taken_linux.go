package portalloc

// AllTaken returns those of the ports on which somebody listens.
//
// It reads the kernel's table of listeners, which costs as much as asking for
// two ports one by one, however many there are.
func AllTaken(ports []int) []int {
	if len(ports) <= 2 {
		return oneByOne(ports)
	}
	wanted := make(map[int]bool, len(ports))
	for _, port := range ports {
		wanted[port] = true
	}
	found := make(map[int]bool)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		ok := eachListener(table, func(_ string, l listener) {
			found[l.port] = found[l.port] || wanted[l.port]
		})
		if !ok && table == "/proc/net/tcp" {
			return oneByOne(ports) // no /proc; without tcp6 there is no IPv6
		}
	}
	var taken []int
	for _, port := range ports {
		if found[port] {
			taken = append(taken, port)
		}
	}
	return taken
}
