package stats

import "math"

// ChiSquared is the result of a chi-square test.
type ChiSquared struct {
	// Statistic is Pearson's sum of (observed-expected)²/expected. It is at least 0.
	Statistic float64
	// Degrees is the number of degrees of freedom, (rows-1)·(columns-1). It is 0 where nothing was tested.
	Degrees int
	// P is the probability of such a statistic or a higher one if rows and columns are independent.
	P float64
}

// ChiSquare tests whether the rows and the columns of a table of counts are independent. The cell table[i][j] is the number of
// events in row i and column j. Rows and columns without an event say nothing, and do not count.
//
// Bad input is a negative count, and rows of different lengths. The result of it, and of a table with fewer than two rows or
// columns that have events, has the statistic 0, no degrees of freedom and the probability 1. The relative error of the
// probability is that of [ChiSquareTail].
//
// Source: Pearson 1900, without a continuity correction. The distribution is an approximation. It holds where each expected
// count, row sum · column sum / sum, is about 5 or higher (Cochran 1954). [FisherExact] holds for any counts.
func ChiSquare(table [][]int64) ChiSquared {
	nothing := ChiSquared{P: 1}
	rows, columns, total, ok := margins(table)
	if !ok {
		return nothing
	}
	usedRows, usedColumns := positive(rows), positive(columns)
	if usedRows < 2 || usedColumns < 2 {
		return nothing
	}
	statistic := 0.0
	for i, row := range table {
		for j, count := range row {
			if expected := rows[i] / total * columns[j]; expected > 0 {
				deviation := float64(count) - expected
				statistic += deviation / expected * deviation
			}
		}
	}
	degrees := (usedRows - 1) * (usedColumns - 1)
	return ChiSquared{Statistic: statistic, Degrees: degrees, P: ChiSquareTail(statistic, degrees)}
}

// margins returns the sums of a table, and whether it is one: no count is negative, and the rows have the same length.
func margins(table [][]int64) (rows, columns []float64, total float64, ok bool) {
	if len(table) == 0 {
		return nil, nil, 0, false
	}
	rows, columns = make([]float64, len(table)), make([]float64, len(table[0]))
	for i, row := range table {
		if len(row) != len(columns) {
			return nil, nil, 0, false
		}
		for j, count := range row {
			if count < 0 {
				return nil, nil, 0, false
			}
			rows[i] += float64(count)
			columns[j] += float64(count)
			total += float64(count)
		}
	}
	return rows, columns, total, true
}

// positive returns how many of the sums are above zero.
func positive(sums []float64) int {
	n := 0
	for _, sum := range sums {
		if sum > 0 {
			n++
		}
	}
	return n
}

// ChiSquareTail returns the probability that a value of the chi-square distribution with that many degrees of freedom is at
// least x: 0.05 for 3.841459 and one degree. It is 1 for an x of 0 and below, and 0 for positive infinity.
//
// Bad input has the probability 1: fewer than one degree of freedom, more than a billion, or an x that is NaN. The relative
// error is below 1e-12 up to a thousand degrees of freedom, and below 1e-10 above, for probabilities above 1e-300. A probability
// below the smallest float64 is 0.
//
// Source: the tail is the regularized upper incomplete gamma function Q(degrees/2, x/2), DLMF 8.2.4. One degree of freedom is
// the normal distribution, DLMF 7.11.2.
func ChiSquareTail(x float64, degrees int) float64 {
	const most = 1_000_000_000
	switch {
	case math.IsNaN(x) || degrees < 1 || degrees > most || x <= 0:
		return 1
	case math.IsInf(x, 1):
		return 0
	case degrees == 1:
		return math.Erfc(math.Sqrt(x / 2))
	case degrees == 2:
		return math.Exp(-x / 2)
	default:
		return upperGamma(float64(degrees)/2, x/2)
	}
}

// upperGamma returns Q(a, x) for a >= 1 and x > 0. Below a+1 it is the complement of a series, above a continued fraction. The
// terms of the series fall from the first one on where x is below a+1, and the complement is then at least a quarter, so that
// few digits are lost.
func upperGamma(a, x float64) float64 {
	front := gammaFront(a, x)
	if x < a+1 {
		return max(0, 1-front*gammaSeries(a, x))
	}
	return min(1, front*gammaFraction(a, x))
}

// gammaFront returns x^a·e^-x/Γ(a+1), the density of a Poisson distribution at a. It is Loader's saddle-point form, as in
// probability: the logarithms, which are large and cancel, do not occur.
func gammaFront(a, x float64) float64 {
	return math.Exp(-stirlingError(a)-deviance(a, x)) / math.Sqrt(2*math.Pi*a)
}

// gammaSeries returns the sum of x^k·Γ(a+1)/Γ(a+k+1) over k >= 0, DLMF 8.7.1.
func gammaSeries(a, x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*0x1p-55; k++ {
		term *= x / (a + k)
		sum += term
	}
	return sum
}

// gammaFraction returns Q(a, x) divided by the front: the continued fraction of DLMF 8.9.2, times a. It is evaluated with Lentz's method
// in the form of Thompson and Barnett 1986. For x >= a+1 no denominator is zero.
func gammaFraction(a, x float64) float64 {
	const steps = 10_000_000 // the most that x >= a+1 needs is in the order of the root of a
	b := x + 1 - a
	c, d := math.Inf(1), 1/b
	f := d
	for i := 1.0; i < steps; i++ {
		numerator := i * (a - i)
		b += 2
		d = 1 / (b + numerator*d)
		c = b + numerator/c
		factor := c * d
		f *= factor
		if math.Abs(factor-1) < 0x1p-52 {
			break
		}
	}
	return a * f
}
