package process

// InputWait says how a tree waits for its terminal.
type InputWait uint8

const (
	// NotWaiting: it does not, or the system does not tell.
	NotWaiting InputWait = iota
	// Polling: its foreground group waits for the terminal among other
	// things, as line editors do, and as a server does that also takes
	// commands. It may be a prompt or not.
	Polling
	// Reading: its foreground group is blocked in a read of the terminal.
	Reading
)

// WaitsForInput looks whether the process of that name, or another in the
// foreground of its terminal, waits for somebody to type. It reads the process
// table, so it is for when there is a reason to believe so.
func (k *Keeper) WaitsForInput(name string) InputWait {
	k.mu.Lock()
	p, err := k.terminalOf(name)
	var t terminal
	if err == nil {
		t, err = foregroundOf(p.master)
	}
	k.mu.Unlock()
	if err != nil {
		return NotWaiting
	}
	return t.waits()
}

// Trees are the pids of each tree by its process's name, the first process's
// first unless it has ended. It reads the process table once.
func (k *Keeper) Trees() map[string][]int {
	rest := k.members().of
	k.mu.Lock()
	defer k.mu.Unlock()
	trees := make(map[string][]int, len(k.first))
	for _, p := range k.first {
		var pids []int
		if p.phase != ended {
			pids = append(pids, p.pid)
		}
		for _, m := range rest[p] {
			pids = append(pids, m.pid)
		}
		trees[p.spec.Name] = pids
	}
	return trees
}
