//go:build unix

package insight_test

import (
	"math"
	"math/big"
	"slices"
)

// The formulas of what follows from counts, written apart from the packages that the report uses.

// z is the quantile of the normal distribution of a two-sided 95% interval.
const z = 1.959963984540054

type interval struct{ low, high float64 }

// wilson returns the interval of a share: the roots p of (count/n - p)² = z²·p·(1-p)/n (Wilson 1927).
func wilson(count, n float64) interval {
	if n == 0 {
		return interval{}
	}
	a, b, c := n+z*z, 2*count+z*z, count*count/n
	root := math.Sqrt(max(0, b*b-4*a*c))
	in := interval{max(0, (b-root)/(2*a)), min(1, (b+root)/(2*a))}
	if count == 0 {
		in.low = 0
	}
	if count == n {
		in.high = 1
	}
	return in
}

// fraction returns a/b, and 0 if b is 0.
func fraction(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// apart returns the interval of the difference of two numbers that have intervals of their own (Zou and Donner 2008); of shares with those of Wilson it is
// method 10 of Newcombe 1998.
func apart(a float64, of interval, b float64, other interval) interval {
	return interval{
		a - b - math.Hypot(max(0, a-of.low), max(0, other.high-b)),
		a - b + math.Hypot(max(0, of.high-a), max(0, b-other.low)),
	}
}

// newcombe returns the interval of a/m - b/n.
func newcombe(a, m, b, n float64) interval { return apart(a/m, wilson(a, m), b/n, wilson(b, n)) }

// chance returns the two-sided probability that two shares, a of m and b of n, differ so much by chance: Pearson's chi-square, and Fisher's exact
// test where an expected count is below 5.
func chance(a, m, b, n float64) float64 {
	hits := a + b
	misses := m + n - hits
	switch {
	case m == 0 || n == 0 || hits == 0 || misses == 0:
		return 1
	case min(m, n)*min(hits, misses) < 5*(m+n):
		return fisher(int64(a), int64(m), int64(b), int64(n))
	}
	var square float64
	for _, cell := range [][3]float64{{a, m, hits}, {m - a, m, misses}, {b, n, hits}, {n - b, n, misses}} {
		expected := cell[1] * cell[2] / (m + n)
		square += (cell[0] - expected) * (cell[0] - expected) / expected
	}
	return math.Erfc(math.Sqrt(square / 2))
}

// beyond is the probability of a difference by its interval of 95%: how far it is from 0 in standard errors, of which the interval has z on the side of 0.
func beyond(difference float64, in interval) float64 {
	side := difference - in.low
	if difference < 0 {
		side = in.high - difference
	}
	if difference == 0 || side <= 0 {
		return 1
	}
	return math.Erfc(math.Abs(difference) / side * z / math.Sqrt2)
}

// fisher sums the probabilities of all tables with these margins that are no likelier than this one, with whole numbers.
func fisher(a, m, b, n int64) float64 {
	ways := func(k int64) *big.Int {
		one, other := new(big.Int).Binomial(m, k), new(big.Int).Binomial(n, a+b-k)
		return one.Mul(one, other)
	}
	own, sum, all := ways(a), new(big.Int), new(big.Int)
	for k := max(0, a+b-n); k <= min(m, a+b); k++ {
		w := ways(k)
		all.Add(all, w)
		if w.Cmp(own) <= 0 {
			sum.Add(sum, w)
		}
	}
	p, _ := new(big.Rat).SetFrac(sum, all).Float64()
	return p
}

// commonOdds returns the common odds ratio of several tables of bad and good runs, inside and outside (Mantel and Haenszel 1959), its interval (Robins, Breslow and
// Greenland 1986), and the probability that it is 1. Without an interval that is from 0 to the largest number.
func commonOdds(tables [][4]float64) (odds float64, in interval, probability float64) {
	var r, s, rr, rs, ss, observed, expected, variance float64
	for _, t := range tables {
		a, b, c, d := t[0], t[1], t[2], t[3]
		n := a + b + c + d
		if n < 2 {
			continue
		}
		one, other := a*d/n, b*c/n
		r, s = r+one, s+other
		rr, rs, ss = rr+(a+d)/n*one, rs+(a+d)/n*other+(b+c)/n*one, ss+(b+c)/n*other
		observed, expected = observed+a, expected+(a+b)*(a+c)/n
		variance += (a + b) * (c + d) * (a + c) * (b + d) / (n * n * (n - 1))
	}
	odds, in = r/s, interval{0, math.MaxFloat64}
	if r > 0 && s > 0 {
		reach := z * math.Sqrt(rr/(2*r*r)+rs/(2*r*s)+ss/(2*s*s))
		in = interval{math.Exp(math.Log(odds) - reach), math.Exp(math.Log(odds) + reach)}
	}
	if variance == 0 {
		return odds, in, 1
	}
	return odds, in, math.Erfc(math.Abs(observed-expected) / math.Sqrt(2*variance))
}

// stepUp adjusts probabilities by the procedure of Benjamini and Hochberg 1995: the least n·p/rank of those that are as large or larger.
func stepUp(list []float64) []float64 {
	adjusted := make([]float64, len(list))
	for i, p := range list {
		adjusted[i] = 1
		for _, q := range list {
			if q < p {
				continue
			}
			rank := 0
			for _, other := range list {
				if other <= q {
					rank++
				}
			}
			adjusted[i] = min(adjusted[i], q*float64(len(list))/float64(rank))
		}
	}
	return adjusted
}

// promoters returns the Net Promoter Score in points, and its adjusted Wald interval: three answers more, ¾ of a promoter and ¾ of a detractor (Rocks 2016).
func promoters(p, d, n float64) (float64, interval) {
	up, down := (p+0.75)/(n+3), (d+0.75)/(n+3)
	reach := z * math.Sqrt((up+down-(up-down)*(up-down))/(n+3))
	return 100 * (p - d) / n, interval{100 * max(-1, up-down-reach), 100 * min(1, up-down+reach)}
}

// mean returns the mean of answers on a scale from low on, and its interval: three answers more, ¾ at each end of the scale and 1½ in the middle (Rocks 2016).
func mean(low float64, counts []float64) (float64, interval) {
	last := float64(len(counts) - 1)
	weights := slices.Clone(counts)
	values := make([]float64, 0, len(counts)+3)
	var n, sum float64
	for i, c := range counts {
		values = append(values, low+float64(i))
		n, sum = n+c, sum+c*values[i]
	}
	weights, values = append(weights, 0.75, 0.75, 1.5), append(values, low, low+last, low+last/2)
	var centre, spread float64
	for i, w := range weights {
		centre += w * values[i] / (n + 3)
	}
	for i, w := range weights {
		spread += w * (values[i] - centre) * (values[i] - centre) / (n + 3)
	}
	reach := z * math.Sqrt(spread/(n+3))
	return sum / n, interval{max(low, centre-reach), min(low+last, centre+reach)}
}

// ratio returns Σx/Σt over runs, and its interval by the linearized variance (Cochran 1977, section 6.4).
func ratio(x, t []float64) (float64, interval) {
	var part, whole, squares float64
	for i := range x {
		part, whole = part+x[i], whole+t[i]
	}
	r, n := part/whole, float64(len(x))
	for i := range x {
		squares += (x[i] - r*t[i]) * (x[i] - r*t[i])
	}
	if n < 2 {
		return r, interval{0, 1}
	}
	reach := z * math.Sqrt(squares*n/(n-1)) / whole
	return r, interval{max(0, r-reach), min(1, r+reach)}
}

// concealed returns which groups are not shown, by their numbers of customers: those below five, and the next larger ones until those that are not shown
// have five together, so that none follows from the rest.
func concealed(groups map[string]float64) map[string]bool {
	names := make([]string, 0, len(groups))
	for name := range groups {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if groups[a] != groups[b] {
			return int(groups[a] - groups[b])
		}
		if a < b {
			return -1
		}
		return 1
	})
	hidden, together := map[string]bool{}, 0.0
	for _, name := range names {
		if n := groups[name]; n > 0 && (n < 5 || len(hidden) > 0 && together < 5) {
			hidden[name] = true
			together += n
		}
	}
	return hidden
}
