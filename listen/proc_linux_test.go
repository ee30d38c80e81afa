package listen

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// gVisor's file: by age, and with no padding at the end.
const file = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   1: 0100007F:9C40 0100007F:1388 01 00000000:00000000 00:00000000 00000000  1000        0 9 1 0 100
   2: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 424242 1 0
   3: 0100007F:1388
   4: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 none 1 0
   5: 0100007F:1388F 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 7 1 0
   6: 010000:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 7 1 0
   7: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     x        0 77 1 0

`

func TestParseFile(t *testing.T) {
	t.Parallel()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the file is that of a little-endian machine")
	}
	got, err := parseFile(strings.NewReader(file), nil)
	want := []Socket{
		{424242, netip.MustParseAddrPort("127.0.0.1:5000"), 1000},
		{77, netip.MustParseAddrPort("[::1]:8080"), -1},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got  %v, %v\nwant %v", got, err, want)
	}
}

// A line that is taken says, printed as the kernel prints it, the same again.
func FuzzParseLine(f *testing.F) {
	for line := range strings.Lines(file) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		s, ok := parseLine(line)
		if !ok {
			if s != (Socket{}) {
				t.Errorf("%+v is not ok", s)
			}
			return
		}
		ip := s.Addr.Addr().AsSlice()
		var words string
		for i := 0; i < len(ip); i += 4 {
			words += fmt.Sprintf("%08X", binary.NativeEndian.Uint32(ip[i:]))
		}
		again, ok := parseLine(fmt.Sprintf("0: %s:%04X 0:0 0A 0:0 0:0 0 %d 0 %d", words, s.Addr.Port(), s.UID, s.Inode))
		if !ok || again != s {
			t.Errorf("%+v became %+v, %v", s, again, ok)
		}
	})
}

// Whatever comes from the socket, reading it ends without a panic.
func FuzzParseMessage(f *testing.F) {
	f.Add(make([]byte, 71))
	f.Add(append([]byte{10}, make([]byte, 71)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, ok := parseMessage(b); ok && !s.Addr.IsValid() {
			t.Errorf("%v has no address", s)
		}
		if errno(b) == nil {
			t.Error("no error")
		}
	})
}
