package insight

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
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
