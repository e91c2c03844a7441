package stats_test

import (
	"math"
	"testing"

	"cairncx.dev/cairn/cx/stats"
)

// within fails the test unless the interval is in order and between the bounds. NaN is not.
func within(t *testing.T, what string, i stats.Interval, low, high float64) {
	t.Helper()
	if !(low <= i.Low && i.Low <= i.High && i.High <= high) {
		t.Errorf("%s: %v is not in [%v, %v]", what, i, low, high)
	}
}

func FuzzIntervals(f *testing.F) {
	f.Add(int64(9512), int64(10000), int64(48), int64(80), 0.95)
	f.Add(int64(0), int64(0), int64(-1), int64(1), 1.0)
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MinInt64), int64(math.MaxInt64), math.NaN())
	f.Add(int64(1), int64(math.MaxInt64), int64(math.MaxInt64-1), int64(math.MaxInt64), 0x1p-1074)
	f.Fuzz(func(t *testing.T, k1, n1, k2, n2 int64, confidence float64) {
		within(t, "Wilson", stats.Wilson(k1, n1, confidence), 0, 1)
		within(t, "WilsonLower", stats.Interval{Low: stats.WilsonLower(k1, n1, confidence), High: 1}, 0, 1)
		within(t, "WilsonUpper", stats.Interval{Low: 0, High: stats.WilsonUpper(k1, n1, confidence)}, 0, 1)
		within(t, "Newcombe", stats.Newcombe(k1, n1, k2, n2, confidence), -1, 1)
		within(t, "NPSInterval", stats.NPSInterval(k1, k2, n1, confidence), -100, 100)
	})
}

func FuzzSizes(f *testing.F) {
	f.Add(0.5, 0.05, 0.95)
	f.Add(0x1p-1074, 0x1p-1074, 0x1p-1074)
	f.Add(math.NaN(), math.Inf(1), math.Inf(-1))
	f.Add(0.5, math.MaxFloat64, 1-0x1p-53)
	f.Fuzz(func(t *testing.T, share, margin, confidence float64) {
		if n := stats.SampleSize(share, margin, confidence); n < 1 {
			t.Errorf("SampleSize is %d", n)
		}
		if n := stats.NPSSampleSize(margin, confidence); n < 1 {
			t.Errorf("NPSSampleSize is %d", n)
		}
		if z := stats.NormalQuantile(share); math.IsNaN(z) != !(share >= 0 && share <= 1) {
			t.Errorf("the quantile of %v is %v", share, z)
		}
	})
}

func FuzzBinomial(f *testing.F) {
	f.Add(int64(5), int64(100), 0.0144, 0.05)
	f.Add(int64(1), int64(1_000_000), 0x1p-1074, 0x1p-1074)
	f.Add(int64(999_999), int64(1_000_000), 1-0x1p-53, 1-0x1p-53)
	f.Add(int64(math.MinInt64), int64(math.MinInt64), math.NaN(), math.NaN())
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), 0.5, 0.5)
	f.Fuzz(func(t *testing.T, k, n int64, p, significance float64) {
		if n > 0 && n <= stats.MaxTrials {
			n %= 1_000_001 // more trials take more time, and no other way
		}
		for _, probability := range []float64{stats.BinomialAtLeast(k, n, p), stats.BinomialAtMost(k, n, p)} {
			if !(probability >= 0 && probability <= 1) {
				t.Errorf("%v is no probability", probability)
			}
		}
		critical := stats.BinomialCritical(n, p, significance)
		if critical < 1 || critical > n+1 && critical != math.MaxInt64 {
			t.Errorf("BinomialCritical is %d of %d", critical, n)
		}
		if critical == math.MaxInt64 {
			return
		}
		if tail := stats.BinomialAtLeast(critical, n, p); tail > significance {
			t.Errorf("%d of %d have the probability %v, above %v", critical, n, tail, significance)
		}
		if tail := stats.BinomialAtLeast(critical-1, n, p); tail <= significance {
			t.Errorf("%d of %d, one fewer, have the probability %v", critical-1, n, tail)
		}
	})
}

func FuzzAssociation(f *testing.F) {
	f.Add(int64(3), int64(1), int64(1), int64(3), 3.84, 1, 0.95)
	f.Add(int64(0), int64(0), int64(0), int64(0), 0.0, 0, 1.0)
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MinInt64), int64(math.MaxInt64), math.NaN(), math.MinInt, math.NaN())
	f.Add(int64(stats.MaxTrials/4), int64(stats.MaxTrials/4), int64(stats.MaxTrials/4), int64(stats.MaxTrials/4), 1e12, 1_000_000, 0x1p-1074)
	f.Add(int64(stats.MaxTrials/2), int64(1), int64(stats.MaxTrials/2-2), int64(1), 0x1p-1074, 3, 0.5)
	f.Fuzz(func(t *testing.T, a, b, c, d int64, x float64, degrees int, confidence float64) {
		table := stats.Fourfold{A: a, B: b, C: c, D: d}
		chi := stats.ChiSquare([][]int64{{a, b}, {c, d}})
		shares, _ := stats.SharesTest(a, b, c, d)
		odds := stats.MantelHaenszel([]stats.Fourfold{table, {A: d, B: a, C: b, D: c}}, confidence)
		if degrees > 1_000_000 {
			degrees %= 1_000_000 // more degrees take more time, and no other way
		}
		tail := stats.ChiSquareTail(x, degrees)
		ps := []float64{chi.P, shares, odds.P, odds.CorrectedP, tail, stats.StudentTail(x, degrees), stats.FisherExact(table)}
		for i, p := range append(ps, stats.BenjaminiHochberg(append(ps, x, confidence))...) {
			if !(p >= 0 && p <= 1) {
				t.Errorf("%v, number %d, is no probability", p, i)
			}
		}
		if !(chi.Statistic >= 0 && odds.Statistic >= 0 && odds.Corrected >= 0) {
			t.Errorf("statistics %v, %v, %v", chi.Statistic, odds.Statistic, odds.Corrected)
		}
		within(t, "odds ratio", odds.Interval, 0, math.Inf(1))
	})
}
