package insight

import (
	"context"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Outcomes says how many runs there were, how they ended and how fast.
type Outcomes struct {
	Basis

	// Completed, Failed, Cancelled, Silent and Open are shares of all runs whose state is known. A silent run is one in which nothing happened for the
	// time after which its journey is abandoned, whether or not that was told.
	Completed score.Share `json:"completed"`
	Failed    score.Share `json:"failed"`
	Cancelled score.Share `json:"cancelled"`
	Silent    score.Share `json:"silent"`
	Open      score.Share `json:"open"`
	// Unknown is the number of runs that have ended, of which the table does not know when or how.
	Unknown int64 `json:"unknown"`
	// CameBack is the share of the silent runs in which something happened after their end.
	CameBack score.Share `json:"came_back"`
	// Took is how long the completed runs took whose beginning is known.
	Took Times `json:"took"`
	// Ages are the open runs by their age; empty if the open runs are of fewer than five customers. Oldest is the age of the oldest one, however many there are.
	Ages   []Age         `json:"ages"`
	Oldest time.Duration `json:"oldest_ns"`
}

// Age is how many of the open runs are at least From old, and younger than Until; 0 is no bound.
type Age struct {
	From  time.Duration `json:"from_ns"`
	Until time.Duration `json:"until_ns,omitempty"`
	score.Share
}

// ages are the bounds of [Outcomes.Ages], in days.
var ages = [...]int{0, 1, 7, 30, 90}

const day = 24 * time.Hour

// counted collects outcomes.
type counted struct {
	runs   int64
	states [numStates]int64
	back   int64
	took   *sought
	scratch
	some   [cases.Rows]uint16
	ages   [len(ages)]int64
	oldest int64
	people smallgroup.People
	// The customers of the runs whose state is known, and of those that are silent, open, or completed with a known beginning.
	known, gone, still, quick smallgroup.Crowd
}

// Outcomes answers how many runs there were, how they ended and how fast, which are silent and which are open. It needs the right [Numbers].
func (v *View) Outcomes(ctx context.Context, w Which) (Outcomes, error) {
	var o Outcomes
	err := v.ask(ctx, "Outcomes", &w, func(p *pick, chunks []*cases.Chunk) {
		took := seek(chunks, anyCompletions, []*pick{p}, median, ninetieth)
		n := fan(p, chunks, func() *counted { return &counted{took: took.part()} })
		o = n.outcomes(chunks, v.table.confidence)
		runs, hidden := o.Runs, o.Hidden
		o.Basis = p.basis(&w, chunks)
		o.Runs, o.Hidden = runs, hidden
	})
	return o, err
}

func (n *counted) add(p *pick, c *cases.Chunk, rows []uint16) {
	crowd(&n.people, c, rows)
	n.runs += int64(len(rows))
	before := n.states
	left, silent := n.addEnded(p, c, rows)
	n.meet(p, c, rows, &before)
	for _, row := range silent {
		if c.Last[row&(cases.Rows-1)] <= c.Ended[row&(cases.Rows-1)] {
			continue
		}
		if _, ok := p.after(c, int(row), c.Ended[row]); ok {
			n.back++
		}
	}
	for _, row := range left {
		n.addLeft(p, c, int(row))
	}
}

// meet adds the customers of rows that are told to the crowds that are not enough yet. Before are the counts before the rows were counted.
func (n *counted) meet(p *pick, c *cases.Chunk, rows []uint16, before *[numStates]int64) {
	for _, row := range rows {
		if n.known.Enough() && (n.states[completed] == before[completed] || n.quick.Enough()) && (n.states[silent] == before[silent] || n.gone.Enough()) {
			return
		}
		how := p.told(c, int(row))
		if how >= open {
			continue // it is not told, or not known
		}
		who := customer(c, int(row))
		n.known.Add(who)
		switch {
		case how == silent:
			n.gone.Add(who)
		case how == completed && c.Flags[row]&cases.Begun != 0:
			n.quick.Add(who)
		}
	}
}

// What a pass needs to know of a run that has ended.
const (
	isTold      = 1 << iota // its outcome is an end
	isCompleted             // and its beginning is known
	isSilent
)

// facts has these bits by the outcome, with 8 more if the beginning is known.
var facts = [16]uint8{
	event.Failed: isTold, event.Cancelled: isTold, event.Abandoned: isTold | isSilent, event.Completed: isTold,
	8 + event.Failed: isTold, 8 + event.Cancelled: isTold, 8 + event.Abandoned: isTold | isSilent, 8 + event.Completed: isTold | isCompleted,
}

// addEnded adds the runs of which an event tells how they had ended. It returns the rows of the others, and those of the silent ones. See endings.
func (n *counted) addEnded(p *pick, c *cases.Chunk, rows []uint16) (left, silent []uint16) {
	const mask, begun = cases.Rows - 1, 8 / uint8(cases.Begun)
	list, at := n.took.room(), uint64(max(p.at, 0))
	took, m, k := uint(0), uint(0), uint(0)
	for len(rows) > 0 {
		some := rows[:min(len(rows), math.MaxUint8)]
		rows = rows[len(some):]
		word := uint64(0)
		for _, row := range some {
			row &= mask
			ended, outcome := c.Ended[row], c.Outcome[row]&7
			is := uint(facts[outcome|uint8(c.Flags[row]&cases.Begun)*begun])
			if uint64(ended)-1 >= at { //nolint:gosec // an end at 0 is none: see endedBy
				is = 0
			}
			word += uint64(is&isTold) << (8 * outcome)
			n.left[m&mask] = row
			m += 1 - is&isTold
			list[took&mask] = ended - c.Base[row]
			took += is & isCompleted / isCompleted
			n.some[k&mask] = row
			k += is / isSilent
		}
		countEnds(word, &n.states)
	}
	n.took.take(list[:took])
	return n.left[:m], n.some[:k]
}

// addLeft adds a run of which no event tells how it ended.
func (n *counted) addLeft(p *pick, c *cases.Chunk, row int) {
	s, ended := p.stands(c, row)
	n.states[s]++
	if s == unknown {
		return
	}
	who := customer(c, row)
	n.known.Add(who)
	switch s { //nolint:exhaustive // the others have no more to say
	case silent:
		n.gone.Add(who)
		if _, ok := p.after(c, row, ended); ok {
			n.back++
		}
	case open:
		n.still.Add(who)
		n.addOpen(p.at - c.Base[row])
	}
}

// completions has how long the completed runs took whose beginning is known. All rows are told.
func completions(c *cases.Chunk, told []uint16, list []int64) []int64 {
	n := len(list)
	list = slices.Grow(list, len(told))[:n+len(told)]
	for _, row := range told {
		row &= cases.Rows - 1
		list[n] = c.Ended[row] - c.Base[row]
		n += bit(event.Outcome(c.Outcome[row]) == event.Completed) & bit(c.Flags[row]&cases.Begun != 0)
	}
	return list[:n]
}

// anyCompletions is completions of any rows.
func anyCompletions(p *pick, c *cases.Chunk, rows []uint16, list []int64, s *scratch) []int64 {
	rows, _ = p.tell(c, rows, s.told[:], s.left[:])
	return completions(c, rows, list)
}

func (n *counted) merge(o *counted) {
	n.runs, n.back, n.oldest = n.runs+o.runs, n.back+o.back, max(n.oldest, o.oldest)
	for s := range n.states {
		n.states[s] += o.states[s]
	}
	for i := range n.ages {
		n.ages[i] += o.ages[i]
	}
	n.took.merge(o.took)
	n.people.Merge(&o.people)
	n.known.Merge(&o.known)
	n.gone.Merge(&o.gone)
	n.still.Merge(&o.still)
	n.quick.Merge(&o.quick)
}

func (n *counted) addOpen(age int64) {
	n.oldest = max(n.oldest, age)
	in := 0
	for in+1 < len(ages) && age >= int64(ages[in+1])*day.Microseconds() {
		in++
	}
	n.ages[in]++
}

// after returns the first touchpoint of the run after a time, as an index of its words, and false if there is none.
func (p *pick) after(c *cases.Chunk, row int, at int64) (first int, ok bool) {
	if c.Last[row] <= at {
		return 0, false
	}
	codes := p.t.Codes()
	for i, w := range c.Words(row) {
		if when := c.At(row, w); when > at && when <= p.at && codes[cases.CodeOf(w)].Kind == cases.Touched {
			return i, true
		}
	}
	return 0, false
}

func (n *counted) outcomes(chunks []*cases.Chunk, confidence float64) Outcomes {
	o := Outcomes{Ages: []Age{}}
	if o.Hidden = smallgroup.Small(n.people.Size()); o.Hidden {
		return o
	}
	o.Runs, o.Unknown = n.runs, n.states[unknown]
	of := func(s state) score.Share { return shareOf(&n.known, n.states[s], n.runs-n.states[unknown], confidence) }
	o.Completed, o.Failed, o.Cancelled, o.Silent, o.Open = of(completed), of(failed), of(cancelled), of(silent), of(open)
	o.CameBack = shareOf(&n.gone, n.back, n.states[silent], confidence)
	if !n.quick.Few() {
		o.Took = n.took.times(chunks)
	}
	o.Oldest = time.Duration(n.oldest) * time.Microsecond
	if n.still.Few() {
		return o
	}
	for i, count := range n.ages {
		a := Age{From: time.Duration(ages[i]) * day, Share: score.ShareOf(count, n.states[open], confidence)}
		if i+1 < len(ages) {
			a.Until = time.Duration(ages[i+1]) * day
		}
		o.Ages = append(o.Ages, a)
	}
	return o
}
