package env

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestFromEnviron(t *testing.T) {
	environ := []string{"A=1", "B=", "odd", "A=2", "=C:=x", "C=a=b"}
	v := FromEnviron(environ)
	want := []string{"A=2", "B=", "odd", "=C:=x", "C=a=b"}
	if got := v.Environ(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	environ[0] = "A=9"
	if value, _ := v.Lookup("A"); value != "2" {
		t.Error("the slice that was given is still in use")
	}
	for name, want := range map[string]string{"A": "2", "B": "", "C": "a=b"} {
		if value, set := v.Lookup(name); !set || value != want {
			t.Errorf("%s is %q, %v", name, value, set)
		}
	}
	for _, name := range []string{"D", "odd", "od"} {
		if value, set := v.Lookup(name); set {
			t.Errorf("%s is set, to %q", name, value)
		}
	}
}

func TestVarsZero(t *testing.T) {
	var v Vars
	v.Unset("A")
	if got := v.Environ(); len(got) != 0 {
		t.Errorf("empty, unset, it holds %q", got)
	}
	v.Set("A", "1")
	if got := v.Environ(); !slices.Equal(got, []string{"A=1"}) {
		t.Errorf("got %q", got)
	}
}

func TestVarsEnvironIsTheCallers(t *testing.T) {
	v := FromEnviron([]string{"A=1"})
	v.Environ()[0] = "A=9"
	if value, _ := v.Lookup("A"); value != "1" {
		t.Errorf("A is %q", value)
	}
}

// Any changes to clones of clones give what changes to copies of a map give.
func TestVarsAsMap(t *testing.T) {
	type both struct {
		vars  Vars
		model map[string]string
	}
	random := rand.New(rand.NewPCG(1, 2))
	all := []both{{FromEnviron([]string{"N0=x", "N1=y"}), map[string]string{"N0": "x", "N1": "y"}}}
	for step := range 20000 {
		one := &all[random.IntN(len(all))]
		name := fmt.Sprintf("N%d", random.IntN(40))
		switch random.IntN(20) {
		case 0:
			clone := both{one.vars.Clone(), maps.Clone(one.model)}
			if len(all) < 30 {
				all = append(all, clone)
			} else {
				all[random.IntN(len(all))] = clone
			}
		case 1, 2, 3, 4:
			one.vars.Unset(name)
			delete(one.model, name)
		default:
			value := fmt.Sprint(step)
			one.vars.Set(name, value)
			one.model[name] = value
		}
	}
	for i, one := range all {
		got := make(map[string]string)
		for _, entry := range one.vars.Environ() {
			name, value, _ := strings.Cut(entry, "=")
			if _, twice := got[name]; twice {
				t.Errorf("%d: %s is there twice", i, name)
			}
			got[name] = value
		}
		if !maps.Equal(got, one.model) {
			t.Errorf("%d: got %v, want %v", i, got, one.model)
		}
		for n := range 40 {
			name := fmt.Sprintf("N%d", n)
			value, set := one.vars.Lookup(name)
			if want, found := one.model[name]; set != found || value != want {
				t.Errorf("%d: %s is %q, %v, want %q, %v", i, name, value, set, want, found)
			}
		}
	}
}

// A thousand processes with three variables of their own, out of a hundred.
func BenchmarkEnvironOfThousand(b *testing.B) {
	var environ []string
	for i := range 100 {
		environ = append(environ, fmt.Sprintf("SOME_VARIABLE_%d=value", i))
	}
	common := FromEnviron(environ)
	b.ReportAllocs()
	for b.Loop() {
		for range 1000 {
			own := common.Clone()
			own.Set("PORT", "5000")
			own.Set("PS", "web.1")
			own.Set("GANGER_PROCESS", "web.1")
			own.Environ()
		}
	}
}
