package insight

import (
	"math"
	"slices"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/internal/smallgroup"
)

// grouped collects the trials of a group.
type grouped struct {
	value    string
	n, count int64
	young    int64
	people   smallgroup.People // of the trials in n
	all      smallgroup.Crowd  // with those of young
	full     bool              // people has enough
}

// grouper puts the trials of runs into groups.
type grouper struct {
	p        *pick
	m        Measure
	column   *access             // nil puts all runs into one group
	narrow   *[cases.Rows]uint16 // the column in the chunk in hand, if it is one of 16 bits
	byCode   []*grouped
	byText   map[string]*grouped
	list     []*grouped
	overs    *sought // of runs that have ended; nil for a measure that does not grow with age
	youngest int64   // the age of the youngest run
	promises []promise
	runs     int64
	people   smallgroup.People
	scratch
	// atAge counts only the runs that are as old as that, by what had happened until then; 0 is no age.
	atAge int64
}

func newGrouper(p *pick, by Column, m Measure, overs *sought) *grouper {
	g := &grouper{p: p, m: m, byCode: make([]*grouped, 1), byText: map[string]*grouped{}, overs: overs, youngest: math.MaxInt64}
	if by != "" {
		column := p.column(by)
		g.column, g.byCode = &column, make([]*grouped, column.size())
	}
	return g
}

// count counts the trials of the groups of a column.
func count(p *pick, chunks []*cases.Chunk, by Column, m Measure) *grouper {
	var overs *sought
	if m.ages() {
		overs = seek(chunks, durations, []*pick{p}, mostOver)
	}
	return fan(p, chunks, func() *grouper { return newGrouper(p, by, m, overs.part()) })
}

// of returns the group of the row.
func (g *grouper) of(c *cases.Chunk, row int) *grouped {
	code := uint32(0)
	switch {
	case g.narrow != nil:
		code = uint32(g.narrow[row&(cases.Rows-1)])
	case g.column != nil:
		code = g.column.code(c, row)
	}
	if in := g.byCode[code]; in != nil {
		return in
	}
	text := ""
	if g.column != nil {
		text = g.column.text(code)
	}
	in := g.byText[text]
	if in == nil {
		in = &grouped{value: text}
		g.byText[text] = in
		g.list = append(g.list, in)
	}
	g.byCode[code] = in
	return in
}

// turn takes the column of another chunk in hand.
func (g *grouper) turn(c *cases.Chunk) {
	g.narrow = nil
	if g.column != nil && g.column.narrow != nil {
		g.narrow = g.column.narrow(c)
	}
}

// add counts the trials of the rows: as they are at the moment, or as they were at an age.
func (g *grouper) add(_ *pick, c *cases.Chunk, rows []uint16) {
	crowd(&g.people, c, rows)
	g.runs += int64(len(rows))
	g.turn(c)
	switch {
	case g.m.what == measuresPromise:
		for _, r := range rows {
			row := int(r)
			g.m.trials(g.p, c, row, &g.promises, func(t trial) { g.of(c, row).add(&t, customer(c, row)) })
		}
	case g.atAge > 0:
		g.addAtAge(c, rows)
	case g.m.what == measuresEnd:
		g.addEnds(c, rows)
	default:
		for _, row := range rows {
			g.addTrial(c, int(row))
		}
	}
	if g.m.what == measuresFailure && g.atAge == 0 {
		g.overs.add(g.p, c, rows)
	}
}

// addTrial counts the trial of a run.
func (g *grouper) addTrial(c *cases.Chunk, row int) {
	if t, ok := g.m.trial(g.p, c, row); ok {
		g.of(c, row).add(&t, customer(c, row))
		g.youngest = min(g.youngest, t.age)
	}
}

// addEnds is add for the measure that most questions have, without a trial for a run that is told to have ended.
func (g *grouper) addEnds(c *cases.Chunk, rows []uint16) {
	told, left := g.p.tell(c, rows, g.told[:], g.left[:])
	wanted := ends[g.m.end()]
	latest := int64(math.MinInt64)
	for _, row := range told {
		latest = max(latest, c.Base[row&(cases.Rows-1)])
	}
	if len(told) > 0 {
		g.youngest = min(g.youngest, g.p.at-latest)
	}
	if g.column == nil {
		g.addWhole(c, told, wanted)
	} else {
		for _, row := range told {
			row &= cases.Rows - 1
			in := g.of(c, int(row))
			if !in.full {
				in.meet(customer(c, int(row)))
			}
			in.n++
			in.count += int64(bit(ends[c.Outcome[row]&7] == wanted))
		}
	}
	overs := spansOf(c, told, g.overs.list[:0])
	for _, r := range left {
		row := int(r)
		s, ended := g.p.stands(c, row)
		if s == unknown {
			continue
		}
		t := trial{age: g.p.at - c.Base[row], hit: -1}
		if s == silent {
			overs = append(overs, ended-c.Base[row])
			t.hit = int64(bit(s == wanted)) - 1
		}
		g.of(c, row).add(&t, customer(c, row))
		g.youngest = min(g.youngest, t.age)
	}
	g.overs.take(overs)
}

// addWhole is addEnds for told rows without a column.
func (g *grouper) addWhole(c *cases.Chunk, told []uint16, wanted state) {
	if len(told) > 0 {
		in, n := g.of(c, int(told[0])), outcomes(c, told)
		in.meetAll(c, told, math.MaxInt64)
		in.n += int64(len(told))
		in.count += n[wanted]
	}
}

// addAtAge counts the runs that have had the age, by what had happened until then.
func (g *grouper) addAtAge(c *cases.Chunk, rows []uint16) {
	told, left := g.told[:0], rows
	if g.m.what == measuresEnd {
		told, left = g.p.tell(c, rows, g.told[:], g.left[:])
	}
	wanted, age, born := ends[g.m.end()], g.atAge, g.p.at-g.atAge
	if g.column == nil && len(told) > 0 {
		n, count := 0, 0
		for _, row := range told {
			row &= cases.Rows - 1
			old := bit(c.Base[row] <= born)
			n += old
			count += old & bit(ends[c.Outcome[row]&7] == wanted) & bit(c.Ended[row]-c.Base[row] <= age)
		}
		in := g.of(c, int(told[0]))
		in.meetAll(c, told, born)
		in.n, in.count, in.young = in.n+int64(n), in.count+int64(count), in.young+int64(len(told)-n)
		told = nil
	}
	for _, row := range told {
		row &= cases.Rows - 1
		in, old := g.of(c, int(row)), bit(c.Base[row] <= born)
		if !in.full && old == 1 {
			in.meet(customer(c, int(row)))
		}
		in.n += int64(old)
		in.young += int64(1 - old)
		in.count += int64(old & bit(ends[c.Outcome[row]&7] == wanted) & bit(c.Ended[row]-c.Base[row] <= age))
	}
	for _, row := range left {
		g.addTrialAtAge(c, int(row))
	}
}

func (g *grouper) addTrialAtAge(c *cases.Chunk, row int) {
	t, ok := g.m.trial(g.p, c, row)
	if !ok {
		return
	}
	in := g.of(c, row)
	if !in.full && t.age >= g.atAge {
		in.meet(customer(c, row))
	}
	switch {
	case t.age < g.atAge:
		in.young++
	case t.hit >= 0 && t.hit <= g.atAge:
		in.n, in.count = in.n+1, in.count+1
	default:
		in.n++
	}
}

func (g *grouper) merge(o *grouper) {
	g.runs += o.runs
	g.people.Merge(&o.people)
	if g.overs != nil {
		g.overs.merge(o.overs)
	}
	g.youngest = min(g.youngest, o.youngest)
	for _, other := range o.list {
		in := g.byText[other.value]
		if in == nil {
			g.byText[other.value] = other
			g.list = append(g.list, other)
			continue
		}
		in.n, in.count, in.young = in.n+other.n, in.count+other.count, in.young+other.young
		in.people.Merge(&other.people)
		in.all.Merge(&other.all)
	}
}

func (in *grouped) add(t *trial, who uint64) {
	if !in.full {
		if t.young {
			in.all.Add(who)
		} else {
			in.meet(who)
		}
	}
	switch {
	case t.young:
		in.young++
	case t.hit >= 0:
		in.n, in.count = in.n+1, in.count+1
	default:
		in.n++
	}
}

// meet adds a customer of a trial in n.
func (in *grouped) meet(who uint64) {
	in.people.AddSome(who)
	in.all.Add(who)
	in.full = in.people.Size() >= smallgroup.Enough
}

// meetAll adds the customers of the rows that began by a time, until there are enough.
func (in *grouped) meetAll(c *cases.Chunk, rows []uint16, born int64) {
	for _, row := range rows {
		if in.full {
			return
		}
		if c.Base[row&(cases.Rows-1)] <= born {
			in.meet(customer(c, int(row)))
		}
	}
}

// settle counts the trials anew, all at one age, if some runs are too young to be compared as they are, and returns the age; else 0. In a group of which
// none is old enough nothing is left.
func (g *grouper) settle(chunks []*cases.Chunk, by Column) int64 {
	if g.overs == nil {
		return 0
	}
	needed := oldEnough(g.overs.in(chunks))
	if g.youngest >= needed {
		return 0
	}
	g.take(fan(g.p, chunks, func() *grouper { return g.again(by, needed) }))
	return needed
}

// again returns an empty grouper of the same trials, as they were at an age.
func (g *grouper) again(by Column, age int64) *grouper {
	n := newGrouper(g.p, by, g.m, nil)
	n.atAge = age
	return n
}

// take takes the trials of the same groups from another grouper.
func (g *grouper) take(o *grouper) {
	for _, in := range g.list {
		in.n, in.count, in.young, in.people = 0, 0, 0, smallgroup.People{}
		if other := o.byText[in.value]; other != nil {
			in.n, in.count, in.young, in.people = other.n, other.count, other.young, other.people
		}
	}
}

// The values that are sought.

// durations has the time until the end of each run that has ended, and of which it is known how.
func durations(p *pick, c *cases.Chunk, rows []uint16, list []int64, lists *scratch) []int64 {
	told, left := p.tell(c, rows, lists.told[:], lists.left[:])
	list = spansOf(c, told, list)
	for _, row := range left {
		if s, ended := p.stands(c, int(row)); s == silent {
			list = append(list, ended-c.Base[row])
		}
	}
	return list
}

// spansOf has the time until the end of each row that is told.
func spansOf(c *cases.Chunk, told []uint16, list []int64) []int64 {
	n := len(list)
	list = slices.Grow(list, len(told))[:n+len(told)]
	for i, row := range told {
		row &= cases.Rows - 1
		list[n+i] = c.Ended[row] - c.Base[row]
	}
	return list
}

// agesOf has the age of each run.
func agesOf(p *pick, c *cases.Chunk, rows []uint16, list []int64, _ *scratch) []int64 {
	n := len(list)
	list = slices.Grow(list, len(rows))[:n+len(rows)]
	for i, row := range rows {
		list[n+i] = p.at - c.Base[row&(cases.Rows-1)]
	}
	return list
}
