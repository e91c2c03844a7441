package insight

import (
	"context"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// TimesOf returns the times of microseconds.
func TimesOf(micros []int64) Times {
	var s spans
	for _, v := range micros {
		s.add(v)
	}
	return s.times()
}

// Cases returns the table of cases.
func (t *Table) Cases() *cases.Table { return t.cases }

// SetWorkers sets the number of goroutines of a question.
func (v *View) SetWorkers(n int) { v.workers = n }

// WholeEvents lets tests read whole events as a question does.
func (v *View) WholeEvents(ctx context.Context, q event.Query, each func(*event.Event) error) error {
	return v.events(ctx, q, each)
}
