package contrast

import "slices"

// same is the part of some runs that hold a value from which on all are taken to hold it.
const same = 0.95

// finding describes a group of so many that were tested.
func (f *finder) finding(c *candidate, tests int) Finding {
	in, out, v := c.in, c.out, c.robust
	whole, others := f.all.sides(c.group)
	finding := Finding{
		Held: f.held(c.group), All: whole.now().withInterval(), Aside: f.aside,
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
	finding.Inside, finding.Outside = in.now().withInterval(), out.now().withInterval()
	if f.in.Now != nil {
		finding.InsideBefore, finding.OutsideBefore = in.before().withInterval(), out.before().withInterval()
		finding.New = v.added
	}
	finding.Method = v.method
	finding.Difference = Quantity{v.difference, v.widened(in, out, finding.DesignEffect)}
	finding.Excess = finding.Difference.times(float64(in.now().runs))
	finding.Points = finding.Excess.times(100 / float64(max(1, f.whole.now().runs)))
	finding.Same = f.same(c.group)
	if f.in.Now == nil && !finding.Causal {
		finding.Turns = f.turn(c.group)
	}
	return finding
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
