package contrast

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"cairncx.dev/cairn/cx/stats"
)

// Find answers what goes with bad runs. It returns an error for options out of their bounds, for input that does not fit
// together, and when the context ends. The time grows with the number of runs and the square of the number of columns.
func Find(ctx context.Context, in Input, options Options) (Answer, error) {
	options, err := options.withDefaults()
	if err != nil {
		return Answer{}, err
	}
	if err := in.check(); err != nil {
		return Answer{}, err
	}
	least := func(n int) int { return max(options.MinRuns, int(math.Ceil(options.MinShare*float64(n)))) }
	rows, err := newRows(&in, least)
	if err != nil {
		return Answer{}, err
	}
	f := &finder{in: &in, options: options, rows: rows, least: least(rows.n), settled: map[group]bool{}}
	if in.Customers != nil {
		f.clusters = rows.cluster(in.Customers)
	}
	f.whole = rows.total()
	f.answer = Answer{Whole: f.whole.now().estimate(), Findings: []Finding{}, Least: f.least, SmallValues: rows.small}
	if in.Now != nil {
		f.answer.Before = f.whole.before().estimate()
	}
	if err := f.search(ctx); err != nil {
		return Answer{}, err
	}
	return f.answer, nil
}

// total returns all rows that take part.
func (r *rows) total() (c counts) {
	for _, class := range r.class {
		c[class]++
	}
	return c
}

// finder searches round by round.
type finder struct {
	in       *Input
	options  Options
	rows     *rows
	least    int
	whole    counts
	all      *tables        // of all rows
	tables   *tables        // of the rows that are not taken
	settled  map[group]bool // findings whose runs stay, and those that are not shown
	clusters *clusters      // nil if each run is a customer's only one
	aside    int64
	answer   Answer
}

// candidate is a group that was tested.
type candidate struct {
	group
	in, out  counts
	verdict  verdict
	adjusted float64
	excess   float64
	// robust is the verdict with the runs of each customer taken together, and effect the design effect. They are set on the
	// way to a finding.
	robust verdict
	effect float64
}

func (f *finder) judge(in, out counts) verdict {
	return judge(in, out, f.in.Now != nil, int64(f.options.MinRuns))
}

// search makes rounds until nothing remains.
func (f *finder) search(ctx context.Context) error {
	f.tables = f.rows.count(f.options.Workers)
	f.all = newTables(f.rows.columns)
	f.all.merge(f.tables)
	for round := 0; ; round++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("contrast: the search was stopped: %w", err)
		}
		tested := f.test(round == 0)
		best := f.first(f.remaining(tested), len(tested))
		if best == nil {
			return nil
		}
		if len(f.answer.Findings) == f.options.Most {
			f.answer.More = true
			return nil
		}
		finding := f.finding(best, len(tested))
		f.answer.Findings = append(f.answer.Findings, finding)
		if finding.Turns != nil {
			f.settled[best.group] = true
			continue
		}
		f.rows.take(best.group, f.tables)
		f.aside += best.in.runs()
	}
}

// test tests each value and each pair that enough runs hold. It does not test what says nothing, and would only make the others' adjusted probabilities
// higher: a value that all runs hold, and a pair of which one value says as much.
func (f *finder) test(counting bool) []candidate {
	var tested []candidate
	values := 0
	for i := range f.rows.columns {
		known := f.tables.known(i)
		for a := firstOften; a < f.rows.columns[i].size; a++ {
			if in := f.tables.single(i, a); in.runs() >= int64(f.least) && in != known {
				tested = f.append(tested, group{i: i, a: a, j: alone}, in, known.minus(in))
				values++
			}
		}
	}
	small := 0
	for i := range f.rows.columns {
		for j := i + 1; j < len(f.rows.columns); j++ {
			tested, small = f.testPairs(tested, small, i, j)
		}
	}
	if counting {
		f.answer.Values, f.answer.Pairs, f.answer.SmallPairs = values, len(tested)-values, small
	}
	probabilities := make([]float64, len(tested))
	for at := range tested {
		probabilities[at] = tested[at].verdict.p
	}
	for at, adjusted := range stats.BenjaminiHochberg(probabilities) {
		tested[at].adjusted = adjusted
	}
	return tested
}

// certain returns the adjusted probability of a group by its robust verdict. The verdicts of the other groups are not
// robust. Many of them may be low for the same customers' sake, and Benjamini and Hochberg's procedure would take that as
// evidence that this one is no chance. It is therefore multiplied by the number of tests, as Bonferroni's.
func (f *finder) certain(c *candidate, tests int) float64 {
	if f.clusters == nil || !f.clusters.several {
		return c.adjusted
	}
	return min(1, max(c.adjusted, c.robust.p*float64(tests)))
}

// testPairs tests each pair of values of two columns, and counts those that too few runs hold. It leaves out the pairs of which one of the values implies the
// other one.
func (f *finder) testPairs(tested []candidate, small, i, j int) ([]candidate, int) {
	m := f.tables.margins(i, j)
	for a := firstOften; a < f.rows.columns[i].size; a++ {
		for b := firstOften; b < f.rows.columns[j].size; b++ {
			pair := group{i: i, a: a, j: j, b: b}
			in := f.tables.cell(pair)
			switch n := in.runs(); {
			case n >= int64(f.least):
				if in != m.first[a] && in != m.second[b] {
					tested = f.append(tested, pair, in, m.total.minus(in))
				}
			case n > 0:
				small++
			}
		}
	}
	return tested, small
}

func (f *finder) append(tested []candidate, g group, in, out counts) []candidate {
	v := f.judge(in, out)
	return append(tested, candidate{group: g, in: in, out: out, verdict: v, excess: v.excess(in), robust: v, effect: 1})
}

// remaining returns the tested groups that are worse, pairs that are worse than the rest of each of their values, and values
// whose rest without such a pair or narrower value is worse than the others, in the order of their excess.
func (f *finder) remaining(tested []candidate) []*candidate {
	var left []*candidate
	explained := map[group]bool{} // values that a pair explains
	for at := range tested {
		c := &tested[at]
		if c.adjusted > f.options.Level || c.verdict.difference <= 0 || f.settled[c.group] {
			continue
		}
		if c.pair() && !f.stays(c, explained) {
			continue
		}
		left = append(left, c)
	}
	for _, c := range left {
		if !c.pair() {
			f.explainWider(c, explained)
		}
	}
	left = slices.DeleteFunc(left, func(c *candidate) bool { return explained[c.group] })
	slices.SortStableFunc(left, func(a, b *candidate) int { return cmp.Compare(b.excess, a.excess) })
	return left
}

// stays reports whether a pair is worse than the rest of each of its values, and notes the values that it explains.
func (f *finder) stays(c *candidate, explained map[group]bool) bool {
	m := f.tables.margins(c.i, c.j)
	values := []struct {
		group group
		runs  counts
	}{
		{group{i: c.i, a: c.a, j: alone}, m.first[c.a]},
		{group{i: c.j, a: c.b, j: alone}, m.second[c.b]},
	}
	for _, value := range values {
		if !f.judge(c.in, value.runs.minus(c.in)).worse() {
			return false
		}
	}
	for _, value := range values {
		if !f.judge(value.runs.minus(c.in), m.total.minus(value.runs)).worse() {
			explained[value.group] = true
		}
	}
	return true
}

// explainWider notes the values of other columns that a value explains which lies within them, such as the department of a
// team. Both together are no pair, because the rest of the narrower one is empty, or nearly.
func (f *finder) explainWider(c *candidate, explained map[group]bool) {
	for j := range f.rows.columns {
		if j == c.i {
			continue
		}
		for b := firstOften; b < f.rows.columns[j].size; b++ {
			both := f.tables.both(c.i, c.a, j, b)
			own, wide := f.tables.single(c.i, c.a), f.tables.single(j, b)
			n := float64(both.runs())
			if n < same*float64(own.runs()) || n >= same*float64(wide.runs()) {
				continue
			}
			rest, others := wide.minus(both), f.tables.known(j).minus(wide)
			if f.judge(both, rest).worse() && !f.judge(rest, others).worse() {
				explained[group{i: j, a: b, j: alone}] = true
			}
		}
	}
}
