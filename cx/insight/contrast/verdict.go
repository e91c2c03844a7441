package contrast

import (
	"math"

	"cairncx.dev/cairn/cx/stats"
)

// verdict is whether one group did worse than another one.
type verdict struct {
	p float64
	// difference is by how much the share of bad runs is higher, and interval its interval.
	difference float64
	method     Method
	added      bool // there are too few runs of before to say what the group rose by
}

// excess is how many bad runs of now would not be, if the group had done as the other one.
func (v verdict) excess(in counts) float64 { return v.difference * float64(in.now().runs) }

// worse reports whether the group did worse, and it is not chance.
func (v verdict) worse() bool { return v.difference > 0 && v.p < atWorst }

// judge compares two groups. Least is the number of runs of each period that a change takes.
func judge(in, out counts, changes bool, least int64) verdict {
	if changes && in.before().runs >= least {
		return judgeChange(in, out, least)
	}
	a, b := in.now(), out.now()
	v := verdict{p: 1, method: ChiSquare, added: changes}
	if a.runs == 0 || b.runs == 0 || changes && a.runs < least {
		return v
	}
	v.p, v.method = sharesTest(a, b)
	v.difference = a.share() - b.share()
	return v
}

// sharesTest compares two shares. Where it decides, in the tail, the chi-square distribution is too thin for the skewed
// counts of small shares: with 140 runs of which a tenth is bad, chance reaches 1e-4 twice as often as it says. The test is
// exact there up to an expected count of 500.
func sharesTest(a, b tally) (float64, Method) {
	const tail, many = 0.01, 500
	p, exact := stats.SharesTest(a.bad, a.runs, b.bad, b.runs)
	if exact {
		return p, Fisher
	}
	all := tally{a.runs + b.runs, a.bad + b.bad}
	if p < tail && float64(min(a.runs, b.runs))*min(all.share(), 1-all.share()) < many {
		return stats.FisherExact(stats.Fourfold{A: a.bad, B: a.runs - a.bad, C: b.bad, D: b.runs - b.bad}), Fisher
	}
	return p, ChiSquare
}

// interval returns the interval of the difference that judge finds.
func (v verdict) interval(in, out counts) stats.Interval {
	if v.method == DifferenceOfDifferences {
		return changeInterval(in, out)
	}
	a, b := in.now(), out.now()
	return stats.Newcombe(a.bad, a.runs, b.bad, b.runs, confidence)
}

// judgeChange compares by how much the shares of two groups rose. The difference is that of the share now to the one before
// plus what the other group rose by, which is a share too and ends at 0 and 1. The test is the difference of the differences
// over its standard error. It asks for an expected count of five, as the test of two shares does, and adds a bad run and a
// good one to each of the four shares (Agresti and Caffo 2000), so that shares of 0 and 1 have an error too.
func judgeChange(in, out counts, least int64) verdict {
	v := verdict{p: 1, method: DifferenceOfDifferences}
	variance, all := 0.0, tally{}
	parts := [4]tally{in.now(), in.before(), out.now(), out.before()}
	for _, part := range parts {
		if part.runs < least {
			return v
		}
		all.runs += part.runs
		all.bad += part.bad
		n := float64(part.runs + 2)
		share := float64(part.bad+1) / n
		variance += share * (1 - share) / n
	}
	difference := parts[0].share() - parts[1].share() - (parts[2].share() - parts[3].share())
	v.difference = ended(difference, in)
	for _, part := range parts {
		if expected := float64(part.runs); expected*min(all.share(), 1-all.share()) < 5 {
			return v
		}
	}
	v.p = math.Erfc(math.Abs(difference) / math.Sqrt(2*variance))
	return v
}

// changeInterval returns the interval of a difference of differences. It combines Newcombe's intervals of the two as
// Newcombe's combines Wilson's (Zou and Donner 2008, "Construction of confidence limits about effect measures", Statistics
// in Medicine 27).
func changeInterval(in, out counts) stats.Interval {
	change := func(c counts) (float64, stats.Interval) {
		a, b := c.now(), c.before()
		return a.share() - b.share(), stats.Newcombe(a.bad, a.runs, b.bad, b.runs, confidence)
	}
	first, own := change(in)
	second, others := change(out)
	return stats.Interval{
		Low:  first - second - math.Hypot(first-own.Low, others.High-second),
		High: first - second + math.Hypot(own.High-first, second-others.Low),
	}
}

// ended returns the difference of the share of now to another one, which ends where that one is 0 or 1.
func ended(difference float64, in counts) float64 {
	share := in.now().share()
	return max(share-1, min(share, difference))
}

// widened returns an interval of the difference with its ends further away by the root of the design effect.
func (v verdict) widened(in, out counts, effect float64) stats.Interval {
	i, root := v.interval(in, out), math.Sqrt(effect)
	i.Low, i.High = v.difference-(v.difference-i.Low)*root, v.difference+(i.High-v.difference)*root
	if v.method == DifferenceOfDifferences {
		i.Low, i.High = ended(i.Low, in), ended(i.High, in)
		return stats.Interval{Low: min(i.Low, v.difference), High: max(i.High, v.difference)}
	}
	return stats.Interval{Low: max(-1, i.Low), High: min(1, i.High)}
}
