package main

import (
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	sample := func(requests int, wall, cpu float64) Sample {
		return Sample{Requests: requests, CLI: Usage{Wall: wall}, Provider: Usage{CPU: cpu}}
	}
	for name, test := range map[string]struct {
		samples []Sample
		want    Sample
	}{
		"one":                     {[]Sample{sample(3, 1, 2)}, sample(3, 1, 2)},
		"each number has its own": {[]Sample{sample(9, 1, 2), sample(3, 7, 1), sample(4, 2, 6)}, sample(4, 2, 2)},
		"between two":             {[]Sample{sample(2, 1, 2), sample(4, 3, 4)}, sample(3, 2, 3)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := median(test.samples); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	result := func(name, variant string, wall float64) Result {
		return Result{Case: name, Variant: variant, Sample: Sample{CLI: Usage{Wall: wall}}}
	}
	lines := table([]Result{result("a", floorVariant, 2), result("a", officialVariant, 10), result("a", oursVariant, 3), result("b", oursVariant, 5)})
	for i, want := range map[int]string{2: "| a | floor |", 4: "| 1.50 | 0.30 |", 5: "|  |  |"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q, want %q in it", i, lines[i], want)
		}
	}
	if strings.Contains(lines[3], "0.20") || strings.Contains(lines[3], "5.00") {
		t.Errorf("the official order's own processor is not counted, so it is compared with nothing: %q", lines[3])
	}
}
