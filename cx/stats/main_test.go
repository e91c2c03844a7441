package stats_test

import (
	"math"
	"testing"

	"cairncx.dev/cairn/cx/stats"
)

// near fails the test if got differs from want by more than tolerance.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.17g, want %.17g within %g", what, got, want, tolerance)
	}
}

// nearly fails the test if got differs from want by more than the relative tolerance.
func nearly(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	near(t, what, got, want, tolerance*math.Abs(want))
}

// TestBadInput: input without a meaning gets the answer that claims least, as the package's comment promises.
func TestBadInput(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	const none = math.MaxInt64
	share, difference, points := stats.Interval{Low: 0, High: 1}, stats.Interval{Low: -1, High: 1}, stats.Interval{Low: -100, High: 100}

	for _, c := range []struct {
		name       string
		k, n       int64
		confidence float64
	}{
		{"nothing counted", 0, 0, 0.95},
		{"negative successes", -1, 10, 0.95},
		{"negative trials", 0, -10, 0.95},
		{"both negative", -10, -5, 0.95},
		{"more successes than trials", 11, 10, 0.95},
		{"confidence zero", 5, 10, 0},
		{"confidence one", 5, 10, 1},
		{"confidence above one", 5, 10, 1.5},
		{"confidence in percent", 5, 10, 95},
		{"negative confidence", 5, 10, -0.95},
		{"confidence is no number", 5, 10, nan},
		{"infinite confidence", 5, 10, inf},
	} {
		if got := stats.Wilson(c.k, c.n, c.confidence); got != share {
			t.Errorf("%s: Wilson is %v, want %v", c.name, got, share)
		}
		if got := stats.WilsonLower(c.k, c.n, c.confidence); got != 0 {
			t.Errorf("%s: WilsonLower is %v, want 0", c.name, got)
		}
		if got := stats.WilsonUpper(c.k, c.n, c.confidence); got != 1 {
			t.Errorf("%s: WilsonUpper is %v, want 1", c.name, got)
		}
		if got := stats.Newcombe(c.k, c.n, 5, 10, c.confidence); got != difference {
			t.Errorf("%s: Newcombe of the first share is %v, want %v", c.name, got, difference)
		}
		if got := stats.Newcombe(5, 10, c.k, c.n, c.confidence); got != difference {
			t.Errorf("%s: Newcombe of the second share is %v, want %v", c.name, got, difference)
		}
		if got := stats.NPSInterval(c.k, 0, c.n, c.confidence); got != points {
			t.Errorf("%s: NPSInterval of promoters is %v, want %v", c.name, got, points)
		}
		if got := stats.NPSInterval(0, c.k, c.n, c.confidence); got != points {
			t.Errorf("%s: NPSInterval of detractors is %v, want %v", c.name, got, points)
		}
	}
	if got := stats.NPSInterval(6, 5, 10, 0.95); got != points {
		t.Errorf("eleven promoters and detractors of ten answers: NPSInterval is %v, want %v", got, points)
	}
	if got := stats.NPSInterval(math.MaxInt64, math.MaxInt64, math.MaxInt64, 0.95); got != points {
		t.Errorf("promoters and detractors whose sum overflows: NPSInterval is %v, want %v", got, points)
	}

	for _, c := range []struct {
		name                      string
		share, margin, confidence float64
	}{
		{"no margin", 0.5, 0, 0.95},
		{"negative margin", 0.5, -0.05, 0.95},
		{"margin is no number", 0.5, nan, 0.95},
		{"margin beyond all counts", 0.5, 1e-300, 0.95},
		{"margin of more answers than an int64 holds", 0.5, 1e-10, 0.95},
		{"confidence in percent", 0.5, 0.05, 95},
		{"confidence zero", 0.5, 0.05, 0},
		{"confidence one", 0.5, 0.05, 1},
		{"confidence is no number", 0.5, 0.05, nan},
	} {
		if got := stats.SampleSize(c.share, c.margin, c.confidence); got != none {
			t.Errorf("%s: SampleSize is %d, want %d", c.name, got, int64(none))
		}
		if got := stats.NPSSampleSize(100*c.margin, c.confidence); got != none {
			t.Errorf("%s: NPSSampleSize is %d, want %d", c.name, got, int64(none))
		}
	}
	for _, p := range []float64{0, 1, -0.5, 1.5, 50, nan, inf} {
		if got := stats.SampleSize(p, 0.05, 0.95); got != none {
			t.Errorf("an expected share of %v: SampleSize is %d, want %d", p, got, int64(none))
		}
	}

	for _, c := range []struct {
		name string
		n    int64
		p    float64
	}{
		{"negative trials", -1, 0.5},
		{"too many trials", stats.MaxTrials + 1, 0.5},
		{"negative probability", 10, -0.1},
		{"probability above one", 10, 1.1},
		{"probability is no number", 10, nan},
	} {
		for _, k := range []int64{math.MinInt64, -1, 0, 5, 10, 11, math.MaxInt64} {
			if got := stats.BinomialAtLeast(k, c.n, c.p); got != 1 {
				t.Errorf("%s: BinomialAtLeast(%d) is %v, want 1", c.name, k, got)
			}
			if got := stats.BinomialAtMost(k, c.n, c.p); got != 1 {
				t.Errorf("%s: BinomialAtMost(%d) is %v, want 1", c.name, k, got)
			}
		}
		if got := stats.BinomialCritical(c.n, c.p, 0.05); got != none {
			t.Errorf("%s: BinomialCritical is %d, want %d", c.name, got, int64(none))
		}
	}
	for _, significance := range []float64{0, 1, -0.05, 5, nan, inf} {
		if got := stats.BinomialCritical(10, 0.5, significance); got != none {
			t.Errorf("significance %v: BinomialCritical is %d, want %d", significance, got, int64(none))
		}
	}
}
