package procfile

import (
	"reflect"
	"slices"
	"testing"
)

// Every field of Settings makes a difference, so that none that is added later
// is forgotten: each is given a value that differs from the default.
func TestEveryDifference(t *testing.T) {
	plain := DefaultSettings()
	if got := plain.Differences(DefaultSettings()); len(got) > 0 {
		t.Errorf("the default differs from itself: %v", got)
	}
	kind := reflect.TypeOf(plain)
	for i := range kind.NumField() {
		changed := DefaultSettings()
		alter(t, reflect.ValueOf(&changed).Elem().Field(i))
		if a, b := plain.Differences(changed), changed.Differences(plain); len(a) != 1 || !slices.Equal(a, b) {
			t.Errorf("%s: differences %q and %q", kind.Field(i).Name, a, b)
		}
	}
}

// alter gives a field another value.
func alter(t *testing.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Struct:
		alter(t, v.Field(0))
	case reflect.Slice:
		one := reflect.New(v.Type().Elem()).Elem()
		alter(t, one)
		v.Set(reflect.Append(v, one))
	default:
		t.Fatalf("no other value for a %v", v.Kind())
	}
}

// Differences speaks of settings by the names that Set takes.
func TestDifferencesAreKeys(t *testing.T) {
	values := map[string]string{
		"restart": "no", "restart-delay": "1s", "stop-signal": "INT", "stop-timeout": "1s", "stop-to": "main",
		"port": "6000", "tty": "never", "stdin": "null", "quiet": "yes", "dir": "sub", "env.NAME": "x",
		"env-file": "a.env", "leave": "none",
		"needs": "db", "ready": "port", "ready-timeout": "1s", "restart-with": "db", "stop-command": "x", "watch": "*.go",
	}
	for _, key := range Keys() {
		s := DefaultSettings()
		value, ok := values[key.Name]
		if !ok {
			t.Errorf("no value for %s in this test", key.Name)
			continue
		}
		if err := s.Set(key.Name, value); err != nil {
			t.Fatal(err)
		}
		if got := DefaultSettings().Differences(s); !slices.Equal(got, []string{key.Name}) {
			t.Errorf("%s=%s makes the differences %q", key.Name, value, got)
		}
	}
}

func TestDifferentVars(t *testing.T) {
	a, b := DefaultSettings(), DefaultSettings()
	a.Env = []EnvVar{{"SAME", "1"}, {"OTHER", "1"}, {"GONE", "1"}}
	b.Env = []EnvVar{{"OTHER", "2"}, {"SAME", "1"}, {"NEW", "1"}}
	got := a.Differences(b)
	if want := []string{"env.OTHER", "env.GONE", "env.NEW"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
