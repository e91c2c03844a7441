package sdktest_test

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// begun is a store that says when a plan has begun.
type begun struct {
	*memory.Store

	once sync.Once
	ch   chan struct{}
}

func (b *begun) Shelf(name string) ledger.Store { return &begunShelf{b.Store.Shelf(name), b} }

type begunShelf struct {
	ledger.Store

	of *begun
}

func (s *begunShelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	records, err := s.Store.Write(ctx, changes)
	if changes[0].Replace != nil {
		s.of.once.Do(func() { close(s.of.ch) })
	}
	return records, err
}

type sheet struct{}

func (sheet) Subject() string           { return "" }
func (sheet) MailHTML(io.Writer) error  { return nil }
func (sheet) Text(io.Writer, int) error { return nil }

// arrived is closed when a report arrives.
type arrived chan struct{}

func (a arrived) Deliver(context.Context, *schedule.Delivery) error {
	close(a)
	return nil
}

// schedules makes a schedule deliver a report: the plan begins with a day that has not settled, and then that day has.
func schedules(t *testing.T, meters metric.MeterProvider) {
	t.Helper()
	now := time.Now().UTC()
	sinceMidnight := now.Sub(now.Truncate(24 * time.Hour))
	store, done := &begun{Store: new(memory.Store), ch: make(chan struct{})}, make(arrived)
	plan := schedule.Plan{
		Name: "day", Zone: time.FixedZone("an hour past midnight", int((time.Hour-sinceMidnight)/time.Second)), Every: report.Day, Deliver: done,
		Make: func(context.Context, report.Period) (schedule.Report, error) { return sheet{}, nil },
	}
	for _, step := range []struct {
		settle time.Duration
		until  <-chan struct{}
	}{{2 * time.Hour, store.ch}, {1, done}} {
		plan.Settle = step.settle
		s, err := schedule.New(store, plan, schedule.WithMeterProvider(meters))
		must(t, err)
		<-step.until
		must(t, s.Shutdown(t.Context()))
	}
}
