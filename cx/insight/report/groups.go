package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
)

// groups asks how the groups of each column keep the promises.
func (m *maker) groups() error {
	if m.r.Now.IsZero() {
		return nil
	}
	var changes []*Chance
	for _, by := range m.settings.By {
		a, err := m.view.Promises(m.ctx, m.which(m.r.Now, insight.FellDue, ""), time.Time{}, by)
		if err != nil {
			return err
		}
		for i := range a.List {
			of := &a.List[i]
			if of.Hidden || len(of.Groups) < 2 {
				continue
			}
			m.r.Groups = append(m.r.Groups, groupsOf(by, of))
		}
	}
	for i := range m.r.Groups {
		for n := range m.r.Groups[i].List {
			if g := &m.r.Groups[i].List[n]; g.Difference.OK() {
				changes = append(changes, &g.Chance)
			}
		}
	}
	adjusted(changes)
	return nil
}

func groupsOf(by insight.Column, of *insight.Promise) Groups {
	g := Groups{Column: by, Journey: of.Journey, Promise: of.Name}
	for i := range of.Groups {
		in := &of.Groups[i]
		if in.Made == 0 && !in.Hidden {
			continue
		}
		one := Group{Value: in.Value, Hidden: in.Hidden, Kept: in.Matured}
		if !in.Hidden {
			one.Others = in.Others
			if c := changeOf(one.Kept, one.Others); c != nil {
				one.Change = *c
				one.Excess = -float64(one.Kept.N) * c.Difference.Value
			}
		}
		g.List = append(g.List, one)
	}
	slices.SortFunc(g.List, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Excess, a.Excess), cmp.Compare(b.Kept.N, a.Kept.N), strings.Compare(a.Value, b.Value))
	})
	return g
}

// slow asks how long the runs of the larger groups took.
func (m *maker) slow() error {
	if m.r.Now.IsZero() {
		return nil
	}
	for i := range m.r.Journeys {
		j := &m.r.Journeys[i]
		if j.Ended.Took.N < leastGroup {
			continue
		}
		for _, by := range m.settings.By {
			if err := m.slowBy(j, by); err != nil {
				return err
			}
		}
	}
	slices.SortStableFunc(m.r.Slow, func(a, b Slow) int {
		return cmp.Compare(b.Took.Median-b.All.Median, a.Took.Median-a.All.Median)
	})
	return nil
}

// mostSlow is the number of groups of a column that are asked about, the largest ones.
const mostSlow = 12

func (m *maker) slowBy(j *Journey, by insight.Column) error {
	c, err := m.view.Compare(m.ctx, m.which(m.r.Now, insight.Ended, j.Name), by, insight.Completes())
	if err != nil {
		return err
	}
	runs := func(g *insight.Compared) int64 { return g.Share.N + g.TooYoung } // the young ones have ended, too
	large := slices.DeleteFunc(c.Groups, func(g insight.Compared) bool { return g.Hidden || runs(&g) < leastGroup })
	slices.SortFunc(large, func(a, b insight.Compared) int {
		return cmp.Or(cmp.Compare(runs(&b), runs(&a)), strings.Compare(a.Value, b.Value))
	})
	var list []Slow
	for i := range large[:min(len(large), mostSlow)] {
		w := m.which(m.r.Now, insight.Ended, j.Name)
		w.Where = append(slices.Clone(w.Where), insight.Where{Column: by, Values: []string{large[i].Value}})
		o, err := m.view.Outcomes(m.ctx, w)
		if err != nil {
			return err
		}
		if o.Took.N >= leastGroup {
			list = append(list, Slow{by, j.Name, large[i].Value, o.Took, j.Ended.Took})
		}
	}
	if len(list) > 1 { // one group alone is slower than nothing
		m.r.Slow = append(m.r.Slow, list...)
	}
	return nil
}
