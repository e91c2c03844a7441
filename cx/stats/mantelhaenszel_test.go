package stats_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/stats"
)

// berkeley has men and women, admitted and rejected, of the six departments (Bickel, Hammel, O'Connell 1975; R's UCBAdmissions).
var berkeley = []stats.Fourfold{
	{A: 512, B: 313, C: 89, D: 19},
	{A: 353, B: 207, C: 17, D: 8},
	{A: 120, B: 205, C: 202, D: 391},
	{A: 138, B: 279, C: 131, D: 244},
	{A: 53, B: 138, C: 94, D: 299},
	{A: 22, B: 351, C: 24, D: 317},
}

// TestMantelHaenszel: the ratios, intervals and corrected tests are those that R's mantelhaen.test prints. The further digits
// and the tests without correction are the definitions, evaluated in 60 digits with mpmath.
func TestMantelHaenszel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason           string
		strata           []stats.Fourfold
		ratio, low, high float64
		statistic, p     float64
		corrected, with  float64
	}{
		{
			"UCBAdmissions: 0.9046968 (0.7719074 to 1.0603298), X-squared 1.4269, p 0.2323", berkeley,
			0.90469682825862, 0.77190736175935, 1.0603297644367, 1.5246066604434, 0.21692369705552, 1.4269462285867, 0.23226346281705,
		},
		{
			"Agresti's rabbits: 7 (1.026713 to 47.725133), X-squared 3.9286, p 0.04747",
			[]stats.Fourfold{{A: 0, B: 6, C: 0, D: 5}, {A: 3, B: 3, C: 0, D: 6}, {A: 6, B: 0, C: 2, D: 4}, {A: 5, B: 1, C: 6, D: 0}, {A: 2, B: 0, C: 5, D: 0}},
			7, 1.0267126884617, 47.725133380223, 5.6571428571429, 0.017384420352066, 3.9285714285714, 0.047472255142918,
		},
		{
			"statsmodels' test: 3.5912 (1.781135 to 7.240633), X-squared 11.8852, p 0.0005658",
			[]stats.Fourfold{{A: 20, B: 10, C: 14, D: 24}, {A: 15, B: 3, C: 12, D: 15}, {A: 3, B: 3, C: 2, D: 2}, {A: 12, B: 7, C: 3, D: 5}, {A: 1, B: 3, C: 0, D: 2}},
			3.5911755630978, 1.7811345246506, 7.2406332854172, 13.046583362216, 0.00030383818044886, 11.885194406017, 0.00056581919422002,
		},
		{
			"Agresti's AZT: 0.4869955 (0.2818621 to 0.8414208), X-squared 6.0799, p 0.01367",
			[]stats.Fourfold{{A: 14, B: 93, C: 32, D: 81}, {A: 11, B: 52, C: 12, D: 43}},
			0.48699554507338, 0.28186213297305, 0.84142079824531, 6.7623567156858, 0.0093100723718899, 6.079913233627, 0.013672748602789,
		},
	} {
		for _, strata := range [][]stats.Fourfold{c.strata, append([]stats.Fourfold{{}, {D: 1}, {A: 3}, {A: 4, C: 5}}, c.strata...)} {
			got := stats.MantelHaenszel(strata, 0.95)
			nearly(t, c.reason+": ratio", got.Ratio, c.ratio, 1e-12)
			nearly(t, c.reason+": low", got.Interval.Low, c.low, 1e-12)
			nearly(t, c.reason+": high", got.Interval.High, c.high, 1e-12)
			nearly(t, c.reason+": statistic", got.Statistic, c.statistic, 1e-12)
			nearly(t, c.reason+": p", got.P, c.p, 1e-12)
			nearly(t, c.reason+": corrected", got.Corrected, c.corrected, 1e-12)
			nearly(t, c.reason+": p corrected", got.CorrectedP, c.with, 1e-12)
		}
	}
}

func TestMantelHaenszelBounds(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	one := []stats.Fourfold{{A: 10, B: 20, C: 30, D: 40}}
	for _, c := range []struct {
		reason     string
		strata     []stats.Fourfold
		confidence float64
		ratio      float64 // NaN: none
		tested     bool
	}{
		{"no stratum", nil, 0.95, math.NaN(), false},
		{"an empty stratum", []stats.Fourfold{{}}, 0.95, math.NaN(), false},
		{"a stratum with one row", []stats.Fourfold{{A: 5, B: 6}}, 0.95, math.NaN(), false},
		{"a stratum with one column", []stats.Fourfold{{A: 5, C: 6}}, 0.95, math.NaN(), false},
		{"one of BC is zero", []stats.Fourfold{{A: 5, B: 0, C: 6, D: 7}}, 0.95, inf, true},
		{"one of AD is zero", []stats.Fourfold{{A: 0, B: 5, C: 6, D: 7}}, 0.95, 0, true},
		{"a negative count", []stats.Fourfold{{A: 5, B: -1, C: 6, D: 7}}, 0.95, math.NaN(), false},
		{"too many events", []stats.Fourfold{{A: math.MaxInt64, B: math.MaxInt64, C: 6, D: 7}}, 0.95, math.NaN(), false},
		{"confidence in percent", one, 95, math.NaN(), false},
		{"confidence zero", one, 0, math.NaN(), false},
		{"confidence one", one, 1, math.NaN(), false},
		{"confidence is no number", one, math.NaN(), math.NaN(), false},
	} {
		got := stats.MantelHaenszel(c.strata, c.confidence)
		if got.Ratio != c.ratio && !(math.IsNaN(got.Ratio) && math.IsNaN(c.ratio)) {
			t.Errorf("%s: the ratio is %v, want %v", c.reason, got.Ratio, c.ratio)
		}
		if got.Interval != (stats.Interval{Low: 0, High: inf}) {
			t.Errorf("%s: the interval is %v, want [0, +Inf]", c.reason, got.Interval)
		}
		if tested := got.P < 1 && got.Statistic > 0; tested != c.tested {
			t.Errorf("%s: the test is %v with p %v", c.reason, got.Statistic, got.P)
		}
	}
}

// TestMantelHaenszelProperties: exchanging the rows inverts the ratio; the ratio of one stratum is its odds ratio; the test of one stratum is
// Pearson's, times (n-1)/n; and the correction takes evidence away.
func TestMantelHaenszelProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.Int64Range(1, 1000)
		strata := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) stats.Fourfold {
			return stats.Fourfold{A: count.Draw(t, "a"), B: count.Draw(t, "b"), C: count.Draw(t, "c"), D: count.Draw(t, "d")}
		}), 1, 10).Draw(t, "strata")
		turned := make([]stats.Fourfold, len(strata))
		for i, s := range strata {
			turned[i] = stats.Fourfold{A: s.C, B: s.D, C: s.A, D: s.B}
		}
		got, other := stats.MantelHaenszel(strata, 0.95), stats.MantelHaenszel(turned, 0.95)
		for _, c := range [][2]float64{
			{got.Ratio, 1 / other.Ratio},
			{got.Interval.Low, 1 / other.Interval.High},
			{got.Interval.High, 1 / other.Interval.Low},
			{got.Statistic, other.Statistic},
		} {
			if math.Abs(c[0]-c[1]) > 1e-9*(1e-6+math.Abs(c[1])) {
				t.Errorf("rows exchanged: %v and %v", c[0], c[1])
			}
		}
		if !(got.Interval.Low <= got.Ratio && got.Ratio <= got.Interval.High) || got.CorrectedP < got.P || !(got.P >= 0 && got.CorrectedP <= 1) {
			t.Errorf("%+v", got)
		}
		s := strata[0]
		alone := stats.MantelHaenszel(strata[:1], 0.95)
		odds := float64(s.A*s.D) / float64(s.B*s.C)
		n := float64(s.A + s.B + s.C + s.D)
		pearson := stats.ChiSquare([][]int64{{s.A, s.B}, {s.C, s.D}}).Statistic * (n - 1) / n
		if math.Abs(alone.Ratio-odds) > 1e-12*odds || math.Abs(alone.Statistic-pearson) > 1e-9*(pearson+1e-6) {
			t.Errorf("one stratum %+v: %+v, want the ratio %v and the statistic %v", s, alone, odds, pearson)
		}
	})
}
