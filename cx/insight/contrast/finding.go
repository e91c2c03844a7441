package contrast

import (
	"slices"

	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// same is the part of some runs that hold a value from which on all are taken to hold it.
const same = 0.95

// finding describes a group of so many that were tested.
func (f *finder) finding(c *candidate, tests int) Finding {
	in, out, v := c.in, c.out, c.robust
	whole, others := f.all.sides(c.group)
	finding := Finding{
		Held: f.held(c.group), All: whole.now().estimate(), Aside: f.aside,
		P: v.p, Adjusted: f.certain(c, tests), Tested: tests, DesignEffect: c.effect,
	}
	if f.randomized(c.group) {
		fair, effect := f.clustered(c.group, whole, others, f.judge(whole, others), true)
		// These numbers are not those of the round. Bonferroni's adjustment needs no others.
		if adjusted := min(1, fair.p*float64(tests)); fair.difference > 0 && adjusted <= f.options.Level {
			in, out, v = whole, others, fair
			finding.Causal, finding.Aside, finding.DesignEffect = true, 0, effect
			finding.P, finding.Adjusted = fair.p, adjusted
		}
	}
	finding.Customers, finding.CustomersInExcess = f.customers(c.group, in, v.excess(in), finding.Causal)
	finding.Inside, finding.Outside = in.now().estimate(), out.now().estimate()
	if f.in.Now != nil {
		finding.InsideBefore, finding.OutsideBefore = in.before().estimate(), out.before().estimate()
		finding.New = v.added
	}
	finding.Method = v.method
	finding.Difference = score.Difference{
		Estimate: score.Estimate{Value: v.difference, Interval: v.widened(in, out, finding.DesignEffect), N: in.now().runs, Unit: score.Parts}, Before: out.now().runs,
	}
	finding.Excess = times(finding.Difference.Estimate, float64(in.now().runs), in.now().runs)
	finding.Points = times(finding.Excess, 100/float64(max(1, f.whole.now().runs)), f.whole.now().runs)
	finding.Same = f.same(c.group)
	if f.in.Now == nil && !finding.Causal {
		finding.Turns = f.turn(c.group)
	}
	return finding
}

// times returns an estimate multiplied by a number that is not negative, which is of n runs.
func times(e score.Estimate, by float64, n int64) score.Estimate {
	return score.Estimate{Value: e.Value * by, Interval: stats.Interval{Low: e.Low * by, High: e.High * by}, N: n}
}

// randomized reports whether the group is a value that was assigned by chance. Now against before is no experiment.
func (f *finder) randomized(g group) bool {
	name := f.in.Columns[f.rows.columns[g.i].at].Name
	return f.in.Now == nil && !g.pair() && f.in.Randomized != "" && name == f.in.Randomized
}

// held returns the values of the group.
func (f *finder) held(g group) []Held {
	held := []Held{f.value(g.i, g.a)}
	if g.pair() {
		held = append(held, f.value(g.j, g.b))
	}
	return held
}

// value returns a value by the codes of the rows.
func (f *finder) value(i, a int) Held {
	column := &f.rows.columns[i]
	source := &f.in.Columns[column.at]
	return Held{Column: source.Name, Value: source.Values[column.values[a-firstOften]], phrase: source.Phrase}
}

// same returns the values of other columns that nearly the same runs hold as the value of the group.
func (f *finder) same(g group) []Held {
	if g.pair() {
		return nil
	}
	var held []Held
	own := f.tables.single(g.i, g.a).runs()
	for j := range f.rows.columns {
		if j == g.i {
			continue
		}
		for b := firstOften; b < f.rows.columns[j].size; b++ {
			both := f.tables.both(g.i, g.a, j, b).runs()
			if either := own + f.tables.single(j, b).runs() - both; float64(both) >= same*float64(either) {
				held = append(held, f.value(j, b))
			}
		}
	}
	return slices.Clip(held)
}
