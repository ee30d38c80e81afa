package watch

import (
	"os"
	"time"
)

// Quiet is how long nothing may change before a change is told.
const Quiet = 100 * time.Millisecond

// burst is what changed for one type and was not told yet.
type burst struct {
	files  []string        // in the order of their first change, no more than most
	isNew  map[string]bool // of files: it was not there before the burst
	others int             // beside files
	due    time.Time
	since  time.Time // its first change
	told   bool      // that it does not end
}

// Restless is how long changes may follow one another without a pause until that
// is told: a file that is written all the time hides all other changes.
const Restless = 10 * time.Second

// most is how many files are remembered of a burst. Those beyond are counted by
// their events, of which each has more than one.
const most = 100_000

func (b *burst) add(path string, created bool, due time.Time) {
	b.due = due
	if _, known := b.isNew[path]; known {
		return
	}
	if len(b.files) == most {
		b.others++
		return
	}
	if b.isNew == nil {
		b.isNew = make(map[string]bool)
	}
	b.isNew[path] = created
	b.files = append(b.files, path)
}

// end returns the file that stands for the burst: the first that is still
// there, since a safe save goes by way of another, else the first that is gone.
// Files that came and went leave no change: n counts the rest.
func (b *burst) end() (file string, n int) {
	gone := ""
	for _, path := range b.files {
		_, err := os.Lstat(path)
		switch {
		case err == nil:
			n++
			if file == "" {
				file = path
			}
		case !b.isNew[path]:
			n++
			if gone == "" {
				gone = path
			}
		}
	}
	if file == "" {
		file = gone
	}
	if file == "" && b.others > 0 {
		file = b.files[0]
	}
	return file, n + b.others
}
