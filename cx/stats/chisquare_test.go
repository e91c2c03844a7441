package stats_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/stats"
)

func TestChiSquare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason    string
		table     [][]int64
		statistic float64
		degrees   int
		p         float64
	}{
		{"SciPy's documentation of chi2_contingency", [][]int64{{10, 10, 20}, {20, 20, 20}}, 2.7777777777777777, 2, 0.24935220877729622},
		{"rows and columns without an event do not count", [][]int64{{10, 0, 10, 20}, {0, 0, 0, 0}, {20, 0, 20, 20}}, 2.7777777777777777, 2, 0.24935220877729622},
		{"UC Berkeley 1973, men and women: R's chisq.test(correct = FALSE) has 92.205", [][]int64{{1198, 1493}, {557, 1278}}, 92.20528, 1, 7.8e-22},
		{"rows with the same shares", [][]int64{{10, 20, 30}, {1, 2, 3}, {100, 200, 300}}, 0, 4, 1},
	} {
		got := stats.ChiSquare(c.table)
		nearly(t, c.reason, got.Statistic, c.statistic, 1e-7)
		nearly(t, c.reason, got.P, c.p, 5e-3)
		if got.Degrees != c.degrees {
			t.Errorf("%s: %d degrees of freedom, want %d", c.reason, got.Degrees, c.degrees)
		}
	}
	got := stats.ChiSquare([][]int64{{10, 10, 20}, {20, 20, 20}})
	nearly(t, "SciPy's statistic, to the last digits", got.Statistic, 2.7777777777777777, 1e-15)
	nearly(t, "SciPy's probability, to the last digits", got.P, 0.24935220877729622, 1e-14)
}

func TestChiSquareBadInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		table  [][]int64
	}{
		{"no table", nil},
		{"no column", [][]int64{{}, {}}},
		{"one row", [][]int64{{1, 2, 3}}},
		{"one column", [][]int64{{1}, {2}}},
		{"one row with events", [][]int64{{1, 2}, {0, 0}}},
		{"one column with events", [][]int64{{1, 0}, {2, 0}}},
		{"rows of different lengths", [][]int64{{100, 2}, {3}}},
		{"a negative count", [][]int64{{100, 2}, {-3, 400}}},
	} {
		if got := stats.ChiSquare(c.table); got != (stats.ChiSquared{P: 1}) {
			t.Errorf("%s: %+v, want nothing", c.reason, got)
		}
	}
}

// TestChiSquareTail: the values are those of mpmath's gammainc in 60 digits, of the arguments as float64. 3.84, 7.81, 18.3 and
// 124.3 are the critical values at 5% of the NIST handbook, 1.3.6.7.4.
func TestChiSquareTail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		x         float64
		degrees   int
		want      float64
		tolerance float64
	}{
		{2.7777777777777777, 2, 0.24935220877729621, 1e-14},
		{3.841458820694124, 1, 0.050000000000000057, 1e-14},
		{0.001, 1, 0.97477287936996039, 1e-15},
		{100, 1, 1.5239706048321052e-23, 1e-13},
		{1300, 1, 1.1303728441492742e-284, 1e-12},
		{7.814727903251179, 3, 0.050000000000000018, 1e-13},
		{0.5, 3, 0.91889141165467586, 1e-14},
		{18.307038053275146, 10, 0.050000000000000007, 1e-13},
		{1, 10, 0.99982788437004416, 1e-15},
		{9.5, 11, 0.57584155339154723, 1e-14},
		{60, 11, 9.2721615028364283e-9, 1e-13},
		{124.34211340400407, 100, 0.050000000000000093, 1e-13},
		{100, 100, 0.48119168452795672, 1e-13},
		{40, 100, 0.99999998754107392, 1e-15},
		{300, 100, 7.4121008573228768e-22, 1e-12},
		{999.3, 1000, 0.50029817863924259, 1e-13},
		{1500, 1000, 1.0454640385979657e-22, 1e-12},
		{100000, 100000, 0.49940529189520669, 1e-12},
		{101000, 100000, 0.01286884037723367, 1e-11},
	} {
		nearly(t, fmt.Sprintf("x %v, %d degrees", c.x, c.degrees), stats.ChiSquareTail(c.x, c.degrees), c.want, c.tolerance)
	}
	for _, c := range []struct {
		reason  string
		x       float64
		degrees int
		want    float64
	}{
		{"zero", 0, 3, 1},
		{"below zero", -1, 3, 1},
		{"infinity", math.Inf(1), 3, 0},
		{"negative infinity", math.Inf(-1), 3, 1},
		{"no number", math.NaN(), 3, 1},
		{"no degrees", 10, 0, 1},
		{"negative degrees", 10, -1, 1},
		{"more degrees than any table has", 10, math.MaxInt, 1},
		{"below the smallest float64", 1e5, 3, 0},
		{"below the smallest float64, one degree", 1e300, 1, 0},
	} {
		if got := stats.ChiSquareTail(c.x, c.degrees); got != c.want {
			t.Errorf("%s: %v, want %v", c.reason, got, c.want)
		}
	}
}

// TestChiSquareTailSlowly compares with the finite sums that the tail is where the degrees are even (DLMF 8.4.10), in 300 bits.
func TestChiSquareTailSlowly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		degrees := 2 * rapid.IntRange(1, 150).Draw(t, "half the degrees")
		x := rapid.Float64Range(0.01, 700).Draw(t, "x")
		half := new(big.Float).SetPrec(300).SetFloat64(x / 2)
		sum, term := big.NewFloat(1).SetPrec(300), big.NewFloat(1).SetPrec(300)
		for k := 1; k < degrees/2; k++ {
			term.Mul(term, half).Quo(term, big.NewFloat(float64(k)))
			sum.Add(sum, term)
		}
		want, _ := sum.Float64()
		want *= math.Exp(-x / 2) // the sum is at most e^350, e^-350 is a float64
		got := stats.ChiSquareTail(x, degrees)
		if math.Abs(got-want) > 1e-12*want+1e-300 {
			t.Errorf("x %v, %d degrees: %.17g, want %.17g", x, degrees, got, want)
		}
	})
}

// TestChiSquareTailFalls: the tail falls with x, and rises with the degrees.
func TestChiSquareTailFalls(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		degrees := rapid.IntRange(1, 2000).Draw(t, "degrees")
		x := rapid.Float64Range(0, 4000).Draw(t, "x")
		p := stats.ChiSquareTail(x, degrees)
		if further := stats.ChiSquareTail(x*1.01, degrees); further > p*(1+1e-12) {
			t.Errorf("%v degrees: the tail rises from %v to %v after x = %v", degrees, p, further, x)
		}
		if more := stats.ChiSquareTail(x, degrees+1); more < p*(1-1e-12) {
			t.Errorf("x %v: the tail falls from %v to %v after %d degrees", x, p, more, degrees)
		}
	})
}
