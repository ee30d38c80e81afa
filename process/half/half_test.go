package half

import "testing"

func TestPlainStart(t *testing.T) {
	for _, test := range []struct {
		args  []string
		plain bool
	}{
		{[]string{"ganger", "start"}, true},
		{[]string{"/usr/bin/ganger", "start", "web=2", "--port", "5000"}, true},
		{[]string{"./ganger", "start", "--help"}, true},
		{[]string{"ganger"}, false},
		{[]string{"ganger", "-d", "app", "start"}, false},
		{[]string{"ganger", "start", "--detach"}, false},
		{[]string{"ganger", "start", "web", "--detach=true"}, false},
		{[]string{"ganger", "stop"}, false},
		{[]string{"half.test", "start"}, false}, // a test that is run with such an argument
		{[]string{Name, "start"}, false},        // the back itself
		{nil, false},
	} {
		if plain := plainStart(test.args); plain != test.plain {
			t.Errorf("%q: %v", test.args, plain)
		}
	}
}
