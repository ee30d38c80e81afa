package awkward

import (
	"flag"
	"math/rand/v2"
	"testing"
)

// SeedFlag adds the flag -seed to a test program.
func SeedFlag() *uint64 {
	return flag.Uint64("seed", 0, "of random values (0 is another each time)")
}

// Generator is one with this seed, or another each time if it is 0. It tells how
// to have it again.
func Generator(t testing.TB, seed uint64) *rand.Rand {
	t.Helper()
	for seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("repeat with -seed=%d", seed)
	return rand.New(rand.NewPCG(seed, seed))
}
