package contrast_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight/contrast"
	"cairncx.dev/cairn/cx/stats"
)

// The model is question 6 as its documents word it, over rows of texts, with maps and without tables.

type modelRow struct {
	values   []string // "?" is not known
	bad, now bool
	customer uint64
}

type modelGroup map[int]string // value by column

// sides returns the rows inside and outside of the group.
func (g modelGroup) sides(rows []modelRow) (in, out []modelRow) {
	for _, r := range rows {
		known, inside := true, true
		for column, value := range g {
			known = known && r.values[column] != "?"
			inside = inside && r.values[column] == value
		}
		switch {
		case known && inside:
			in = append(in, r)
		case known:
			out = append(out, r)
		}
	}
	return in, out
}

func (g modelGroup) String() string {
	var parts []string
	for column := range 10 {
		if value, ok := g[column]; ok {
			parts = append(parts, fmt.Sprintf("%d=%s", column, value))
		}
	}
	return strings.Join(parts, " ")
}

type model struct {
	rows    []modelRow
	changes bool
	options contrast.Options
}

func share(rows []modelRow) (bad, n int64, share float64) {
	for _, r := range rows {
		if r.bad {
			bad++
		}
	}
	n = int64(len(rows))
	return bad, n, float64(bad) / float64(n)
}

func period(rows []modelRow, now bool) []modelRow {
	return slices.DeleteFunc(slices.Clone(rows), func(r modelRow) bool { return r.now != now })
}

// compare returns the probability and the difference of two groups.
func (m *model) compare(in, out []modelRow) (p, difference float64) {
	least := m.options.MinRuns
	in1, out1 := in, out
	if m.changes {
		in0, out0 := period(in, false), period(out, false)
		in1, out1 = period(in, true), period(out, true)
		if len(in0) >= least {
			if len(in1) < least || len(out0) < least || len(out1) < least {
				return 1, 0
			}
			all, n, _ := share(slices.Concat(in, out))
			variance, signs := 0.0, 0.0
			enough := true
			for i, part := range [][]modelRow{in1, in0, out0, out1} {
				b, k, s := share(part)
				q := float64(b+1) / float64(k+2)
				variance += q * (1 - q) / float64(k+2)
				signs += []float64{1, -1, 1, -1}[i] * s
				enough = enough && float64(k)*float64(min(all, n-all))/float64(n) >= 5
			}
			_, _, now := share(in1)
			ended := min(now, max(now-1, signs)) // the share that was to be expected is one
			if !enough {
				return 1, ended
			}
			return 2 * normal(-math.Abs(signs)/math.Sqrt(variance)), ended
		}
		if len(in1) < least {
			return 1, 0
		}
	}
	if len(in1) == 0 || len(out1) == 0 {
		return 1, 0
	}
	a, n1, s1 := share(in1)
	b, n2, s2 := share(out1)
	good := n1 + n2 - a - b
	expected := float64(min(n1, n2)) * float64(min(a+b, good)) / float64(n1+n2)
	table := stats.Fourfold{A: a, B: n1 - a, C: b, D: n2 - b}
	switch p = stats.ChiSquare([][]int64{{a, n1 - a}, {b, n2 - b}}).P; {
	case expected == 0:
		p = 1
	case expected < 5 || expected < 500 && p < 0.01:
		p = stats.FisherExact(table)
	}
	return p, s1 - s2
}

func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// candidates are all values and pairs that enough rows hold, in order.
func (m *model) candidates(rows []modelRow, values [][]string, least int) (groups []modelGroup) {
	enough := func(g modelGroup) {
		in, out := g.sides(rows)
		said := len(out) == 0 // all runs are in it
		for column, value := range g {
			others := len(g) == 1
			for _, r := range out { // the others with the value, of those whose values of both are known
				others = others || r.values[column] == value
			}
			said = said || !others // a value of the pair says as much
		}
		if len(in) >= least && !said {
			groups = append(groups, g)
		}
	}
	for i := range values {
		for _, v := range values[i] {
			enough(modelGroup{i: v})
		}
	}
	for i := range values {
		for j := i + 1; j < len(values); j++ {
			for _, v := range values[i] {
				for _, w := range values[j] {
					enough(modelGroup{i: v, j: w})
				}
			}
		}
	}
	return groups
}

// rest returns the rows of the second set that are not inside the group.
func (g modelGroup) rest(rows []modelRow) (rest []modelRow) {
	_, out := g.sides(rows)
	return out
}

type modelFinding struct {
	group              modelGroup
	excess, customers  float64
	adjusted, p        float64
	robust, certain    float64
	in, out            []modelRow
	turns              string
	aside              int
	worthless, covered bool
}

// find returns the findings.
func (m *model) find(values [][]string) (findings []*modelFinding) {
	rows := m.rows
	least := max(m.options.MinRuns, int(math.Ceil(m.options.MinShare*float64(len(rows)))))
	done := map[string]bool{}
	for len(findings) < m.options.Most {
		best := m.round(rows, values, least, done)
		if best == nil {
			return findings
		}
		best.aside = len(m.rows) - len(rows)
		findings = append(findings, best)
		if !m.changes {
			best.turns = turns(best.group, rows, len(values))
		}
		if best.turns != "" {
			done[best.group.String()] = true
			continue
		}
		rows = slices.DeleteFunc(slices.Clone(rows), func(r modelRow) bool {
			in, _ := best.group.sides([]modelRow{r})
			return len(in) == 1
		})
	}
	return findings
}

func (m *model) round(rows []modelRow, values [][]string, least int, done map[string]bool) *modelFinding {
	var all []*modelFinding
	var ps []float64
	for _, g := range m.candidates(rows, values, least) {
		f := &modelFinding{group: g}
		f.in, f.out = g.sides(rows)
		var difference float64
		f.p, difference = m.compare(f.in, f.out)
		inNow := f.in
		if m.changes {
			inNow = period(f.in, true)
		}
		f.excess = difference * float64(len(inNow))
		f.worthless = difference <= 0
		f.customers = f.excess
		seen, bad := map[uint64]bool{}, 0
		for _, r := range inNow {
			if r.bad {
				bad++
				seen[r.customer] = true
			}
		}
		if bad > 0 {
			f.customers = f.excess * float64(len(seen)) / float64(bad)
		}
		all = append(all, f)
		ps = append(ps, f.p)
	}
	for i, adjusted := range stats.BenjaminiHochberg(ps) {
		all[i].adjusted = adjusted
		all[i].worthless = all[i].worthless || adjusted > m.options.Level || done[all[i].group.String()]
	}
	m.pairs(rows, all)
	m.within(rows, all)
	var best *modelFinding
	slices.SortStableFunc(all, func(a, b *modelFinding) int {
		switch {
		case a.excess > b.excess:
			return -1
		case a.excess < b.excess:
			return 1
		}
		return 0
	})
	several := false
	counted := map[uint64]bool{}
	for _, r := range m.rows {
		several = several || counted[r.customer]
		counted[r.customer] = true
	}
	for _, f := range all {
		if f.worthless || f.covered {
			continue
		}
		if best != nil && f.excess <= best.customers {
			break
		}
		robust, adjusted := f.p, f.adjusted
		if several {
			robust = max(f.p, m.together(f.in, f.out))
			adjusted = min(1, max(f.adjusted, robust*float64(len(all))))
		}
		switch {
		case !few(f.in) || !few(f.out) || adjusted > m.options.Level:
			done[f.group.String()] = true
		case best == nil || f.customers > best.customers:
			best = f
			f.robust, f.certain = robust, adjusted
		}
	}
	if best != nil {
		best.adjusted, best.p = best.certain, best.robust
	}
	return best
}

// together returns the probability of the difference with the rows of each customer taken together: what each customer adds
// to it is one observation.
func (m *model) together(in, out []modelRow) float64 {
	groups := [][]modelRow{in, out}
	signs := []float64{1, -1}
	if m.changes && len(period(in, false)) >= m.options.MinRuns {
		groups = [][]modelRow{period(in, true), period(out, true), period(in, false), period(out, false)}
		signs = []float64{1, -1, -1, 1}
	} else if m.changes {
		groups = [][]modelRow{period(in, true), period(out, true)}
	}
	adds := map[uint64]float64{}
	people := [2]map[uint64]bool{{}, {}}
	difference := 0.0
	for i, rows := range groups {
		_, n, s := share(rows)
		difference += signs[i] * s
		for _, r := range rows {
			value := 0.0
			if r.bad {
				value = 1
			}
			adds[r.customer] += signs[i] * (value - s) / float64(n)
			people[i%2][r.customer] = true
		}
	}
	sum := 0.0
	for _, added := range adds {
		sum += added * added
	}
	fewer := min(len(people[0]), len(people[1]))
	if fewer < 2 {
		return 1
	}
	if len(groups) == 4 {
		_, _, now := share(groups[0])
		difference = min(now, max(now-1, difference))
	}
	return stats.StudentTail(difference/math.Sqrt(sum*float64(fewer)/float64(fewer-1)), fewer-1)
}

// few reports whether the rows are of five customers or more.
func few(rows []modelRow) bool {
	customers := map[uint64]bool{}
	for _, r := range rows {
		customers[r.customer] = true
	}
	return len(customers) >= 5
}

// pairs drops pairs that are not worse than their values, and values that a pair covers.
func (m *model) pairs(rows []modelRow, all []*modelFinding) {
	worse := func(a, b []modelRow) bool {
		p, difference := m.compare(a, b)
		return p < 0.001 && difference > 0
	}
	for _, f := range all {
		if len(f.group) < 2 || f.worthless {
			continue
		}
		known := append(slices.Clone(f.in), f.out...)
		stays := true
		for column, value := range f.group {
			in, _ := modelGroup{column: value}.sides(known)
			stays = stays && worse(f.in, f.group.rest(in))
		}
		f.worthless = !stays
		if !stays {
			continue
		}
		for column, value := range f.group {
			in, others := modelGroup{column: value}.sides(known)
			if !worse(f.group.rest(in), others) {
				for _, parent := range all {
					parent.covered = parent.covered || parent.group.String() == fmt.Sprintf("%d=%s", column, value)
				}
			}
		}
	}
}

// within drops values that a value within them covers.
func (m *model) within(rows []modelRow, all []*modelFinding) {
	worse := func(a, b []modelRow) bool {
		p, difference := m.compare(a, b)
		return p < 0.001 && difference > 0
	}
	for _, narrow := range all {
		if narrow.worthless || len(narrow.group) == 2 {
			continue
		}
		for _, wide := range all {
			if len(wide.group) == 2 || sameColumn(narrow.group, wide.group) {
				continue
			}
			in, others := wide.group.sides(rows)
			both, _ := narrow.group.sides(in)
			if float64(len(both)) < 0.95*float64(len(narrow.in)) || float64(len(both)) >= 0.95*float64(len(in)) {
				continue
			}
			rest := slices.DeleteFunc(slices.Clone(in), func(r modelRow) bool {
				held, _ := narrow.group.sides([]modelRow{r})
				return len(held) == 1
			})
			wide.covered = wide.covered || worse(both, rest) && !worse(rest, others)
		}
	}
}

func sameColumn(a, b modelGroup) bool {
	for column := range a {
		_, same := b[column]
		return same
	}
	return false
}

// turns returns the column that turns the sign of the group most.
func turns(g modelGroup, rows []modelRow, columns int) (column string) {
	in, out := g.sides(rows)
	lowest := 1.0
	for c := range columns {
		if _, own := g[c]; own {
			continue
		}
		var r, s, left float64
		values := map[string]bool{}
		for _, row := range rows {
			values[row.values[c]] = true
		}
		for _, v := range slices.Sorted(mapKeys(values)) {
			of := func(rows []modelRow) []modelRow {
				return slices.DeleteFunc(slices.Clone(rows), func(r modelRow) bool { return r.values[c] != v })
			}
			a, n1, _ := share(of(in))
			b, n2, _ := share(of(out))
			if n := float64(n1 + n2); n > 0 {
				r += float64(a*(n2-b)) / n
				s += float64(b*(n1-a)) / n
				left += float64(n1*n2) / n
			}
		}
		if left >= 0.25*float64(len(in)*len(out))/float64(len(in)+len(out)) && r/s < lowest-1e-9 {
			lowest, column = r/s, fmt.Sprint(c)
		}
	}
	return column
}

func mapKeys(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// TestModel: the answer is that of the model, now against before as well.
func TestModel(t *testing.T) {
	t.Parallel()
	found := map[bool]int{}
	turned := 0
	for seed := range seeds(400) {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		changes := seed%2 == 1
		n := 2 * random.IntN(1000)
		rows, values := plant(random, n, 1+random.IntN(4), changes)
		if seed%6 == 0 {
			confound(random, rows, values)
		}
		options := contrast.Options{MinShare: 0.02, MinRuns: 10, Level: 0.05, Most: 6}
		m := &model{rows: rows, changes: changes, options: options}
		want := m.find(values)
		answer, err := contrast.Find(t.Context(), toInput(random, rows, values, changes), options)
		if err != nil {
			t.Fatal(err)
		}
		var a, b []string
		for _, f := range want {
			in, out := f.in, f.out
			if changes {
				in, out = period(in, true), period(out, true)
			}
			bi, ni, _ := share(in)
			bo, no, _ := share(out)
			b = append(b, fmt.Sprintf("%v: %d of %d, %d of %d, p %.6g, %.6g, excess %.6g, %.6g, aside %d, turns %q",
				f.group, bi, ni, bo, no, f.p+1e-13, f.adjusted+1e-13, f.excess, f.customers, f.aside, f.turns))
			if f.turns != "" {
				turned++
			}
		}
		for _, f := range answer.Findings {
			turns := ""
			if f.Turns != nil {
				turns = f.Turns.Column
			}
			a = append(a, fmt.Sprintf("%s: %d of %d, %d of %d, p %.6g, %.6g, excess %.6g, %.6g, aside %d, turns %q", name(f),
				f.Inside.Count, f.Inside.N, f.Outside.Count, f.Outside.N, f.P+1e-13, f.Adjusted+1e-13, f.Excess.Value, f.CustomersInExcess, f.Aside, turns))
		}
		if !slices.Equal(a, b) {
			t.Errorf("seed %d: found\n%s\nwant\n%s", seed, strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
		found[changes] += len(want)
	}
	t.Logf("found %v (by changes), %d turned", found, turned)
	if found[true] < 10 || found[false] < 10 || whole() && turned < 3 {
		t.Error("the inputs have nothing to find")
	}
}
