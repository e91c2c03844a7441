package chart_test

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight/chart"
)

var sparkLine = regexp.MustCompile(`class="cx-trend" d="([^"]*)"`)

// TestSparkRange: the line goes from the bottom to the top of its height, whose values it writes; equal values, one, and none are no fault.
func TestSparkRange(t *testing.T) {
	t.Parallel()
	out := string(chart.SparkRange("kept", chart.Share, []float64{0.93, 0.96}))
	if line := sparkLine.FindStringSubmatch(out); line == nil || !strings.Contains(line[1], " 24") || !strings.Contains(line[1], " 4") || !strings.Contains(out, ">93.0%<") || !strings.Contains(out, ">96.0%<") {
		t.Errorf("the line is %q: %s", line, out)
	}
	if flat := string(chart.Spark("kept", chart.Share, []float64{0.93, 0.96})); strings.Contains(flat, ">93.0%<") || !strings.Contains(flat, `width="120"`) {
		t.Errorf("a plain one has a range: %s", flat)
	}
	for _, c := range []struct {
		reason string
		values []float64
		want   string
	}{
		{"equal values have one label", []float64{0.5, 0.5}, ">50.0%<"},
		{"one value", []float64{0.5}, ">50.0%<"},
		{"no value", nil, "<title>kept</title>"},
		{"nothing known", []float64{math.NaN(), math.Inf(1)}, "<title>kept</title>"},
	} {
		if out := string(chart.SparkRange("kept", chart.Share, c.values)); strings.Count(out, c.want) != 1 || strings.Contains(out, "NaN") {
			t.Errorf("%s: %s", c.reason, out)
		}
	}
}
