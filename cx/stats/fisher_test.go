package stats_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/stats"
)

// TestFisherExact: the probabilities are exact sums of fractions. Those of the tea, of 8 2 1 5 and of 1 5 3 2 are also the ones
// that the documents of R and SciPy show.
func TestFisherExact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		table  stats.Fourfold
		want   float64
	}{
		{"Fisher's tea, R's fisher.test", stats.Fourfold{A: 3, B: 1, C: 1, D: 3}, 0.48571428571428571},
		{"SciPy's whales and sharks", stats.Fourfold{A: 8, B: 2, C: 1, D: 5}, 0.034965034965034965},
		{"SciPy's issue 4130", stats.Fourfold{A: 6, B: 37, C: 108, D: 200}, 0.0050926977481257901},
		{"SciPy's issue 4130, no exception", stats.Fourfold{A: 22, B: 0, C: 0, D: 102}, 7.1750667862445208e-25},
		{"SciPy's issue 4130, many events", stats.Fourfold{A: 94, B: 48, C: 3577, D: 16988}, 2.0693563409938848e-37},
		{"the seen table is below the mode", stats.Fourfold{A: 45, B: 40, C: 10, D: 5}, 0.40481213467700141},
		{"one tail only is as improbable", stats.Fourfold{A: 4, B: 14, C: 3, D: 1}, 0.076555023923444976},
		{"R 4.5.2", stats.Fourfold{A: 1, B: 5, C: 3, D: 2}, 0.24242424242424242},
		{"R 4.5.2, few failures", stats.Fourfold{A: 100, B: 2, C: 1000, D: 5}, 0.13007593634300169},
		{"no failure in the first row", stats.Fourfold{A: 5, B: 0, C: 1, D: 4}, 0.047619047619047619},
		{"both tails have one table", stats.Fourfold{A: 0, B: 5, C: 5, D: 0}, 0.0079365079365079365},
		{"thousands of events", stats.Fourfold{A: 200, B: 9800, C: 500, D: 19500}, 0.0065573975163597802},
	} {
		nearly(t, c.reason, stats.FisherExact(c.table), c.want, 1e-12)
		turned := stats.Fourfold{A: c.table.D, B: c.table.C, C: c.table.B, D: c.table.A}
		nearly(t, c.reason+", turned", stats.FisherExact(turned), c.want, 1e-12)
		flipped := stats.Fourfold{A: c.table.A, B: c.table.C, C: c.table.B, D: c.table.D}
		nearly(t, c.reason+", flipped", stats.FisherExact(flipped), c.want, 1e-12)
		exchanged := stats.Fourfold{A: c.table.B, B: c.table.A, C: c.table.D, D: c.table.C}
		nearly(t, c.reason+", columns exchanged", stats.FisherExact(exchanged), c.want, 1e-12)
	}
	for _, c := range []struct {
		table stats.Fourfold
		want  float64 // the sum in 50 digits, with mpmath
	}{
		{stats.Fourfold{A: 16, B: 3454, C: 34531, D: 1558379}, 1.6978123388585248e-16}, // SciPy has 1.7e-16
		{stats.Fourfold{A: 400, B: 99600, C: 4700, D: 995300}, 0.0016332328377021382},
		{stats.Fourfold{A: 40500, B: 59500, C: 401000, D: 599000}, 0.01391240614895933},
	} {
		nearly(t, fmt.Sprintf("%+v", c.table), stats.FisherExact(c.table), c.want, 1e-11)
	}
	for _, c := range []struct {
		reason string
		table  stats.Fourfold
	}{
		{"no event", stats.Fourfold{}},
		{"an empty row", stats.Fourfold{A: 3, B: 4}},
		{"an empty column", stats.Fourfold{A: 3, C: 4}},
		{"one event", stats.Fourfold{D: 1}},
		{"the most probable table", stats.Fourfold{A: 10, B: 20, C: 20, D: 40}},
		{"a negative count", stats.Fourfold{A: 100, B: -1, C: 1, D: 100}},
		{"too many events", stats.Fourfold{A: stats.MaxTrials, B: 1, C: 1, D: stats.MaxTrials}},
		{"a sum that overflows", stats.Fourfold{A: math.MaxInt64, B: math.MaxInt64, C: math.MaxInt64, D: math.MaxInt64}},
	} {
		if got := stats.FisherExact(c.table); got != 1 {
			t.Errorf("%s: %v, want 1", c.reason, got)
		}
	}
}

// slowFisher sums whole numbers of arrangements.
func slowFisher(f stats.Fourfold) float64 {
	row, other, column := f.A+f.B, f.C+f.D, f.A+f.C
	arrangements := func(k int64) *big.Int {
		first := new(big.Int).Binomial(row, k)
		return first.Mul(first, new(big.Int).Binomial(other, column-k))
	}
	bound := arrangements(f.A)
	bound.Mul(bound, big.NewInt(10_000_001))
	sum := new(big.Int)
	for k := max(0, column-other); k <= min(row, column); k++ {
		ways := arrangements(k)
		if new(big.Int).Mul(ways, big.NewInt(10_000_000)).Cmp(bound) <= 0 {
			sum.Add(sum, ways)
		}
	}
	p, _ := new(big.Rat).SetFrac(sum, new(big.Int).Binomial(row+other, column)).Float64()
	return p
}

func TestFisherExactSlowly(t *testing.T) {
	t.Parallel()
	for n := range int64(11) { // each table of up to ten events
		for a := range n + 1 {
			for b := range n + 1 - a {
				for c := range n + 1 - a - b {
					f := stats.Fourfold{A: a, B: b, C: c, D: n - a - b - c}
					nearly(t, fmt.Sprintf("%+v", f), stats.FisherExact(f), slowFisher(f), 1e-12)
				}
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.OneOf(rapid.Int64Range(0, 10), rapid.Int64Range(0, 200))
		f := stats.Fourfold{A: count.Draw(t, "a"), B: count.Draw(t, "b"), C: count.Draw(t, "c"), D: count.Draw(t, "d")}
		if got, want := stats.FisherExact(f), slowFisher(f); math.Abs(got-want) > 1e-11*want {
			t.Errorf("%+v: %.17g, want %.17g", f, got, want)
		}
	})
}

// TestSharesTest: the test of two shares is the chi-square test of their table where each expected count is at least 5, and Fisher's test below.
func TestSharesTest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.OneOf(rapid.Int64Range(0, 10), rapid.Int64Range(0, 100_000))
		a, b, c, d := count.Draw(t, "a"), count.Draw(t, "b"), count.Draw(t, "c"), count.Draw(t, "d")
		p, exact := stats.SharesTest(a, a+b, c, c+d)
		smallest := float64(min(a+b, c+d)*min(a+c, b+d)) / float64(max(1, a+b+c+d))
		want := stats.ChiSquare([][]int64{{a, b}, {c, d}}).P
		if exact {
			want = stats.FisherExact(stats.Fourfold{A: a, B: b, C: c, D: d})
		}
		if smallest > 0 && exact != (smallest < 5) {
			t.Errorf("%d %d %d %d: the smallest expected count is %v, and exact is %v", a, b, c, d, smallest, exact)
		}
		if math.Abs(p-want) > 1e-9*want {
			t.Errorf("%d %d %d %d: %v, want %v", a, b, c, d, p, want)
		}
	})
	for _, c := range []struct {
		reason         string
		k1, n1, k2, n2 int64
	}{
		{"no trials", 0, 0, 5, 10},
		{"no trials of the second", 5, 10, 0, 0},
		{"negative successes", -1, 10, 5, 10},
		{"more successes than trials", 11, 10, 5, 10},
		{"no success at all", 0, 1000, 0, 10},
		{"no failure at all", 1000, 1000, 10, 10},
		{"too many trials", 1, stats.MaxTrials, 0, stats.MaxTrials},
	} {
		if p, exact := stats.SharesTest(c.k1, c.n1, c.k2, c.n2); p != 1 || exact {
			t.Errorf("%s: %v, %v, want 1 and false", c.reason, p, exact)
		}
	}
}
