package insight

import (
	"slices"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

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
func narrow(d *cases.Texts, column func(c *cases.Chunk) *[cases.Rows]uint16) access {
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

func dictionary(d *cases.Texts, code func(*cases.Chunk, int) uint32) access {
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
