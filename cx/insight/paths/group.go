package paths

import (
	"cmp"
	"slices"

	"cairncx.dev/cairn/internal/smallgroup"
)

// minGroup is the number of customers from which a group is shown.
const minGroup = smallgroup.Min

// Hidden are the groups that are not shown, together. They are none, or two and more, of at least five customers together: otherwise the
// total less what is shown would be what is hidden. If the groups have fewer than five customers in all, none is shown, and these are.
type Hidden struct {
	Groups int64 `json:"groups"`
	// Times is how often what the groups are about has happened, such as the runs of variants.
	Times int64 `json:"times"`
}

// person is a customer or, where the customer is not known, a run.
type person struct {
	who uint64
	row int
}

// personOf returns the customer of the run in the row.
func personOf(run Run, row int) person {
	if run.Customer == 0 {
		return person{row: row}
	}
	return person{who: run.Customer, row: -1}
}

// crowd knows the customers of a group, as far as it takes to say whether they are few.
type crowd struct{ known []person }

// add adds a customer, up to the number of customers that is enough.
func (c *crowd) add(who person, enough int) {
	if len(c.known) < enough && !slices.Contains(c.known, who) {
		c.known = append(c.known, who)
	}
}

// join adds another crowd.
func (c *crowd) join(o *crowd, enough int) {
	for _, who := range o.known {
		c.add(who, enough)
	}
}

// size returns the number of customers, which is exact below the number that is enough.
func (c *crowd) size() int64 { return int64(len(c.known)) }

// few reports whether there are customers, and too few to be shown.
func (c *crowd) few(fewest int) bool { return c.size() > 0 && c.size() < int64(fewest) }

// fewStepped reports whether the runs with a step are of fewer customers than are shown, so that no share of them is.
func (p *Paths) fewStepped() bool {
	p.looked.Do(func() {
		var all crowd
		r := reader{p: p}
		for row := range p.log.Rows {
			if all.size() >= int64(p.fewest) {
				return
			}
			if len(r.steps(row)) > 0 {
				all.add(personOf(p.log.Run(row), row), p.fewest)
			}
		}
		p.few = all.few(p.fewest)
	})
	return p.few
}

// member is a group of which others follow if it is not shown.
type member struct {
	size  int64 // the number of customers, at most as many as are enough
	times int64
}

// conceal returns which of the groups are hidden: see [smallgroup.Choose]. Crowds know how many customers they have only up to fewest, so that of the
// groups that are not small those that occurred less often are the smaller ones, and else the order decides. A customer who is in several groups
// is one. CrowdOf returns the customers of a group.
func conceal(groups []member, fewest int, crowdOf func(i int) *crowd) ([]bool, Hidden) {
	hides, hidden := make([]bool, len(groups)), Hidden{}
	isSmall := func(g member) bool { return g.size > 0 && g.size < int64(fewest) }
	if !slices.ContainsFunc(groups, isSmall) {
		return hides, hidden
	}
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := groups[a], groups[b]; {
		case isSmall(x) == isSmall(y):
			return cmp.Compare(x.times, y.times)
		case isSmall(x):
			return -1
		default:
			return 1
		}
	})
	var together crowd
	smallgroup.Choose(len(order), int64(fewest), func(i int) int64 { return groups[order[i]].size }, func(i int) int64 {
		at := order[i]
		hides[at] = true
		hidden.Groups++
		hidden.Times += groups[at].times
		together.join(crowdOf(at), fewest)
		return together.size()
	})
	return hides, hidden
}
