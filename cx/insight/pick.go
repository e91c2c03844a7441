package insight

import (
	"context"
	"math"
	"slices"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/internal/smallgroup"
)

// pick is a question's selection of rows.
type pick struct {
	ctx         context.Context //nolint:containedctx // it lives as long as the question
	v           *View
	t           *cases.Snapshot
	at          int64
	from, until int64
	by          By
	earliest    int64    // of the table's period
	journeys    []bool   // by code
	every       bool     // all journeys are selected
	named       []uint16 // by code: the first code of that name, because journeys of several namespaces are one in answers
	abandon     []int64  // by code of the journey, in microseconds; 0 is never
	silence     int64    // the longest time of abandon
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

// pick compiles the question for the rows of the view.
func (v *View) pick(ctx context.Context, w *Which) (*pick, error) {
	t := v.snapshot
	p := &pick{ctx: ctx, v: v, t: t, at: v.moment(), from: micros(w.From), until: micros(w.Until), by: w.By, earliest: t.From()}
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
		p.silence = max(p.silence, p.abandon[code])
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
	if low > high || p.by == Ended && !p.mayEnd(c) {
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

// mayEnd reports whether a run of the chunk may have ended in the period: none ends before it begins, nor later than it is silent for too long.
func (p *pick) mayEnd(c *cases.Chunk) bool {
	earliest, _ := c.Bounds()
	latest := c.Newest() + p.silence
	return earliest < p.until && (latest >= p.from || latest < c.Newest())
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
		if p.ctx.Err() != nil {
			return
		}
		if c != nil {
			f(c, p.rows(c, list[:]))
		}
	}
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
