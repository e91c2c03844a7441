package control_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"cairncx.dev/cairn/cx/stats/control"
)

// near fails the test if got differs from want by more than the tolerance.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.6g, want %.6g within %g", what, got, want, tolerance)
	}
}

// TestLimits: the p-chart of the NIST handbook, 6.3.3.2, and input without a meaning.
func TestLimits(t *testing.T) {
	t.Parallel()
	low, high := control.Limits(0.2313, 50, 3)
	near(t, "the lower limit", low, 0.0524, 5e-5)
	near(t, "the upper limit", high, 0.4102, 5e-5)
	for _, c := range []struct {
		reason    string
		share     float64
		n         int64
		sigmas    float64
		low, high float64
	}{
		{"a share is not below 0", 0.01, 50, 3, 0, 0.01 + 3*math.Sqrt(0.01*0.99/50)},
		{"a share is not above 1", 0.99, 50, 3, 0.99 - 3*math.Sqrt(0.01*0.99/50), 1},
		{"what always happens has no noise", 1, 50, 3, 1, 1},
		{"no standard deviation is the share itself", 0.3, 50, 0, 0.3, 0.3},
		{"no events", 0.3, 0, 3, 0, 1},
		{"a negative number of events", 0.3, -1, 3, 0, 1},
		{"a share in percent", 30, 50, 3, 0, 1},
		{"a negative share", -0.1, 50, 3, 0, 1},
		{"a negative number of standard deviations", 0.3, 50, -3, 0, 1},
		{"a share that is no number", math.NaN(), 50, 3, 0, 1},
		{"standard deviations that are no number", 0.3, 50, math.NaN(), 0, 1},
	} {
		low, high := control.Limits(c.share, c.n, c.sigmas)
		near(t, c.reason, low, c.low, 1e-12)
		near(t, c.reason, high, c.high, 1e-12)
	}
}

// TestEWMA: the chart of the NIST handbook, 6.3.2.4: λ 0.3, mean 50, s 2.0539.
func TestEWMA(t *testing.T) {
	t.Parallel()
	low, high := control.EWMALimits(50, 2.0539, 0.3, 3)
	near(t, "the lower limit", low, 47.4115, 1e-4)
	near(t, "the upper limit", high, 52.5884, 1e-4)
	got := control.EWMA([]float64{52.0, 47.0, 53.0, 49.3, 50.1, 47.0}, 50, 0.3)
	for i, want := range []float64{50.60, 49.52, 50.56, 50.18, 50.16, 49.21} {
		near(t, fmt.Sprint("average ", i), got[i], want, 0.005)
	}
	if got := control.EWMA(nil, 50, 0.3); len(got) != 0 {
		t.Errorf("the averages of no values are %v", got)
	}
}

// TestRunLengthPublished: the run lengths of two-sided charts with k 0.5 of Montgomery, "Introduction to Statistical Quality Control", table 9.3 (after Lucas and
// Crosier 1982), whose first rows are those of capstat's documentation: about 465 without a shift and about 10 with one of a standard deviation.
func TestRunLengthPublished(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ shift, four, five float64 }{
		{0, 168, 465}, {0.25, 74.2, 139}, {0.5, 26.6, 38.0}, {0.75, 13.3, 17.0}, {1, 8.38, 10.4}, {1.5, 4.75, 5.75},
	} {
		for h, want := range map[float64]float64{4: c.four, 5: c.five} {
			got := 1 / (1/control.RunLength(0.5, h, c.shift) + 1/control.RunLength(0.5, h, -c.shift))
			near(t, fmt.Sprintf("h %v and a shift of %v", h, c.shift), got, want, 0.04*want)
		}
	}
}

// TestRunLengthSimulated: the run length of a chart that is run is the approximation, for the reference values of [control.Baseline.Reference], too.
func TestRunLengthSimulated(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 19)) //nolint:gosec // a simulation
	for _, c := range []struct{ k, h, shift float64 }{{0.5, 3, 0}, {0.5, 4, 0}, {0.5, 5, 1}, {0.77, 3, 0}, {0.77, 2, 0}, {0.77, 4, 0.77}, {1.2, 2, 2}} {
		const runs = 2000
		steps := 0
		for range runs {
			for s := 0.0; s < c.h; steps++ {
				s = max(0, s+r.NormFloat64()+c.shift-c.k)
			}
		}
		want := float64(steps) / runs
		near(t, fmt.Sprintf("%+v", c), control.RunLength(c.k, c.h, c.shift), want, 0.1*want)
	}
}

// TestRunLengthEdges: the answers at the edges of the range, and around the shift that is the reference value, where the numerator cancels.
func TestRunLengthEdges(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, c := range []struct {
		reason            string
		k, h, shift, want float64
	}{
		{"no way to go", 0.5, 0, 0, 1},
		{"a negative one", 0.5, -3, 0, 1},
		{"a shift that is the reference value", 0.5, 4, 0.5, 5.166 * 5.166},
		{"beyond the range of a float64", 0.5, 1e6, 0, math.Inf(1)},
		{"a shift so large that one step is enough", 0.5, 4, 1e9, 1},
	} {
		if got := control.RunLength(c.k, c.h, c.shift); !(math.Abs(got-c.want) <= 1e-9) && got != c.want {
			t.Errorf("%s: %v, want %v", c.reason, got, c.want)
		}
	}
	for _, bad := range [][3]float64{{nan, 4, 0}, {0.5, nan, 0}, {0.5, 4, nan}} {
		if got := control.RunLength(bad[0], bad[1], bad[2]); !math.IsNaN(got) {
			t.Errorf("the run length of %v is %v, want NaN", bad, got)
		}
	}
	for _, d := range []float64{-1e-4, -1e-5, 1e-5, 1e-4} {
		near(t, fmt.Sprint("a difference of ", d), control.RunLength(0.5, 4, 0.5+d), 5.166*5.166, 0.05)
	}
}
