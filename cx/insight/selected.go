package insight

import (
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/internal/smallgroup"
)

// selected are the runs that a question is about, numbered from 0 in no order that an answer depends on.
type selected struct {
	*pick

	chunks []*cases.Chunk
	// rows has the number of the chunk times [cases.Rows], and the row in it.
	rows   []uint32
	people smallgroup.People
}

// selected returns the runs that a question is about.
func (p *pick) selected(chunks []*cases.Chunk) *selected {
	s := &selected{pick: p, chunks: chunks}
	var list [cases.Rows]uint16
	for n, c := range chunks {
		if p.ctx.Err() != nil {
			break
		}
		if c == nil {
			continue
		}
		rows := p.rows(c, list[:])
		crowd(&s.people, c, rows)
		for _, row := range rows {
			s.rows = append(s.rows, uint32(n*cases.Rows+int(row))) //nolint:gosec // the number of rows is far below 2^32
		}
	}
	return s
}

// few reports whether the runs are of too few customers to be shown.
func (s *selected) few() bool { return smallgroup.Small(s.people.Size()) }

// place returns where the run of a number is.
func (s *selected) place(n int) (c *cases.Chunk, row int) {
	at := s.rows[n]
	return s.chunks[at/cases.Rows], int(at % cases.Rows)
}

// keep returns those runs of which keep returns true. It is called once for each, in their order.
func (s *selected) keep(keep func(c *cases.Chunk, row int) bool) *selected {
	kept := &selected{pick: s.pick, chunks: s.chunks}
	for n, at := range s.rows {
		if n%cases.Rows == 0 && s.ctx.Err() != nil {
			break
		}
		c, row := s.place(n)
		if keep(c, row) {
			kept.rows = append(kept.rows, at)
			kept.people.AddSome(customer(c, row))
		}
	}
	return kept
}

// known returns the runs without those that have ended of which the table does not know when, and the number of those.
func (s *selected) known() (known *selected, without int64) {
	known = s.keep(func(c *cases.Chunk, row int) bool {
		sure := c.Flags[row]&cases.After == 0 && (c.Ended[row] == 0 || knownEnds>>(c.Outcome[row]&7)&1 == 1)
		return sure || s.state(c, row) != unknown
	})
	return known, int64(len(s.rows) - len(known.rows))
}
