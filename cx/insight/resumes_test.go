package insight_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// resuming is a source that says whether a scan goes on from a cursor. It fails with err.
type resuming struct {
	*watched

	err   error
	asked int
}

func (r *resuming) Resumes(_ context.Context, since event.Cursor) (bool, error) {
	r.asked++
	return since.Position != "" && since.Epoch == r.epoch, r.err
}

// TestAskedDuringALongLoad: a load of more than 32,768 events keeps no question waiting, as long as nothing was erased. Run it with -race.
func TestAskedDuringALongLoad(t *testing.T) {
	t.Parallel()
	const before, after = 60, 10_000
	for _, c := range []struct {
		name, reason string
		change       func(*resuming)
		serves       bool
		runs         int64
	}{
		{"more events", "nothing was erased: the old rows are served", func(*resuming) {}, true, after},
		{"an erasure", "no answer is about a customer who was forgotten", func(r *resuming) {
			r.epoch = "two"
			r.events = slices.DeleteFunc(r.events, func(e event.Event) bool { return e.Customer.Hash == "customer-3" })
		}, false, after - 1},
		{"the source does not know", "it may have erased something", func(r *resuming) { r.err = errors.New("the connection is gone") }, false, after},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			source := &resuming{watched: &watched{memory: &memory{events: promised(0, before), epoch: "one"}, each: func() {}}}
			table, err := insight.New(tickets(), insight.WithAttributes("impact"))
			if err != nil {
				t.Fatal(err)
			}
			if err := table.Load(t.Context(), source); err != nil {
				t.Fatal(err)
			}
			old := table.View(insight.Everything(), at(700))
			source.events = append(source.events, promised(before, after)...)
			c.change(source)
			given, shut := 0, false
			var readers sync.WaitGroup
			source.each = func() {
				if given++; given%6000 != 0 {
					return
				}
				n, views := given, []*insight.View{old, table.View(insight.Everything(), at(700))}
				readers.Go(func() { // beside the load, which goes on
					for _, view := range views {
						switch o, err := view.Outcomes(context.Background(), insight.Which{}); {
						case errors.Is(err, insight.ErrLoading) && !c.serves:
						case err != nil, o.Runs != before:
							t.Errorf("after %d events: %d runs, %v: %s", n, o.Runs, err, c.reason)
						}
					}
				})
				_, err := table.View(insight.Everything(), at(700)).Moment()
				if shut = shut || errors.Is(err, insight.ErrLoading); !c.serves && source.asked > 0 && err == nil {
					t.Errorf("after %d events questions are answered: %s", n, c.reason)
				}
			}
			if err := table.Load(t.Context(), source); err != nil {
				t.Fatal(err)
			}
			readers.Wait()
			if shut == c.serves || source.asked == 0 {
				t.Errorf("the table was shut: %t, and the source was asked %d times: %s", shut, source.asked, c.reason)
			}
			o, err := table.View(insight.Everything(), at(99_000)).Outcomes(t.Context(), insight.Which{})
			if err != nil || o.Basis.Rows != c.runs {
				t.Errorf("the table then has %d runs, want %d: %v", o.Basis.Rows, c.runs, err)
			}
			if _, err := old.Outcomes(t.Context(), insight.Which{}); errors.Is(err, insight.ErrLoading) == (source.epoch == "one") {
				t.Errorf("the view of before returns %v: %s", err, c.reason)
			}
		})
	}
}
