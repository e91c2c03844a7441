package stats_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/stats"
)

// exactTails returns P(X >= k) for k from 0 to n+1: the sums in whole numbers, because a float64 is a fraction a/2^b, and so
// the probability is a sum of C(n,j)·a^j·(2^b-a)^(n-j), divided by 2^(bn).
func exactTails(n int64, p float64) []*big.Rat {
	fraction := new(big.Rat).SetFloat64(p)
	a, whole := fraction.Num(), fraction.Denom()
	rest := new(big.Int).Sub(whole, a)
	all := new(big.Int).Exp(whole, big.NewInt(n), nil)
	tails := make([]*big.Rat, n+2)
	sum := new(big.Int)
	tails[n+1] = new(big.Rat)
	for j := n; j >= 0; j-- {
		term := new(big.Int).Binomial(n, j)
		term.Mul(term, new(big.Int).Exp(a, big.NewInt(j), nil))
		term.Mul(term, new(big.Int).Exp(rest, big.NewInt(n-j), nil))
		sum.Add(sum, term)
		tails[j] = new(big.Rat).SetFrac(sum, all)
	}
	return tails
}

func TestBinomialExactly(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{0, 1, 2, 3, 10, 15, 16, 17, 40, 150} {
		for _, p := range []float64{1e-12, 0.0002, 0.0144, 0.1, 0.25, 0.5, 0.7, 0.99, 1 - 1e-12} {
			one := big.NewRat(1, 1)
			for k, tail := range exactTails(n, p) {
				atLeast, _ := tail.Float64()
				atMost, _ := new(big.Rat).Sub(one, tail).Float64() // at most k-1
				if atLeast > 1e-300 || atLeast == 0 {
					nearly(t, fmt.Sprintf("at least %d of %d at %v", k, n, p), stats.BinomialAtLeast(int64(k), n, p), atLeast, 1e-12)
				}
				if atMost > 1e-300 || atMost == 0 {
					nearly(t, fmt.Sprintf("at most %d of %d at %v", k-1, n, p), stats.BinomialAtMost(int64(k)-1, n, p), atMost, 1e-12)
				}
			}
		}
	}
}

// TestBinomialMany: the values are sums of mpmath 1.3.0 with 50 digits, for the float64 nearest to p.
func TestBinomialMany(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		k, n      int64
		p, want   float64
		tolerance float64
	}{
		{2, 10, 0.0144, 0.00864103782986022185, 1e-14},
		{22, 1000, 0.0144, 0.0361626822631240069, 1e-13},
		{14, 1000, 0.0144, 0.578317829340880168, 1e-13},
		{1000, 1000, 0.9, 1.74787125172269473e-46, 1e-13},
		{1100, 1000000, 0.001, 0.000957466970028541866, 1e-12},
		{1000, 1000000, 0.001, 0.504211555166992293, 1e-12},
		{500500, 1000000, 0.5, 0.158897345681652769, 1e-12},
		{502000, 1000000, 0.5, 0.0000318046687504124426, 1e-12},
		{999100, 1000000, 0.999, 0.000694015462286790457, 1e-12},
		{999000, 1000000, 0.999, 0.508409368220764598, 1e-12},
		{5, 1000000, 1e-06, 0.00365982383490226962, 1e-12},
		{50100, 1000000, 0.05, 0.32380606210503332, 1e-12},
		{40, 1000000, 1e-09, 1.22346765639393638e-168, 1e-12},
		{1000, 3000000, 0.0003, 0.000548924893799667643, 1e-12},
		{3000000, 3000000, 0.9999, 5.07154843480143205e-131, 1e-12},
		{700, 1000000, 0.0001, 0, 0}, // 1.5e-333
		{500030000, 1_000_000_000, 0.5, 0.0288918709522542653, 1e-11},
		{1000100000, stats.MaxTrials, 0.001, 0.000778627520978821499, 1e-10},
		{517500, 1000000, 0.5, 1.02801816562807123e-268, 1e-11},
		{2000, 1000000, 0.001, 1.85365399440138644e-170, 1e-11},
		{999700, 1000000, 0.999, 1.85269358578944479e-149, 1e-11},
		{620, 1000000, 0.0001, 5.92278285610784909e-268, 1e-11},
		{500553400, 1_000_000_000, 0.5, 1.12250609056228188e-268, 1e-11},
		{1001100000, stats.MaxTrials, 0.001, 1.39410822494947501e-265, 1e-9},
		{500017500000, stats.MaxTrials, 0.5, 1.12494997044770508e-268, 1e-9},
		{316100, 1000000, 0.3, 4.83737462434260325e-268, 1e-11},
		{716000, 1000000, 0.7, 3.75678876981761285e-270, 1e-11},
		{300001000000, stats.MaxTrials, 0.3, 0.0145482263044931496, 1e-9},
		{300016000000, stats.MaxTrials, 0.3, 2.22547510087231035e-267, 1e-8},
		{700014000000, stats.MaxTrials, 0.7, 2.77256862248246895e-205, 1e-8},
	} {
		got := stats.BinomialAtLeast(c.k, c.n, c.p)
		nearly(t, fmt.Sprintf("at least %d of %d at %v", c.k, c.n, c.p), got, c.want, c.tolerance)
		if c.want > 0.01 {
			nearly(t, fmt.Sprintf("at most %d of %d at %v", c.k-1, c.n, c.p), stats.BinomialAtMost(c.k-1, c.n, c.p), 1-c.want, c.tolerance)
		}
	}
}

// TestBinomialCertain: what is sure or impossible is exactly 1 or 0.
func TestBinomialCertain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		k, n            int64
		p               float64
		atLeast, atMost float64
	}{
		{"no trials", 0, 0, 0.5, 1, 1},
		{"a success of no trials", 1, 0, 0.5, 0, 1},
		{"negative successes", -1, 10, 0.5, 1, 0},
		{"more successes than trials", 11, 10, 0.5, 0, 1},
		{"the lowest number", math.MinInt64, 10, 0.5, 1, 0},
		{"the highest number", math.MaxInt64, 10, 0.5, 0, 1},
		{"impossible, none", 0, 10, 0, 1, 1},
		{"impossible, one", 1, 10, 0, 0, 1},
		{"impossible, fewer than none", -1, 10, 0, 1, 0},
		{"certain, all", 10, 10, 1, 1, 1},
		{"certain, not all", 9, 10, 1, 1, 0},
	} {
		if got := stats.BinomialAtLeast(c.k, c.n, c.p); got != c.atLeast {
			t.Errorf("%s: at least: %v, want %v", c.name, got, c.atLeast)
		}
		if got := stats.BinomialAtMost(c.k, c.n, c.p); got != c.atMost {
			t.Errorf("%s: at most: %v, want %v", c.name, got, c.atMost)
		}
	}
}

// TestBinomialProperties: the two tails make 1, a tail is a probability and falls with the number, and rises with p.
func TestBinomialProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 2_000_000).Draw(t, "n")
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		spread := int64(8*math.Sqrt(float64(n)*p*(1-p))) + 3
		mean := int64(float64(n) * p)
		k := rapid.Int64Range(max(0, mean-spread), min(n, mean+spread)).Draw(t, "k")
		atLeast, next, atMost := stats.BinomialAtLeast(k, n, p), stats.BinomialAtLeast(k+1, n, p), stats.BinomialAtMost(k, n, p)
		if !(0 <= atLeast && atLeast <= 1 && 0 <= atMost && atMost <= 1) {
			t.Errorf("not probabilities: %v, %v", atLeast, atMost)
		}
		if math.Abs(next+atMost-1) > 1e-12 {
			t.Errorf("at most %d and at least one more: %v + %v is not 1", k, atMost, next)
		}
		if next > atLeast*(1+1e-12) {
			t.Errorf("at least %d more: %v is above %v", k, next, atLeast)
		}
		if higher := stats.BinomialAtLeast(k, n, p+(1-p)/2); higher < atLeast*(1-1e-12) {
			t.Errorf("with a higher p %v is below %v", higher, atLeast)
		}
	})
}

// TestBinomialCritical: the counts of the low-traffic rule are exact sums, at p = 14.4 times a budget of 0.1%.
func TestBinomialCritical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n            int64
		p            float64
		significance float64
		want         int64
		source       string
	}{
		{10, 0.0144, 0.05, 2, "exact sums"},
		{30, 0.0144, 0.05, 3, "exact sums"},
		{100, 0.0144, 0.05, 5, "exact sums"},
		{300, 0.0144, 0.05, 9, "exact sums"},
		{1000, 0.0144, 0.05, 22, "exact sums"},
		{0, 0.5, 0.05, 1, "no trials have no evidence"},
		{1, 0.5, 0.05, 2, "a single success has the probability 0.5"},
		{10, 0, 0.05, 1, "a single success is impossible"},
		{10, 1, 0.05, 11, "nothing is evidence against certainty"},
		{stats.MaxTrials, 1, 0.05, stats.MaxTrials + 1, "as many trials as there may be"},
		{4, 0.5, 0.0625, 4, "four of four have the probability 1/16"},
		{4, 0.5, 0.0624, 5, "four of four are more probable than that"},
		{4, 0.5, 0.99, 1, "three quarters and more have at least one: 15/16"},
	} {
		if got := stats.BinomialCritical(c.n, c.p, c.significance); got != c.want {
			t.Errorf("%d trials at %v, %v: %d, want %d (%s)", c.n, c.p, c.significance, got, c.want, c.source)
		}
	}
}

// TestBinomialCriticalExactly compares with the definition in exact fractions.
func TestBinomialCriticalExactly(t *testing.T) {
	t.Parallel()
	for n := int64(1); n <= 60; n++ {
		for _, p := range []float64{0.0002, 0.0144, 0.06, 0.3, 0.8, 0.99} {
			tails := exactTails(n, p)
			for _, significance := range []float64{0.2, 0.05, 0.001} {
				want, limit := int64(0), new(big.Rat).SetFloat64(significance)
				for tails[want].Cmp(limit) > 0 {
					want++
				}
				if got := stats.BinomialCritical(n, p, significance); got != want {
					t.Errorf("%d trials at %v, %v: %d, want %d", n, p, significance, got, want)
				}
			}
		}
	}
}

// BenchmarkBinomialCritical measures the slowest functions at the trials that their comments speak of.
func BenchmarkBinomialCritical(b *testing.B) {
	for _, n := range []int64{1000, 1_000_000, 1_000_000_000, stats.MaxTrials} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				stats.BinomialCritical(n, 0.0144, 0.05)
			}
		})
	}
}
