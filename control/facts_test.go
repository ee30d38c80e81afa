package control

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"
)

// What Encode writes, encoding/json reads as the same facts.
func FuzzFactsEncode(f *testing.F) {
	f.Add(1, "/home/a/b c", "/run/user/0/ganger/x.sock", "v1", int64(5))
	f.Add(0, "/a\"b\\c\n\x7fü", "", "", int64(-1))
	f.Fuzz(func(t *testing.T, pid int, root, socket, version string, at int64) {
		if !utf8.ValidString(root + "|" + socket + "|" + version) {
			t.Skip("JSON has no bytes that are not UTF-8")
		}
		facts := Facts{PID: pid, Root: root, Since: time.Unix(at%1e9, at).UTC(), State: Running, Socket: socket, Version: version}
		var got Facts
		if err := json.Unmarshal(facts.Encode(), &got); err != nil {
			t.Fatalf("%s: %v", facts.Encode(), err)
		}
		if got != facts {
			t.Fatalf("got %+v, want %+v", got, facts)
		}
	})
}
