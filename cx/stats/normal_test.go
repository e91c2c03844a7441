package stats_test

import (
	"fmt"
	"math"
	"testing"

	"cairncx.dev/cairn/cx/stats"
)

// TestNormalQuantile: the values are those of mpmath 1.3.0 with 60 digits, for the float64 nearest to p. Those of 0.9 to 0.999
// are also in every printed table (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.1).
func TestNormalQuantile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ p, z float64 }{
		{1e-300, -37.047096299361199237},
		{1e-100, -21.273453560965324294},
		{1e-20, -9.2623400897984075796},
		{1e-10, -6.3613409024040561991},
		{1e-6, -4.7534243088228989573},
		{0.001, -3.0902323061678135354},
		{0.01, -2.3263478740408410931},
		{0.024, -1.9773684281819467033},
		{0.025, -1.9599639845400542118},
		{0.05, -1.644853626951472688},
		{0.1, -1.2815515655446004353},
		{0.2, -0.84162123357291416552},
		{0.2499, -0.67480447011060998732},
		{0.25, -0.6744897501960817432},
		{0.3, -0.52440051270804081597},
		{0.4, -0.25334710313579974132},
		{0.4999, -0.00025066283008800749239},
		{0.5, 0},
		{0.501, 0.0025066308995717662317},
		{0.75, 0.6744897501960817432},
		{0.9, 1.2815515655446005935},
		{0.95, 1.6448536269514722843},
		{0.975, 1.9599639845400538556},
		{0.99, 2.3263478740408407676},
		{0.995, 2.5758293035489004539},
		{0.999, 3.0902323061678132778},
		{0.999999, 4.7534243088170877657},
		{0.9999999999, 6.3613408896974218642},
	} {
		tolerance := max(1e-15*math.Abs(c.z), 1e-16)
		if math.Abs(c.z) > 0.1 && math.Abs(c.z) < 0.9 {
			tolerance = 3e-16 // an error of p's last digit
		}
		near(t, fmt.Sprintf("the quantile of %v", c.p), stats.NormalQuantile(c.p), c.z, tolerance)
	}
}

// TestNormalQuantileEnds: the ends are infinite, the smallest numbers have finite quantiles, and the rest is no number.
func TestNormalQuantileEnds(t *testing.T) {
	t.Parallel()
	if got := stats.NormalQuantile(0); !math.IsInf(got, -1) {
		t.Errorf("the quantile of 0 is %v", got)
	}
	if got := stats.NormalQuantile(1); !math.IsInf(got, 1) {
		t.Errorf("the quantile of 1 is %v", got)
	}
	near(t, "the quantile of the smallest number (mpmath)", stats.NormalQuantile(math.SmallestNonzeroFloat64), -38.467405617144346, 1.5)
	for _, p := range []float64{math.SmallestNonzeroFloat64, 1e-310, 0.9e-300} {
		if got, want := stats.NormalQuantile(p), stats.NormalQuantile(1e-300); got != want {
			t.Errorf("the quantile of %v is %v, want %v, that of 1e-300", p, got, want)
		}
	}
	for _, p := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1e-300, 1.0000000000000002, 95} {
		if got := stats.NormalQuantile(p); !math.IsNaN(got) {
			t.Errorf("the quantile of %v is %v, want NaN", p, got)
		}
	}
}

// TestNormalQuantileRises: the two branches meet at 0.25 without a step.
func TestNormalQuantileRises(t *testing.T) {
	t.Parallel()
	before := math.Inf(-1)
	for p := 1e-300; p < 1; p = min(p*1.01, p+0.0001) {
		z := stats.NormalQuantile(p)
		if !(z > before) {
			t.Fatalf("the quantile of %v is %v, not above %v", p, z, before)
		}
		before = z
	}
}
