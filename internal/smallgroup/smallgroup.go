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

// Hide returns which groups are hidden, in the order of their sizes, and of names among equals: each small one and, if there is one, the next
// smallest ones, until those that are hidden have at least Min customers together, which are two groups or more. A customer who is in
// several of them is one. An empty group hides nothing.
func Hide(groups map[string]*People) map[string]bool {
	names := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(cmp.Compare(groups[a].Size(), groups[b].Size()), cmp.Compare(a, b))
	})
	hidden := map[string]bool{}
	var together People
	for _, name := range names {
		g := groups[name]
		if g.Size() == 0 {
			continue
		}
		if !Small(g.Size()) && (len(hidden) == 0 || together.Size() >= Min) {
			break
		}
		hidden[name] = true
		together.Merge(g)
	}
	return hidden
}
