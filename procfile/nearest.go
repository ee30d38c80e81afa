package procfile

import "strings"

// Nearest returns the known word that word was probably meant to be, or "".
// That is the one with the fewest letters wrong, missing, extra or swapped, if
// they are at most a third of the longer word; otherwise the only one that has
// word within it.
func Nearest(word string, known []string) string {
	word = strings.ToLower(word)
	best, least := "", 0
	within := []string{}
	for _, k := range known {
		lower := strings.ToLower(k)
		long, short := max(len(lower), len(word)), min(len(lower), len(word))
		if most := max(1, long/3); long-short <= most {
			if d := distance(word, lower); d <= most && (best == "" || d < least) {
				best, least = k, d
			}
		}
		if len(word) >= 3 && strings.Contains(lower, word) {
			within = append(within, k)
		}
	}
	if best == "" && len(within) == 1 {
		return within[0]
	}
	return best
}

// distance is the number of edits between two words, a swap of neighbours
// counting as one (optimal string alignment).
func distance(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
