package contrast

import "cairncx.dev/cairn/feedback/score"

// group is the runs with a value of a column, or with a value of each of two columns.
type group struct {
	i, a int // the column, and the code of its value
	j, b int // the second column, which is later, and the code of its value; alone if there is none
}

// alone is the second column of a group of one value.
const alone = -1

func (g group) pair() bool { return g.j != alone }

// position is where a row stands to a group.
type position uint8

const (
	neither position = iota // a value is not known
	inside
	outside
)

// side returns where a row stands to the group.
func (r *rows) side(g group, row int) position {
	a := int(r.columns[g.i].codes[row])
	if !g.pair() {
		return at(a != unknown, a == g.a)
	}
	b := int(r.columns[g.j].codes[row])
	return at(a != unknown && b != unknown, a == g.a && b == g.b)
}

func at(known, in bool) position {
	switch {
	case !known:
		return neither
	case in:
		return inside
	default:
		return outside
	}
}

// counts are the runs of a group by class.
type counts [classes]int64

func (c counts) minus(other counts) counts {
	for class := range c {
		c[class] -= other[class]
	}
	return c
}

func (c counts) plus(other counts) counts {
	for class := range c {
		c[class] += other[class]
	}
	return c
}

// runs is the number of all of them.
func (c counts) runs() int64 { return c[0] + c[bad] + c[now] + c[now|bad] }

// before and now are the runs of a period, and the bad ones of them.
func (c counts) before() tally { return tally{runs: c[0] + c[bad], bad: c[bad]} }
func (c counts) now() tally    { return tally{runs: c[now] + c[now|bad], bad: c[now|bad]} }

// tally counts runs, and the bad ones of them.
type tally struct{ runs, bad int64 }

func (t tally) share() float64 { return float64(t.bad) / float64(t.runs) }

// estimate is the share with its interval.
func (t tally) estimate() score.Share { return score.ShareOf(t.bad, t.runs, confidence) }

// single returns the runs with the value.
func (t *tables) single(i, a int) (c counts) {
	for class := range c {
		c[class] = int64(t.singles[i][a*classes+class])
	}
	return c
}

// known returns the runs whose value of the column is known.
func (t *tables) known(i int) (c counts) {
	for a := rare; a < t.sizes[i]; a++ {
		c = c.plus(t.single(i, a))
	}
	return c
}

// cell returns the runs with both values.
func (t *tables) cell(g group) (c counts) {
	table, size := t.pairs[g.i][g.j], t.sizes[g.j]
	for class := range c {
		c[class] = int64(table[(g.a*classes+class)*size+g.b])
	}
	return c
}

// both returns the runs with a value of each of two columns, in any order of the columns.
func (t *tables) both(i, a, j, b int) counts {
	if i > j {
		i, a, j, b = j, b, i, a
	}
	return t.cell(group{i: i, a: a, j: j, b: b})
}

// sides returns the runs inside and outside of the group.
func (t *tables) sides(g group) (in, out counts) {
	if !g.pair() {
		in = t.single(g.i, g.a)
		return in, t.known(g.i).minus(in)
	}
	in = t.cell(g)
	return in, t.margins(g.i, g.j).total.minus(in)
}

// margins are the sums of a table of two columns over the runs whose values of both are known.
type margins struct {
	first, second []counts // by code
	total         counts
}

func (t *tables) margins(i, j int) margins {
	m := margins{first: make([]counts, t.sizes[i]), second: make([]counts, t.sizes[j])}
	table, size := t.pairs[i][j], t.sizes[j]
	for a := rare; a < t.sizes[i]; a++ {
		for class := range classes {
			row := table[(a*classes+class)*size:][:size]
			for b := rare; b < size; b++ {
				n := int64(row[b])
				m.first[a][class] += n
				m.second[b][class] += n
				m.total[class] += n
			}
		}
	}
	return m
}
