package insight

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Basis says what an answer rests on.
type Basis struct {
	// Rows is the number of runs in the table that are in the viewer's scope. Runs is the number of those that the question is about, and 0 if they are of fewer than
	// five customers.
	Rows int64 `json:"rows"`
	Runs int64 `json:"runs"`
	// From and Until are the period of the question, and At is the moment of the view.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	At    time.Time `json:"at"`
	// Hidden means that the answer is about fewer than five customers. All its other numbers are then 0.
	Hidden bool `json:"hidden,omitempty"`
	// Held is since when a transaction in flight at the source holds later events back. The zero time means that none does.
	Held time.Time `json:"held,omitzero"`
}

// askPromises, askTrends and askRuns are the questions that may be about promises which fall due in the period.
const (
	askPromises = "Promises"
	askTrends   = "PromiseTrends"
	askRuns     = "Runs"
)

// basis returns the basis of an answer, without Runs and Hidden.
func (p *pick) basis(w *Which, chunks []*cases.Chunk) Basis {
	f := Basis{From: w.From, Until: w.Until, At: instant(p.at), Rows: p.v.rows(chunks)}
	_, cursor := p.t.State()
	f.Held = cursor.Held
	return f
}

// rows returns the number of runs in the table that are in the viewer's scope.
func (v *View) rows(chunks []*cases.Chunk) (n int64) {
	t, whole := v.snapshot, v.unbound() && len(v.viewer.Segments) == 0
	sees := make([]bool, len(t.Journeys))
	for code, run := range t.Journeys {
		sees[code] = v.sees(run.Name)
	}
	segments := make([]bool, t.Dict(cases.Segment).Len())
	for code := range segments {
		segments[code] = v.segment(t.Dict(cases.Segment).Text(uint32(code)))
	}
	for _, c := range chunks {
		switch {
		case c == nil:
		case whole:
			n += int64(c.N)
		default:
			column, _ := c.First(cases.Segment)
			for row := range c.N {
				n += int64(bit(sees[c.Journey[row]]) & bit(segments[at(column, row)]))
			}
		}
	}
	return n
}

// shareOf is [score.ShareOf] of n that are of these customers. It is the zero value if they are fewer than five.
func shareOf(of *smallgroup.Crowd, count, n int64, confidence float64) score.Share {
	if of.Few() {
		return score.Share{}
	}
	return score.ShareOf(count, n, confidence)
}

// ask checks the question, and calls f with its selection of the rows of the view. If the context ends meanwhile, what f has found is not whole, and ask
// returns the cause.
func (v *View) ask(ctx context.Context, question string, w *Which, f func(p *pick, chunks []*cases.Chunk)) error {
	if err := v.viewer.needs(question, Numbers); err != nil {
		return err
	}
	if err := v.check(w, question == askPromises || question == askTrends || question == askRuns); err != nil {
		return err
	}
	if err := v.current(); err != nil {
		return err
	}
	p, err := v.pick(ctx, w)
	if err != nil {
		return err
	}
	f(p, v.snapshot.Chunks())
	if ctx.Err() != nil {
		return fmt.Errorf("insight: %s: %w", question, context.Cause(ctx))
	}
	return v.current()
}
