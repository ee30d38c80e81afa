package env

import (
	"fmt"
	"strings"
	"testing"
)

// An env file as they are: plain values, some quotes, comments and references.
func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	for i := range 6 {
		fmt.Fprintf(&text, "# part %d\nHOST_%[1]d=localhost\nPORT_%[1]d=5432\nNAME_%[1]d=\"some name\"\n"+
			"SECRET_%[1]d='pa$$word#1' # change it\nURL_%[1]d=postgres://${HOST_%[1]d}:$PORT_%[1]d/app\n\n", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(".env", []byte(text.String()), nil); err != nil {
			b.Fatal(err)
		}
	}
}
