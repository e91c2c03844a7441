package stats_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/stats"
)

func TestWilson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		k, n      int64
		low, high float64
		tolerance float64
		source    string
	}{
		{18, 20, 0.6989663547715128, 0.972133518786232, 1e-15, "statsmodels, tests of proportion_confint, from R's binom"},
		{4, 20, 0.0806576625797981, 0.4160174322518935, 1e-15, "statsmodels"},
		{190, 200, 0.910421851861224, 0.972617354399236, 1e-15, "statsmodels"},
		{0, 30, 0, 0.11351339, 5e-9, "statsmodels"},
		{30, 30, 1 - 0.11351339, 1, 5e-9, "the mirror image of the one before"},
		{81, 263, 0.2553, 0.3662, 5e-5, "Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3"},
		{15, 148, 0.0624, 0.1605, 5e-5, "Newcombe 1998"},
		{0, 20, 0, 0.1611, 5e-5, "Newcombe 1998"},
		{1, 29, 0.0061, 0.1718, 5e-5, "Newcombe 1998"},
	} {
		got := stats.Wilson(c.k, c.n, 0.95)
		near(t, fmt.Sprintf("%d of %d, low (%s)", c.k, c.n, c.source), got.Low, c.low, c.tolerance)
		near(t, fmt.Sprintf("%d of %d, high (%s)", c.k, c.n, c.source), got.High, c.high, c.tolerance)
	}
}

// TestWilsonEnds: 0 and 1 are exact where no success or no failure was seen.
func TestWilsonEnds(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{1, 2, 3, 7, 30, 1000, 1_000_003, math.MaxInt64} {
		for _, confidence := range []float64{1e-9, 0.5, 0.8, 0.95, 0.999, 1 - 1e-15} {
			if none := stats.Wilson(0, n, confidence); none.Low != 0 || !(none.High > 0 && none.High < 1) {
				t.Errorf("0 of %d at %v: %v", n, confidence, none)
			}
			if all := stats.Wilson(n, n, confidence); all.High != 1 || !(all.Low > 0 && all.Low <= 1) {
				t.Errorf("%d of %d at %v: %v", n, n, confidence, all)
			}
		}
	}
}

// TestWilsonSlowly compares with the textbook's formula in 400 bits. The z are mpmath's, for the float64 nearest to the
// confidence.
func TestWilsonSlowly(t *testing.T) {
	t.Parallel()
	for _, level := range []struct {
		confidence float64
		z          string
	}{
		{0.5, "0.6744897501960817432022270145413071853869"},
		{0.9, "1.644853626951472822510732234104853020256"},
		{0.95, "1.959963984540053855604430649826643177289"},
		{0.999, "3.290526731491894543338877774486376890988"},
	} {
		for _, n := range []int64{1, 2, 3, 10, 29, 1000, 123_457, 1_000_000_000, 1 << 52} {
			for _, k := range []int64{0, 1, 2, 5, n / 3, n / 2, n - n/10, n - 2, n - 1, n} {
				if k < 0 || k > n {
					continue
				}
				got := stats.Wilson(k, n, level.confidence)
				low, high := slowWilson(k, n, level.z)
				what := fmt.Sprintf("%d of %d at %v", k, n, level.confidence)
				nearly(t, what+", low", got.Low, low, 1e-14)
				nearly(t, what+", high", got.High, high, 1e-14)
			}
		}
	}
}

// slowWilson is the formula as it is printed: (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n).
func slowWilson(successes, trials int64, quantile string) (low, high float64) {
	number := func() *big.Float { return new(big.Float).SetPrec(400) }
	z, _ := number().SetString(quantile)
	k, n := number().SetInt64(successes), number().SetInt64(trials)
	p := number().Quo(k, n)
	zz := number().Mul(z, z)
	zzn := number().Quo(zz, n)
	centre := number().Add(p, number().Quo(zzn, big.NewFloat(2)))
	spread := number().Quo(number().Mul(p, number().Sub(big.NewFloat(1), p)), n)
	spread.Add(spread, number().Quo(number().Quo(zzn, n), big.NewFloat(4)))
	half := number().Mul(z, number().Sqrt(spread))
	scale := number().Add(big.NewFloat(1), zzn)
	low, _ = number().Quo(number().Sub(centre, half), scale).Float64()
	high, _ = number().Quo(number().Add(centre, half), scale).Float64()
	if successes == 0 {
		low = 0 // the difference of two equal numbers, in 400 bits
	}
	return low, high
}

// TestWilsonProperties: the interval contains the share, lies in [0, 1], is symmetric, grows with the confidence, and shrinks with
// the trials.
func TestWilsonProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1<<53).Draw(t, "n")
		k := rapid.Int64Range(0, n).Draw(t, "k")
		confidence := rapid.Float64Range(0.001, 0.9999).Draw(t, "confidence")
		higher := rapid.Float64Range(confidence, 0.99999).Draw(t, "higher")
		share := float64(k) / float64(n)
		i, wider, mirror := stats.Wilson(k, n, confidence), stats.Wilson(k, n, higher), stats.Wilson(n-k, n, confidence)
		if !(0 <= i.Low && i.Low <= share && share <= i.High && i.High <= 1) {
			t.Errorf("%v does not contain %v, or is not in [0, 1]", i, share)
		}
		const rounding = 4e-16
		if wider.Low > i.Low+rounding || wider.High < i.High-rounding {
			t.Errorf("%v, with more confidence, is narrower than %v", wider, i)
		}
		if math.Abs(mirror.Low-(1-i.High)) > rounding || math.Abs(mirror.High-(1-i.Low)) > rounding {
			t.Errorf("%v is not the mirror image of %v", mirror, i)
		}
		if more := stats.Wilson(2*k, 2*n, confidence); more.High-more.Low > i.High-i.Low+rounding {
			t.Errorf("%v, of twice the trials, is wider than %v", more, i)
		}
	})
}

// TestWilsonOneSided: a limit at 95% is the end of the interval at 90%, because the interval leaves 5% out on each side. The
// equation that it solves is the score test's: the observed share lies z standard errors from it.
func TestWilsonOneSided(t *testing.T) {
	t.Parallel()
	const z = 1.6448536269514722843 // the quantile of 0.95: mpmath, and every table
	for _, c := range []struct{ k, n int64 }{{1, 10}, {5, 10}, {9, 10}, {9512, 10000}, {1, 1_000_000}, {999_999, 1_000_000}} {
		interval := stats.Wilson(c.k, c.n, 0.9)
		lower, upper := stats.WilsonLower(c.k, c.n, 0.95), stats.WilsonUpper(c.k, c.n, 0.95)
		what := fmt.Sprintf("%d of %d", c.k, c.n)
		nearly(t, what+", lower", lower, interval.Low, 1e-14)
		nearly(t, what+", upper", upper, interval.High, 1e-14)
		share, n := float64(c.k)/float64(c.n), float64(c.n)
		nearly(t, what+", the lower score", (share-lower)/math.Sqrt(lower*(1-lower)/n), z, 1e-9)
		nearly(t, what+", the upper score", (upper-share)/math.Sqrt(upper*(1-upper)/n), z, 1e-9)
	}
	near(t, "0 of 30, the limits below", stats.WilsonLower(0, 30, 0.975), 0, 0)
	near(t, "0 of 30, the limit above", stats.WilsonUpper(0, 30, 0.975), 0.11351339, 5e-9)
	near(t, "30 of 30, the limit above", stats.WilsonUpper(30, 30, 0.975), 1, 0)
	near(t, "30 of 30, the limit below", stats.WilsonLower(30, 30, 0.975), 1-0.11351339, 5e-9)
}

// TestWilsonLittleConfidence: with a confidence below a half a limit lies on the other side of the share.
func TestWilsonLittleConfidence(t *testing.T) {
	t.Parallel()
	near(t, "half the confidence, below", stats.WilsonLower(3, 10, 0.5), 0.3, 1e-15)
	near(t, "half the confidence, above", stats.WilsonUpper(3, 10, 0.5), 0.3, 1e-15)
	near(t, "75% below is half of the interval at 50%", stats.WilsonLower(3, 10, 0.75), stats.Wilson(3, 10, 0.5).Low, 1e-15)
	near(t, "75% above is half of the interval at 50%", stats.WilsonUpper(3, 10, 0.75), stats.Wilson(3, 10, 0.5).High, 1e-15)
	near(t, "5% above is 95% below", stats.WilsonUpper(3, 10, 0.05), stats.WilsonLower(3, 10, 0.95), 1e-15)
	near(t, "5% below is 95% above", stats.WilsonLower(3, 10, 0.05), stats.WilsonUpper(3, 10, 0.95), 1e-15)
}
