package chart_test

import (
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight/chart"
)

// TestFunnelOfThoseWhoAreDone: runs that are completed without the next step are not lost: the picture, its sentence and its table say so.
func TestFunnelOfThoseWhoAreDone(t *testing.T) {
	t.Parallel()
	steps := []chart.Step{{Name: "alone", N: 1872, Done: 1250}, {Name: "helped", N: 500}, {Name: "completed", N: 1600, Apart: 1150}}
	out := strings.Join(check(t, chart.Funnel{Steps: steps}), "\n")
	for _, want := range []string{"26.7% go on, 1,250 completed without, 122 do not", "90.0% go on, 50 do not", "Most are lost between helped and completed: 90.0% go on.", "Completed without a later one"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	steps[0].Done = 900
	if out := strings.Join(check(t, chart.Funnel{Steps: steps}), "\n"); !strings.Contains(out, "Most are lost between alone and helped: 26.7% go on, and 900 completed without that.") {
		t.Errorf("it says:\n%s", out)
	}
	steps[0].Done, steps[2].Apart = 4, -1
	if out := strings.Join(check(t, chart.Funnel{Steps: steps}), "\n"); strings.Contains(out, "completed without") || strings.Contains(out, "90.0%") {
		t.Errorf("it says a number of few, or one that is not known:\n%s", out)
	}
}
