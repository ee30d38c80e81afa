package main

import (
	"math"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
		{[]float64{1, 1, 1, 1, 1000}, 1},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("median(%v) = %v, want %v", test.values, got, test.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing = %v, want NaN", got)
	}
}

func TestMedianLeavesItsArgumentAlone(t *testing.T) {
	values := []float64{3, 1, 2}
	median(values)
	if values[0] != 3 || values[1] != 1 || values[2] != 2 {
		t.Errorf("the values are now %v", values)
	}
}

func TestPercentile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	for _, test := range []struct {
		values  []float64
		p, want float64
	}{
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 100, 100},
		{[]float64{5}, 99, 5},
		{[]float64{2, 1}, 50, 1},
		{[]float64{2, 1}, 51, 2},
	} {
		if got := percentile(test.values, test.p); got != test.want {
			t.Errorf("percentile %v of %d values = %v, want %v", test.p, len(test.values), got, test.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		v    float64
		want string
	}{
		{0, "0"},
		{0.01234, "0.0123"},
		{0.9204, "0.920"},
		{1.234, "1.23"},
		{12.34, "12.3"},
		{123.4, "123"},
		{5831, "5831"},
	} {
		if got := number(test.v); got != test.want {
			t.Errorf("number(%v) = %q, want %q", test.v, got, test.want)
		}
	}
}
