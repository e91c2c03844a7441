package insight

import (
	"math"

	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// Most runs have ended, and an event tells how. One pass over a chunk takes all that a question needs of those. It has no branch that depends on a row, because processors
// do not guess those: it writes each value, and the next one overwrites it if it does not count.

// endedBy is 1 if an event tells that a run had ended by a time, and how. An end at 0 is none: it wraps to the latest time that there is.
func endedBy(at uint64, ended int64, outcome uint8) int {
	return bit(uint64(ended)-1 < at) & (knownEnds >> (outcome & 7) & 1) //nolint:gosec // see above
}

// countEnds adds the counts that a word has in eight bits for each outcome.
func countEnds(word uint64, states *[numStates]int64) {
	for o, s := range ends {
		states[s] += int64(word >> (8 * o) & math.MaxUint8)
	}
}

// endings are what a pass over rows of a chunk has found.
type endings struct {
	left   []uint16 // the rows of which no event tells how they had ended
	hits   int64    // how many of the others ended as wanted
	latest int64    // the latest beginning of those
	overs  []int64  // how long they took
}

// endings takes the rows. It uses the lists, which have room for a chunk.
func (p *pick) endings(c *cases.Chunk, rows []uint16, wanted state, lists *scratch, overs *[cases.Rows]int64) (e endings) {
	const mask = cases.Rows - 1
	at, n, count, latest, set := uint64(max(p.at, 0)), 0, 0, int64(math.MinInt64), knownEnds|bitOf(wanted)<<8
	for i, row := range rows {
		row &= mask
		base, ended := c.Base[row], c.Ended[row]
		is := set >> (c.Outcome[row] & 7)
		if uint64(ended)-1 >= at { //nolint:gosec // an end at 0 is none: see endedBy
			is = 0
		}
		told := is & 1
		lists.left[(i-n)&mask] = row
		overs[n&mask] = ended - base
		n += told
		count += is >> 8 & 1
		latest = max(latest, base-untoldYet(told))
	}
	return endings{left: lists.left[:len(rows)-n], hits: int64(count), latest: latest, overs: overs[:n]}
}

// untoldYet is 0 for 1, and for 0 so much that no time less that is the latest one.
func untoldYet(told int) int64 { return int64(1-told) << 62 }

// fewCodes is the number of codes up to which a pass counts by code in an array.
const fewCodes = 256

// perCode has counts by the code of a column in one chunk. The first 16 bits have the trials, the next ones the hits, and the next ones those that are too young.
type perCode [fewCodes]uint64

const (
	hitBits   = 16
	youngBits = 32
	tallyMask = 1<<hitBits - 1
)

// endingsBy is endings by the column that the grouper has in hand, for trials that are hits if they ended as wanted. Groups that are not full meet the customers.
func (g *grouper) endingsBy(c *cases.Chunk, rows []uint16, wanted state, overs *[cases.Rows]int64) (e endings) {
	const mask = cases.Rows - 1
	var counts perCode
	hits := bitOf(wanted)
	at, n, m, codes := uint64(max(g.p.at, 0)), 0, 0, g.codes
	e.latest = math.MinInt64
	for _, row := range rows {
		row &= mask
		base, ended, outcome, code := c.Base[row], c.Ended[row], c.Outcome[row]&7, codes[row]%fewCodes
		told := endedBy(at, ended, outcome)
		if !g.full[code] && told == 1 {
			g.meet(c, int(row), code)
		}
		counts[code] += uint64(told) | uint64(told&(hits>>outcome&1))<<hitBits //nolint:gosec // 0 or 1
		g.left[m&mask] = row
		m += 1 - told
		overs[n&mask] = ended - base
		n += told
		e.latest = max(e.latest, base-untoldYet(told))
	}
	g.count(&counts)
	e.left, e.overs = g.left[:m], overs[:n]
	return e
}

// bitOf has a bit for each outcome with which a run ends in the state.
func bitOf(s state) (set int) {
	for o, of := range ends {
		if of == s && s < open {
			set |= 1 << o
		}
	}
	return set
}

// meet adds the customer of a row to its group.
func (g *grouper) meet(c *cases.Chunk, row int, code uint16) {
	in := g.of(c, row)
	if !in.full {
		in.meet(customer(c, row))
	}
	g.full[code] = in.full
}

// count adds the counts of a chunk to the groups.
func (g *grouper) count(counts *perCode) {
	for code, packed := range counts {
		if packed == 0 {
			continue
		}
		in := g.groupOf(uint32(code))
		in.n += int64(packed & tallyMask)
		in.count += int64(packed >> hitBits & tallyMask)
		in.young += int64(packed >> youngBits & tallyMask)
	}
}

// endingsAtAge counts by the column in hand the runs that are as old as the grouper's age, by what had happened until then. Groups that are not full meet their
// customers. It returns the rows of which no event
// tells how they had ended.
func (g *grouper) endingsAtAge(c *cases.Chunk, rows []uint16, wanted state) (left []uint16) {
	const mask = cases.Rows - 1
	var counts perCode
	hits, age, born := bitOf(wanted), g.atAge, g.p.at-g.atAge
	at, m, codes := uint64(max(g.p.at, 0)), 0, g.codes
	for _, row := range rows {
		row &= mask
		base, ended, outcome, code := c.Base[row], c.Ended[row], c.Outcome[row]&7, codes[row]%fewCodes
		told, old := endedBy(at, ended, outcome), bit(base <= born)
		if !g.full[code] && told&old == 1 {
			g.meet(c, int(row), code)
		}
		hit := hits >> outcome & 1 & bit(ended-base <= age) & old & told
		counts[code] += uint64(told&old) | uint64(hit)<<hitBits | uint64(told&(1-old))<<youngBits //nolint:gosec // 0 or 1
		g.left[m&mask] = row
		m += 1 - told
	}
	g.count(&counts)
	return g.left[:m]
}

// wholeAtAge is endingsAtAge without a column.
func (g *grouper) wholeAtAge(c *cases.Chunk, rows []uint16, wanted state) (left []uint16) {
	const mask = cases.Rows - 1
	hits, age, born := bitOf(wanted), g.atAge, g.p.at-g.atAge
	at, m, all, n, count := uint64(max(g.p.at, 0)), 0, 0, 0, 0
	for _, row := range rows {
		row &= mask
		base, ended, outcome := c.Base[row], c.Ended[row], c.Outcome[row]&7
		told := endedBy(at, ended, outcome)
		old := bit(base <= born) & told
		all, n = all+told, n+old
		count += hits >> outcome & 1 & bit(ended-base <= age) & old
		g.left[m&mask] = row
		m += 1 - told
	}
	if all > 0 {
		in := g.groupOf(0)
		in.n, in.count, in.young = in.n+int64(n), in.count+int64(count), in.young+int64(all-n)
		for _, row := range rows {
			if in.full || n == 0 {
				break
			}
			if c.Base[row] <= born && g.p.told(c, int(row)) < open {
				in.meet(customer(c, int(row)))
			}
		}
	}
	return g.left[:m]
}
