package contrast

// first returns the group with the most customers in excess, or nil. The groups are in the order of their runs in excess, which
// are never fewer than customers, so that the customers of few groups are counted. Groups of few customers are left out, and
// those that are no more than chance with the runs of each customer taken together.
func (f *finder) first(left []*candidate, tests int) *candidate {
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
		c.robust, c.effect = f.clustered(c.group, c.in, c.out, c.verdict, false)
		if f.certain(c, tests) > f.options.Level {
			f.settled[c.group] = true
			f.answer.Clustered++
			continue
		}
		_, customers := f.customers(c.group, c.in, c.excess, false)
		if best == nil || customers > most {
			best, most = c, customers
		}
	}
	return best
}

// enough reports whether the runs inside and those outside are of five customers or more.
func (f *finder) enough(g group) bool {
	var people [outside + 1]int
	clear(f.clusters.sides)
	for row := range f.rows.n {
		side, who := f.rows.side(g, row), f.clusters.of[row]
		if f.rows.taken[row] || who > 0 && f.clusters.sides[who]&uint8(side) != 0 {
			continue
		}
		f.clusters.sides[who] |= uint8(side)
		people[side]++
		if people[inside] >= fewest && people[outside] >= fewest {
			return true
		}
	}
	return false
}

// customers returns how many customers had a bad run inside, and their part of the excess. All says that the rows that were taken
// count too.
func (f *finder) customers(g group, in counts, excess float64, all bool) (bad int64, inExcess float64) {
	runs := in.now().bad
	if f.clusters == nil || runs == 0 {
		return runs, excess
	}
	clear(f.clusters.sides)
	for row := range f.rows.n {
		if f.rows.class[row] != now|1 || f.rows.taken[row] && !all || f.rows.side(g, row) != inside {
			continue
		}
		if who := f.clusters.of[row]; who == 0 || f.clusters.sides[who] == 0 {
			f.clusters.sides[who] = 1
			bad++
		}
	}
	return bad, excess * float64(bad) / float64(runs)
}
