package process

import (
	"os"
	"slices"
	"strings"
	"testing"
)

const someMaps = `00400000-00992000 r-xp 00000000 fe:00 1234 /opt/my tools/ganger
Rss:                3904 kB
Pss:                1952 kB
Anonymous:             0 kB
00992000-00f50000 r--p 00592000 fe:00 1234 /opt/my tools/ganger
Rss:                3368 kB
Anonymous:             4 kB
00f50000-00fb5000 rw-p 00b50000 fe:00 1234 /opt/my tools/ganger
Anonymous:             0 kB
00fb5000-00fb6000 r--p 00b50000 fe:00 1234 /opt/my tools/ganger
Anonymous:             0 kB
9e368000000-9e368400000 rw-p 00000000 00:00 0
Anonymous:           920 kB
7f0529a1d000-7f0529b73000 r-xp 00026000 fe:00 99 /lib/libc.so.6
Anonymous:             0 kB
7f0529c00000-7f0529c01000 r--p 00026000 fe:00 99 /other/ganger
Anonymous:             0 kB
`

func TestCleanMappings(t *testing.T) {
	got := cleanMappings(strings.NewReader(someMaps), "/opt/my tools/ganger")
	want := []mapping{{0x400000, 0x992000}, {0xfb5000, 0xfb6000}}
	if !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// The program goes on after its own pages were dropped, and has fewer.
func TestSettle(t *testing.T) {
	smaps, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	defer smaps.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if len(cleanMappings(smaps, self)) == 0 {
		t.Fatal("nothing of the program can be dropped")
	}
	before := mappedFile(t)
	Settle()
	if after := mappedFile(t); after >= before {
		t.Errorf("%d kB of files are mapped, %d before", after, before)
	}
}

// mappedFile is how much of files is mapped, in kB.
func mappedFile(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, is := strings.CutPrefix(line, "RssFile:"); is {
			n := 0
			for _, c := range strings.Fields(rest)[0] {
				n = n*10 + int(c-'0')
			}
			return n
		}
	}
	t.Fatal("no RssFile")
	return 0
}
