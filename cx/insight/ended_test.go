package insight_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"cairncx.dev/cairn/cx/insight"
)

// counting is a context that ends, with a cause, when it is asked for the n-th time whether it has ended; 0 is never. It counts how often it is asked before and after.
type counting struct {
	context.Context
	end           context.CancelCauseFunc
	n             int64
	before, after atomic.Int64
}

var errGone = errors.New("the reader has gone")

func countingTo(ctx context.Context, n int64) *counting {
	c := &counting{n: n}
	c.Context, c.end = context.WithCancelCause(ctx)
	return c
}

func (c *counting) Err() error {
	if c.Context.Err() != nil {
		c.after.Add(1)
	} else if c.before.Add(1) == c.n {
		c.end(errGone)
	}
	return c.Context.Err()
}

// TestEndedContext: each question returns the cause when its context ends, wherever that is. A pass over the rows stops at the next chunk: after the end, each
// pass that is left asks once more, and no question has as many passes as the table has chunks.
func TestEndedContext(t *testing.T) {
	t.Parallel()
	const chunks = 6
	m := &memory{}
	for n := range chunks * 4096 {
		l := ticket(n, float64(n)/100)
		if n%3 == 0 {
			l.journey, l.entered = "order", []entered{{0, "cart"}}
		}
		l.segment = []string{"gold", "iron"}[n%2]
		m.events = append(m.events, l.events()...)
	}
	table := tableOf(t, m)
	passes := map[string]int64{"Funnel": 5, "GotWorse": 2} // at least; the others have one
	for name, ask := range everyMethod() {
		switch name {
		case "State", "Moment", "Find", "Run", "Matters", "Customer", "WholeEvents":
			continue // they pass over no rows
		}
		view := table.View(insight.Everything(), at(200))
		view.SetWorkers(1)
		whole := countingTo(t.Context(), 0)
		if err := ask(whole, view); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		total := whole.before.Load()
		if least := max(1, passes[name]) * chunks; total <= least {
			t.Errorf("%s asks %d times whether its context has ended, want once for each chunk of each pass, which are %d, and at its end", name, total, least)
		}
		for _, n := range []int64{1, 2, total / 2, total} {
			c := countingTo(t.Context(), n)
			if err := ask(c, view); !errors.Is(err, errGone) {
				t.Errorf("%s of a context that ends at %d of %d: %v", name, n, total, err)
			}
			if after := c.after.Load(); after >= chunks {
				t.Errorf("%s asks %d times more after its context has ended at %d of %d: a pass went on", name, after, n, total)
			}
		}
		if err := ask(countingTo(t.Context(), 0), view); err != nil {
			t.Errorf("%s: %v: a question that was left has changed the view", name, err)
		}
	}
}
