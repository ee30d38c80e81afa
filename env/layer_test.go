package env

import (
	"slices"
	"testing"
)

func TestLayer(t *testing.T) {
	outer := FromEnviron([]string{"HOME=/root", "A=outer", "B=same", "Z=z"})
	files := []*File{
		{Pairs: []Pair{{Name: "N", Value: "1"}, {Name: "A", Value: "first"}, {Name: "B", Value: "same"}}},
		{Pairs: []Pair{{Name: "Z", Value: "2"}, {Name: "A", Value: "x"}, {Name: "A", Value: "last"}, {Name: "N", Value: "3"}}},
	}
	tests := []struct {
		override       bool
		want, replaced []string
	}{
		{true, []string{"HOME=/root", "A=last", "B=same", "Z=2", "N=3"}, []string{"A", "Z"}},
		{false, []string{"HOME=/root", "A=outer", "B=same", "Z=z", "N=3"}, []string{"A", "Z"}},
	}
	for _, test := range tests {
		v, replaced := Layer(outer, files, test.override)
		if got := v.Environ(); !slices.Equal(got, test.want) {
			t.Errorf("override %v: got %q, want %q", test.override, got, test.want)
		}
		if !slices.Equal(replaced, test.replaced) {
			t.Errorf("override %v: replaced %q, want %q", test.override, replaced, test.replaced)
		}
	}
	if value, _ := outer.Lookup("A"); value != "outer" {
		t.Error("the outer environment has changed")
	}
}

// What a value was on the way is nobody's business: A ends as it is outside.
func TestLayerComparesTheLastValue(t *testing.T) {
	outer := FromEnviron([]string{"A=1"})
	_, replaced := Layer(outer, []*File{{Pairs: []Pair{{Name: "A", Value: "2"}, {Name: "A", Value: "1"}}}}, true)
	if len(replaced) != 0 {
		t.Errorf("replaced %q", replaced)
	}
}

func TestLayerWithoutFiles(t *testing.T) {
	v, replaced := Layer(FromEnviron([]string{"A=1"}), nil, true)
	if got := v.Environ(); !slices.Equal(got, []string{"A=1"}) || replaced != nil {
		t.Errorf("got %q, %q", got, replaced)
	}
}
