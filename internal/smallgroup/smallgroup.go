// Package smallgroup decides which groups of customers are too small to be shown, because their numbers may tell what one customer did or
// said. It hides with them the groups from which they would follow.
package smallgroup

import (
	"cmp"
	"maps"
	"slices"
)

// Min is the number of customers from which on a group is shown.
const Min = 5

// People counts customers: each known one once, and each event of an unknown one as one. The zero value has none.
type People struct {
	// Known has the events of each known customer, by a digest that is not 0.
	Known   map[uint64]int64
	Unknown int64
}

// Add adds an event of the customer; 0 is a customer who is not known.
func (p *People) Add(who uint64) {
	if who == 0 {
		p.Unknown++
		return
	}
	if p.Known == nil {
		p.Known = map[uint64]int64{}
	}
	p.Known[who]++
}

// Enough is the number of customers that AddSome keeps of a group.
const Enough = 256

// AddSome is Add for a caller that needs to know only which groups are small: it keeps the first Enough customers alone, so that a large group
// costs little. Size is then Enough for every larger group.
func (p *People) AddSome(who uint64) {
	if p.Size() < Enough {
		p.Add(who)
	}
}

// Merge adds the customers of q.
func (p *People) Merge(q *People) {
	p.Unknown += q.Unknown
	for who, n := range q.Known {
		p.Add(who)
		p.Known[who] += n - 1
	}
}

// Size returns the number of customers.
func (p *People) Size() int64 { return int64(len(p.Known)) + p.Unknown }

// Small reports whether there are customers, and too few to be shown.
func Small(size int64) bool { return size > 0 && size < Min }

// Hide returns which groups are hidden, in the order of their sizes, and of names among equals: see [Choose]. A customer who is in several of them is
// one.
func Hide(groups map[string]*People) map[string]bool {
	names := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(cmp.Compare(groups[a].Size(), groups[b].Size()), cmp.Compare(a, b))
	})
	hidden := map[string]bool{}
	var together People
	Choose(len(names), Min, func(i int) int64 { return groups[names[i]].Size() }, func(i int) int64 {
		hidden[names[i]] = true
		together.Merge(groups[names[i]])
		return together.Size()
	})
	return hidden
}

// Choose calls hide with each group that is hidden: each small one, of fewer customers than fewest, and, if there is one, the next smallest ones, until those
// that are hidden have so many customers together, which are two groups or more. An empty group hides nothing. The groups are numbered from the smallest one
// on. Size returns the number of customers of a group, and hide that of all groups that are hidden.
func Choose(groups int, fewest int64, size, hide func(group int) int64) {
	together, some := int64(0), false
	for i := range groups {
		n := size(i)
		if n == 0 {
			continue
		}
		if n >= fewest && (!some || together >= fewest) {
			break
		}
		together, some = hide(i), true
	}
}
