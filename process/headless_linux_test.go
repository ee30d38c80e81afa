package process

import "testing"

// A process whose main thread has ended is called a zombie, and lives on in
// others.
func TestZombieWithThreadsLives(t *testing.T) {
	for threads, zombie := range map[string]bool{"0": true, "1": true, "2": false, "17": false} {
		line := "42 (web) Z 7 42 41 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 " + threads + " 0 98765 1 2"
		m, ok := parseStat(42, []byte(line))
		if !ok || m.zombie != zombie {
			t.Errorf("with %s threads: zombie %t, want %t", threads, m.zombie, zombie)
		}
	}
}
