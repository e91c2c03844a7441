package stats

import "sort"

// Fourfold is a table of two rows and two columns of counts.
//
//	A  B
//	C  D
//
// The odds ratio that it shows is A·D/(B·C).
type Fourfold struct {
	A, B, C, D int64
}

// counted reports whether no count is negative, and their sum is at most MaxTrials.
func (t Fourfold) counted() bool {
	if t.A < 0 || t.B < 0 || t.C < 0 || t.D < 0 {
		return false
	}
	const most = MaxTrials
	return t.A <= most && t.B <= most && t.C <= most && t.D <= most && t.A+t.B+t.C+t.D <= most
}

// FisherExact returns the two-sided probability of a fourfold table if its rows and columns are independent: that of all tables
// with the same sums that are not more probable than this one. It holds for any counts.
//
// Bad input has the probability 1: a negative count, or a sum above [MaxTrials]. The relative error is below 1e-11 up to a
// million events, for probabilities above 1e-300. The time of a call grows with the root of the sum.
//
// Source: Fisher 1935, "The Logic of Inductive Inference", Journal of the Royal Statistical Society 98. As fisher.test of R, a
// table belongs to the sum if its probability is at most 1 + 1e-7 times the one that was seen.
func FisherExact(t Fourfold) float64 {
	if !t.counted() {
		return 1
	}
	h := hypergeometric{row: t.A + t.B, other: t.C + t.D, column: t.A + t.C}
	low, high := max(0, h.column-h.other), min(h.row, h.column)
	if low >= high {
		return 1 // the sums allow this table only
	}
	seen := h.probability(t.A)
	bound := seen * (1 + 1e-7)
	mode := h.mode(low, high)
	if h.probability(mode) <= bound {
		return 1
	}
	if t.A > mode {
		// From low to mode the probability rises: left is the number of tables there that are not more probable.
		left := int64(sort.Search(int(mode-low), func(i int) bool { return h.probability(low+int64(i)) > bound }))
		return min(1, h.sumUp(t.A, high, seen)+h.sumDown(low, low+left-1))
	}
	right := mode + 1 + int64(sort.Search(int(high-mode), func(i int) bool { return h.probability(mode+1+int64(i)) <= bound }))
	sum := h.sumDown(low, t.A)
	if right <= high {
		sum += h.sumUp(right, high, h.probability(right))
	}
	return min(1, sum)
}

// hypergeometric is the distribution of the first cell of a fourfold table whose sums are known: the first row, the second one, and the
// first column.
type hypergeometric struct{ row, other, column int64 }

// mode returns the most probable first cell between low and high.
func (h hypergeometric) mode(low, high int64) int64 {
	at := float64(h.row+1) / float64(h.row+h.other+2) * float64(h.column+1)
	return max(low, min(high, int64(at)))
}

// probability returns the probability of a first cell k. It is a ratio of three binomial probabilities (Loader 2000), in which the
// share of the column cancels.
func (h hypergeometric) probability(k int64) float64 {
	total := h.row + h.other
	p := float64(h.column) / float64(total)
	q := float64(total-h.column) / float64(total)
	return binomialTerm(k, h.row, p, q) * binomialTerm(h.column-k, h.other, p, q) / binomialTerm(h.column, total, p, q)
}

// binomialTerm is probability, also for no trials, and for a p of 0 or 1.
func binomialTerm(k, n int64, p, q float64) float64 {
	switch {
	case n == 0:
		return 1
	case p == 0 || q == 0:
		return 1 // the sums of the table allow one value of k only
	default:
		return probability(k, n, p, q)
	}
}

// sumUp returns the probability of first cells from k to high, beyond the mode, where each is less probable than the one before.
// First is the probability of k.
func (h hypergeometric) sumUp(k, high int64, first float64) float64 {
	sum, term := first, first
	for ; k < high && term > 0; k++ {
		ratio := float64(h.row-k) / float64(k+1) * (float64(h.column-k) / float64(h.other-h.column+k+1))
		term *= ratio
		sum += term
		if ratio < 1 && term*ratio < sum*(1-ratio)*0x1p-54 {
			break
		}
	}
	return sum
}

// sumDown returns the probability of first cells from low to k, before the mode. There are none if k is below low. It is sumUp
// of the table whose columns are exchanged.
func (h hypergeometric) sumDown(low, k int64) float64 {
	if k < low {
		return 0
	}
	exchanged := hypergeometric{row: h.row, other: h.other, column: h.row + h.other - h.column}
	return exchanged.sumUp(h.row-k, h.row-low, h.probability(k))
}
