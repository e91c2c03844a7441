package paths

import (
	"slices"

	"cairncx.dev/cairn/feedback/score"
)

// minGroup is the number of customers from which a group is shown.
const minGroup = score.MinGroup

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

// member is a group of which others follow if it is not shown.
type member struct {
	size  int64 // the number of customers, at most as many as are enough
	times int64
}

// conceal returns which of the groups are hidden: each of fewer customers than fewest and, if there is one, the next smallest ones, until those
// that are hidden are two and have that many customers together. A customer who is in several of them is one. A group without customers hides
// nothing. Among groups of the same size those that occurred less often are smaller, and else the order decides. The rule is that of package
// feedback/score. CrowdOf returns the customers of a group.
func conceal(groups []member, fewest int, crowdOf func(i int) *crowd) ([]bool, Hidden) {
	hides, hidden := make([]bool, len(groups)), Hidden{}
	var together crowd
	hide := func(i int) {
		hides[i] = true
		hidden.Groups++
		hidden.Times += groups[i].times
		if together.size() < int64(fewest) {
			together.join(crowdOf(i), fewest)
		}
	}
	for i, g := range groups {
		if g.size > 0 && g.size < int64(fewest) {
			hide(i)
		}
	}
	for hidden.Groups == 1 || hidden.Groups > 0 && together.size() < int64(fewest) {
		next := -1
		for i, g := range groups {
			if g.size > 0 && !hides[i] && (next < 0 || g.times < groups[next].times) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		hide(next)
	}
	return hides, hidden
}
