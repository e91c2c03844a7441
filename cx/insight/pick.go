package insight

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/internal/smallgroup"
)

// state is how a run stands at the moment of the view. Ended is everything before open.
type state uint8

const (
	completed state = iota
	failed
	cancelled
	silent
	open
	unknown // it ended, and the table does not know when or how
	numStates
)

var stateNames = [numStates]string{"completed", "failed", "cancelled", "abandoned", "open", "unknown"}

// pick is a question's selection of rows.
type pick struct {
	ctx         context.Context //nolint:containedctx // it lives as long as the question
	v           *View
	t           *cases.Table
	at          int64
	from, until int64
	by          By
	earliest    int64    // of the table's period
	journeys    []bool   // by code
	every       bool     // all journeys are selected
	named       []uint16 // by code: the first code of that name, because journeys of several namespaces are one in answers
	abandon     []int64  // by code of the journey, in microseconds; 0 is never
	where       []compiled
}

// compiled is a condition on codes.
type compiled struct {
	column Column
	codes  func(c *cases.Chunk, row int) uint32
	narrow func(c *cases.Chunk) *[cases.Rows]uint16 // see access
	has    map[uint32]bool
	dense  []bool // instead of has, for small codes
	not    bool
}

// pick compiles the question, under the lock of the table.
func (v *View) pick(w *Which) (*pick, error) {
	t := v.table.cases
	p := &pick{ctx: context.Background(), v: v, t: t, at: v.at, from: micros(w.From), until: micros(w.Until), by: w.By, earliest: t.From()}
	if p.at == 0 {
		p.at = t.Newest()
	}
	if p.until == 0 {
		p.until = math.MaxInt64
	}
	known := v.table.owners
	if err := v.checkJourney(w, func(name string) bool {
		_, declared := known[name]
		return declared || slices.ContainsFunc(t.Journeys, func(r cases.Run) bool { return r.Name == name })
	}); err != nil {
		return nil, err
	}
	p.journeys, p.abandon, p.named = make([]bool, len(t.Journeys)), make([]int64, len(t.Journeys)), make([]uint16, len(t.Journeys))
	first := map[string]uint16{}
	for code, run := range t.Journeys {
		if _, ok := first[run.Name]; !ok {
			first[run.Name] = uint16(code)
		}
		p.named[code] = first[run.Name]
		p.journeys[code] = code > 0 && (w.Journey == "" || w.Journey == run.Name) && (w.Namespace == "" || w.Namespace == run.Namespace) && v.sees(run.Name)
		p.abandon[code] = v.table.abandon[run.Name]
	}
	p.every = !slices.Contains(p.journeys[1:], false)
	conditions := w.Where
	if len(v.viewer.Segments) > 0 {
		conditions = append(slices.Clone(conditions), Where{Column: Segment, Values: v.viewer.Segments})
	}
	for _, c := range conditions {
		p.where = append(p.where, p.compile(c))
	}
	return p, nil
}

func (p *pick) compile(w Where) compiled {
	a := p.column(w.Column)
	c := compiled{column: w.Column, codes: a.code, narrow: a.narrow, not: w.Not, has: map[uint32]bool{}}
	for _, value := range w.Values {
		for _, code := range a.find(value) {
			c.has[code] = true
		}
	}
	if n := a.size(); n <= 1<<16 {
		c.dense = make([]bool, n)
		for code := range c.has {
			if int(code) < n {
				c.dense[code] = true
			}
		}
	}
	return c
}

// keep returns the rows that meet the condition, in the list that it is given.
func (c *compiled) keep(chunk *cases.Chunk, rows []uint16) []uint16 {
	if c.narrow == nil || c.dense == nil {
		return slices.DeleteFunc(rows, func(row uint16) bool { return !c.matches(chunk, int(row)) })
	}
	column := c.narrow(chunk)
	if column == nil {
		if c.dense[0] != c.not {
			return rows
		}
		return rows[:0]
	}
	n := 0
	for _, row := range rows {
		rows[n] = row
		code := int(column[row&(cases.Rows-1)])
		n += bit((code < len(c.dense) && c.dense[code]) != c.not)
	}
	return rows[:n]
}

func (c *compiled) matches(chunk *cases.Chunk, row int) bool {
	code := c.codes(chunk, row)
	if c.dense != nil {
		return (int(code) < len(c.dense) && c.dense[code]) != c.not
	}
	return c.has[code] != c.not
}

// rows fills the list, which has room for a chunk, with the rows of the chunk that are selected.
func (p *pick) rows(c *cases.Chunk, rows []uint16) []uint16 { return p.rowsOf(c, 0, c.N, rows) }

// rowsOf is rows for a part of the chunk.
func (p *pick) rowsOf(c *cases.Chunk, from, until int, list []uint16) []uint16 {
	low, high := int64(math.MinInt64), p.at
	if p.by == Begun {
		low, high = p.from, min(high, p.until-1)
	}
	if low > high {
		return list[:0]
	}
	rows := p.begun(c, from, until, list, low, high)
	if p.earliest > 0 {
		rows = slices.DeleteFunc(rows, func(row uint16) bool {
			return c.Base[row] < p.earliest && c.Last[row] < p.earliest && c.Ended[row] < p.earliest
		})
	}
	if p.by == Ended && (p.from != 0 || p.until != math.MaxInt64) {
		rows = slices.DeleteFunc(rows, func(row uint16) bool {
			at := p.ended(c, int(row))
			return at == 0 || at < p.from || at >= p.until
		})
	}
	for i := range p.where {
		rows = p.where[i].keep(c, rows)
	}
	return rows
}

// begun selects the rows of the journeys that began from low to high. It has no branch that depends on a row: processors do not guess those.
func (p *pick) begun(c *cases.Chunk, from, until int, list []uint16, low, high int64) []uint16 {
	earliest, latest := c.Bounds()
	if earliest > high || latest < low || earliest > latest || from >= until {
		return list[:0]
	}
	if p.every && earliest >= low && latest <= high && c.Plain() {
		return list[:copy(list, everyRow[from:until])]
	}
	rows := (*[cases.Rows]uint16)(list[:cases.Rows])
	width, journeys, n := uint64(high)-uint64(low), p.journeys, 0 //nolint:gosec // a difference of 64 bits
	for row := max(from, 0); row < min(until, cases.Rows); row++ {
		rows[n&(cases.Rows-1)] = uint16(row) //nolint:gosec // below Rows
		n += bit(c.Flags[row]&(cases.Folded|cases.Synthetic) == cases.Folded) & bit(journeys[c.Journey[row]]) &
			bit(uint64(c.Base[row])-uint64(low) <= width) //nolint:gosec // a difference of 64 bits
	}
	return list[:n]
}

// everyRow has the numbers of all rows of a chunk.
var everyRow = func() (rows [cases.Rows]uint16) {
	for row := range rows {
		rows[row] = uint16(row)
	}
	return rows
}()

// bit is 1 for true.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// each calls f with the selected rows of every chunk, until the context ends.
func (p *pick) each(chunks []*cases.Chunk, f func(c *cases.Chunk, rows []uint16)) {
	var list [cases.Rows]uint16
	for _, c := range chunks {
		if c != nil && p.ctx.Err() == nil {
			f(c, p.rows(c, list[:]))
		}
	}
}

// untold is the state of a run of which no event says that it had ended by the moment.
const untold = numStates

// tell splits the rows into those of which an event tells how they had ended by the moment, and the others. It changes the order of neither. Both
// lists have room for a chunk.
func (p *pick) tell(c *cases.Chunk, rows, told, left []uint16) (_, _ []uint16) {
	told, left = told[:cases.Rows], left[:cases.Rows]
	at, n, m := uint64(max(p.at, 0)), 0, 0
	for _, row := range rows {
		row &= cases.Rows - 1
		told[n&(cases.Rows-1)], left[m&(cases.Rows-1)] = row, row
		ended := endedBy(at, c.Ended[row], c.Outcome[row])
		n += ended
		m += 1 - ended
	}
	return told[:n], left[:m]
}

// knownEnds has a bit for each outcome with which a run can end.
const knownEnds = 1<<event.Failed | 1<<event.Cancelled | 1<<event.Abandoned | 1<<event.Completed

// told returns how the run ended, by its end.
func (p *pick) told(c *cases.Chunk, row int) state {
	if ended := c.Ended[row]; ended == 0 || ended > p.at {
		return untold
	}
	return ends[c.Outcome[row]&7]
}

// ends are the states by outcome. A run ends with one of four.
var ends = [8]state{
	unknown, unknown, unknown, event.Failed: failed, event.Cancelled: cancelled, event.Abandoned: silent, event.Completed: completed, 7: unknown,
}

// stands returns how the run stands, and when it ended, in microseconds since 1970: 0 if it did not, or if that is not known. A run that was not heard
// of for the time of its journey ended then.
func (p *pick) stands(c *cases.Chunk, row int) (s state, ended int64) {
	if s := p.told(c, row); s != untold {
		return s, c.Ended[row]
	}
	after := p.abandon[c.Journey[row]]
	switch {
	case c.Ended[row] == 0 && c.Flags[row]&cases.After != 0:
		return unknown, 0
	case after > 0:
		if ended = p.last(c, row) + after; ended <= p.at {
			return silent, ended
		}
	}
	return open, 0
}

// state returns how the run stands.
func (p *pick) state(c *cases.Chunk, row int) state {
	s, _ := p.stands(c, row)
	return s
}

// ended returns when the run ended: see stands.
func (p *pick) ended(c *cases.Chunk, row int) int64 {
	_, ended := p.stands(c, row)
	return ended
}

// last returns the latest sign of life up to the moment of the view.
func (p *pick) last(c *cases.Chunk, row int) int64 {
	at := c.Base[row]
	if c.Last[row] <= p.at {
		return max(at, c.Last[row])
	}
	codes := p.t.Codes()
	for _, w := range c.Words(row) {
		if t := c.At(row, w); t <= p.at && codes[cases.CodeOf(w)].IsSign() {
			at = max(at, t)
		}
	}
	return at
}

// customer returns the digest of the row's customer, 0 if it is not known.
func customer(c *cases.Chunk, row int) uint64 {
	if c.Customer == nil {
		return 0
	}
	return c.Customer[row]
}

// crowd adds the customers of the rows until there are many.
func crowd(p *smallgroup.People, c *cases.Chunk, rows []uint16) {
	for _, row := range rows {
		if p.Size() >= smallgroup.Enough {
			return
		}
		p.Add(customer(c, int(row)))
	}
}

// access reads a column.
type access struct {
	code func(c *cases.Chunk, row int) uint32
	text func(code uint32) string
	find func(text string) []uint32
	size func() int
	// narrow returns the column of a chunk, for a column of 16 bits; nil where the chunk has none. It may be nil.
	narrow func(c *cases.Chunk) *[cases.Rows]uint16
}

// column returns how a column is read.
func (p *pick) column(column Column) access {
	t := p.t
	switch column {
	case Journey:
		return p.listed(func(c *cases.Chunk, row int) uint32 { return uint32(c.Journey[row]) }, len(t.Journeys), func(code uint32) string { return t.Journeys[code].Name })
	case Outcome:
		return p.listed(func(c *cases.Chunk, row int) uint32 { return uint32(p.state(c, row)) }, int(numStates), func(code uint32) string { return stateNames[code] })
	case Channel:
		return p.listed(func(c *cases.Chunk, row int) uint32 { return uint32(c.Channels[row]) }, 1<<(event.OtherChannel+1), func(code uint32) string { return setOf[event.Channel](code) })
	case Actor:
		return p.listed(func(c *cases.Chunk, row int) uint32 { return uint32(c.Actors[row]) }, 1<<(event.ActorSynthetic+1), func(code uint32) string { return setOf[event.Actor](code) })
	case Verdict:
		return p.listed(func(c *cases.Chunk, row int) uint32 { return at(c.Verdict, row) }, int(event.Negative)+1, func(code uint32) string { return event.Verdict(code).String() }) //nolint:gosec // one of four
	case Failures:
		return p.listed(func(c *cases.Chunk, row int) uint32 { return uint32(min(c.Failures[row], 3)) }, 4, failures)
	case Stage:
		return narrow(t.Stages, func(c *cases.Chunk) *[cases.Rows]uint16 { return c.Stage })
	case Cause:
		return narrow(t.Causes, func(c *cases.Chunk) *[cases.Rows]uint16 { return c.Cause })
	case Queue:
		return narrow(t.Queues, func(c *cases.Chunk) *[cases.Rows]uint16 { return c.Queue })
	case Team:
		return narrow(t.Teams, func(c *cases.Chunk) *[cases.Rows]uint16 { return c.Team })
	default:
		return p.first(column)
	}
}

// first returns how a column of first values is read.
func (p *pick) first(column Column) access {
	n := cases.Column(0)
	switch column {
	case Version:
		n = cases.Version
	case Segment:
		n = cases.Segment
	case Release:
		n = cases.Release
	case Arm:
		n = cases.Arm
	case Intent:
		n = cases.Intent
	case Account:
		n = cases.Account
	default:
		n = cases.Attribute + cases.Column(slices.Index(p.v.table.attributes, string(column)))
	}
	if n != cases.Account {
		return narrow(p.t.Dict(n), func(c *cases.Chunk) *[cases.Rows]uint16 {
			codes, _ := c.First(n)
			return codes
		})
	}
	return dictionary(p.t.Dict(n), func(c *cases.Chunk, row int) uint32 {
		if _, wide := c.First(n); wide != nil {
			return wide[row]
		}
		return 0
	})
}

// narrow returns how a column of 16 bits is read.
func narrow(d *cases.Dict, column func(c *cases.Chunk) *[cases.Rows]uint16) access {
	a := dictionary(d, func(c *cases.Chunk, row int) uint32 { return at(column(c), row) })
	a.narrow = column
	return a
}

// at returns the value of a column that the chunk may not have.
func at[T ~uint8 | ~uint16](column *[cases.Rows]T, row int) uint32 {
	if column == nil {
		return 0
	}
	return uint32(column[row])
}

func dictionary(d *cases.Dict, code func(*cases.Chunk, int) uint32) access {
	return access{code: code, text: d.Text, size: d.Len, find: func(text string) []uint32 {
		if n, ok := d.Code(text); ok {
			return []uint32{n}
		}
		return nil
	}}
}

// listed returns how a column with so many codes is read. Several codes may have one text.
func (p *pick) listed(code func(*cases.Chunk, int) uint32, n int, text func(uint32) string) access {
	return access{code: code, text: text, size: func() int { return n }, find: func(wanted string) (codes []uint32) {
		for c := range uint32(n) { //nolint:gosec // a few thousand at most
			if text(c) == wanted {
				codes = append(codes, c)
			}
		}
		return codes
	}}
}

// setOf names the values of a set.
func setOf[T interface {
	~uint8
	String() string
}](set uint32,
) string {
	var names []string
	for i := range T(16) {
		if set&(1<<i) != 0 && i.String() != "" {
			names = append(names, i.String())
		}
	}
	return strings.Join(names, ", ")
}

func failures(n uint32) string {
	if n == 3 {
		return "3 or more"
	}
	return strconv.Itoa(int(n))
}
