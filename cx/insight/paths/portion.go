package paths

import (
	"math"
	"math/big"

	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// Portion is a part of the time of all runs. It is the zero value without time, and if fewer than five customers have some of the part.
type Portion struct {
	// Seconds is the time of all runs together.
	Seconds float64 `json:"seconds"`
	// Share is the share of the whole time, with its interval and the number of runs.
	//
	// Time is not counted in independent events, because a long run has more of it. The share is the ratio of two means over the runs, and its
	// interval is that of a ratio: Cochran 1977, "Sampling Techniques", 3rd edition, section 6.4 (the linearized variance), with the normal
	// distribution. It is cut to [0, 1].
	// It is [0, 1] for a single run, and [0, 0] if no run has some of the part.
	Share score.Estimate `json:"share"`
}

// part adds up a part of the runs' times. The sums are exact: the order of the runs does not matter.
type part struct {
	sum     sum // of the part
	squares sum
	cross   sum // of the part times the whole
	crowd   crowd
}

// add adds a run of a customer, of which so much of the whole belongs to the part, in microseconds.
func (t *part) add(p *Paths, who person, of, whole int64) {
	if of == 0 {
		return
	}
	t.crowd.add(who, p.fewest)
	t.sum.add(of)
	t.squares.product(of, of)
	t.cross.product(of, whole)
}

func (t *part) join(o *part, fewest int) {
	t.crowd.join(&o.crowd, fewest)
	t.sum.plus(o.sum)
	t.squares.plus(o.squares)
	t.cross.plus(o.cross)
}

// portion returns the part of the whole of so many runs.
func (t *part) portion(whole *part, runs int64, fewest int) Portion {
	total := whole.sum.float()
	if runs <= 0 || total <= 0 || t.crowd.few(fewest) {
		return Portion{}
	}
	p := Portion{Seconds: t.sum.float() / microsInSecond}
	p.Share = score.Estimate{Value: t.sum.float() / total, Interval: stats.Interval{Low: 0, High: 1}, N: runs, Unit: score.Parts}
	if runs > 1 {
		reach := stats.NormalQuantile(1-(1-confidence)/2) * t.deviation(whole, runs)
		p.Share.Low, p.Share.High = max(0, p.Share.Value-reach), min(1, p.Share.Value+reach)
	}
	return p
}

const microsInSecond = 1e6

// deviation returns the standard error of the ratio x/t: the root of Σ(x - R·t)²·n/(n-1), divided by Σt. The terms of the sum are large and
// cancel, so it is computed with integers, as Σ(T·x - X·t)² / T².
func (t *part) deviation(whole *part, runs int64) float64 {
	x, all := t.sum.big(), whole.sum.big()
	mul := func(of ...*big.Int) *big.Int {
		n := big.NewInt(1)
		for _, f := range of {
			n.Mul(n, f)
		}
		return n
	}
	squares := mul(all, all, t.squares.big())
	squares.Sub(squares, mul(big.NewInt(2), x, all, t.cross.big()))
	squares.Add(squares, mul(x, x, whole.squares.big()))
	variance, _ := new(big.Rat).SetFrac(squares, mul(all, all, all, all)).Float64()
	return math.Sqrt(max(0, variance) * float64(runs) / float64(runs-1))
}
