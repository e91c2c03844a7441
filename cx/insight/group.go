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
	codes    *[cases.Rows]uint16 // the same, if the column has fewCodes at most; all 0 where the chunk has no value
	full     [fewCodes]bool      // by such a code: the group has enough people
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
	return g.groupOf(code)
}

// groupOf returns the group of the code.
func (g *grouper) groupOf(code uint32) *grouped {
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

// noCodes are those of a chunk without a column.
var noCodes [cases.Rows]uint16

// turn takes the column of another chunk in hand.
func (g *grouper) turn(c *cases.Chunk) {
	g.narrow, g.codes = nil, nil
	if g.column == nil || g.column.narrow == nil {
		return
	}
	g.narrow = g.column.narrow(c)
	if len(g.byCode) <= fewCodes {
		if g.codes = g.narrow; g.codes == nil {
			g.codes = &noCodes
		}
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
			g.m.trials(g.p, c, row, &g.promises, func(t trial) { g.of(c, row).add(&t, promisee(c, row, g.promises)) })
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
	wanted, room := ends[g.m.end()], g.overs.room()
	var e endings
	switch {
	case g.column == nil:
		e = g.p.endings(c, rows, wanted, &g.scratch, room)
		g.addWhole(c, rows, len(e.overs), e.hits)
	case g.codes != nil:
		e = g.endingsBy(c, rows, wanted, room)
	default:
		e = g.p.endings(c, rows, wanted, &g.scratch, room)
		g.addTold(c, rows, wanted)
	}
	if len(e.overs) > 0 {
		g.youngest = min(g.youngest, g.p.at-e.latest)
	}
	overs := e.overs
	for _, r := range e.left {
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

// addWhole counts told rows of a chunk without a column, of which so many ended as wanted.
func (g *grouper) addWhole(c *cases.Chunk, rows []uint16, told int, hits int64) {
	if told == 0 {
		return
	}
	in := g.groupOf(0)
	in.n, in.count = in.n+int64(told), in.count+hits
	for _, row := range rows {
		if in.full {
			break
		}
		if g.p.told(c, int(row)) < open {
			in.meet(customer(c, int(row)))
		}
	}
}

// addTold counts the rows that are told by a column that has many codes.
func (g *grouper) addTold(c *cases.Chunk, rows []uint16, wanted state) {
	at := uint64(max(g.p.at, 0))
	for _, row := range rows {
		row &= cases.Rows - 1
		if endedBy(at, c.Ended[row], c.Outcome[row]) == 0 {
			continue
		}
		in := g.of(c, int(row))
		if !in.full {
			in.meet(customer(c, int(row)))
		}
		in.n++
		in.count += int64(bit(ends[c.Outcome[row]&7] == wanted))
	}
}

// addAtAge counts the runs that have had the age, by what had happened until then.
func (g *grouper) addAtAge(c *cases.Chunk, rows []uint16) {
	left, wanted := rows, ends[g.m.end()]
	switch {
	case g.m.what != measuresEnd:
	case g.column == nil:
		left = g.wholeAtAge(c, rows, wanted)
	case g.codes != nil:
		left = g.endingsAtAge(c, rows, wanted)
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
