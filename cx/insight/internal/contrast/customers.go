package contrast

import "slices"

// first returns the group with the most customers in excess, or nil. The groups are in the order of their runs in excess, which
// are never fewer than customers, so that the customers of few groups are counted.
func (f *finder) first(left []*candidate) *candidate {
	var best *candidate
	most := 0.0
	for _, c := range left {
		if best != nil && c.excess <= most {
			break
		}
		if f.in.Customers == nil {
			return c
		}
		if !f.enough(c.group) {
			f.settled[c.group] = true
			f.answer.Hidden++
			continue
		}
		_, customers := f.customers(c)
		if best == nil || customers > most {
			best, most = c, customers
		}
	}
	return best
}

// enough reports whether the runs inside and those outside are of five customers or more.
func (f *finder) enough(g group) bool {
	var seen [outside + 1][]uint64
	for row := range f.rows.n {
		if f.rows.taken[row] {
			continue
		}
		side := f.rows.side(g, row)
		who := f.in.Customers[f.rows.index(row)]
		if len(seen[side]) < fewest && (who == 0 || !slices.Contains(seen[side], who)) {
			seen[side] = append(seen[side], who)
			if len(seen[inside]) == fewest && len(seen[outside]) == fewest {
				return true
			}
		}
	}
	return false
}

// customers returns how many customers had a bad run inside, and their part of the excess.
func (f *finder) customers(c *candidate) (bad int64, inExcess float64) {
	runs := c.in.now().bad
	if f.in.Customers == nil || runs == 0 {
		return runs, c.excess
	}
	known := make([]uint64, 0, runs)
	for row := range f.rows.n {
		if f.rows.class[row] != now|1 || f.rows.taken[row] || f.rows.side(c.group, row) != inside {
			continue
		}
		if who := f.in.Customers[f.rows.index(row)]; who == 0 {
			bad++
		} else {
			known = append(known, who)
		}
	}
	slices.Sort(known)
	bad += int64(len(slices.Compact(known)))
	return bad, c.excess * float64(bad) / float64(runs)
}
