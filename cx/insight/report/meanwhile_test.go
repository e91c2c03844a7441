package report_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
)

// interrupted is a context that calls a function once, when it is asked for the n-th time whether it has ended.
type interrupted struct {
	context.Context
	left  atomic.Int64
	asked atomic.Int64
	do    func()
}

func (i *interrupted) Err() error {
	i.asked.Add(1)
	if i.left.Add(-1) == 0 {
		i.do()
	}
	return i.Context.Err()
}

// forgot is a source that has erased events since.
type forgot struct{ *memory }

func (f forgot) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	if s.Since.Epoch != "2" {
		s.Since = event.Cursor{}
	}
	cursor, err := f.memory.Scan(ctx, s, each)
	cursor.Epoch = "2"
	return cursor, err
}

// TestMadeMeanwhile: a report is of the rows of one moment, whatever is loaded while it is made. It ends with an error that says what to do if a customer is
// forgotten meanwhile, whichever of its questions is being answered, and the next report does not have the customer.
func TestMadeMeanwhile(t *testing.T) {
	t.Parallel()
	all := newCrowd().memory.events
	begun := len(all) * 3 / 4
	ask := &interrupted{Context: t.Context()}
	asJSON := func(r *report.Report, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	want := asJSON(report.Make(ask, tableOf(t, desk(), &memory{events: all[:begun]}), insight.Everything(), week()))
	total := ask.asked.Load()
	if total < 100 {
		t.Fatalf("a report asks %d times whether its context has ended: this test wants to interrupt it in many places", total)
	}
	someone := all[0].Customer.Hash
	without := slices.DeleteFunc(slices.Clone(all[:begun]), func(e event.Event) bool { return e.Customer.Hash == someone })
	wantWithout := asJSON(report.Make(t.Context(), tableOf(t, desk(), &memory{events: without}), insight.Everything(), week()))
	for _, n := range []int64{1, 2, total / 4, total / 2, total - 40, total - 1, total} {
		m := &memory{events: slices.Clone(all[:begun])}
		table := tableOf(t, desk(), m)
		load := func(s insight.Source) func() {
			return func() {
				if err := table.Load(t.Context(), s); err != nil {
					t.Error(err)
				}
			}
		}
		more := &interrupted{Context: t.Context(), do: load(&memory{events: all})}
		more.left.Store(n)
		if got := asJSON(report.Make(more, table, insight.Everything(), week())); got != want {
			t.Errorf("a load at %d of %d changes the report", n, total)
		}
		erased := &interrupted{Context: t.Context(), do: load(forgot{&memory{events: without}})}
		erased.left.Store(n)
		if r, err := report.Make(erased, table, insight.Everything(), week()); !errors.Is(err, insight.ErrLoading) || !strings.Contains(err.Error(), "make the report again") || r != nil {
			t.Errorf("a customer is forgotten at %d of %d: %v", n, total, err)
		}
		if got := asJSON(report.Make(t.Context(), table, insight.Everything(), week())); got != wantWithout {
			t.Errorf("the report after that is not that of a table without the customer")
		}
	}
}
