package schedule_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// page is a report.
type page string

func (p page) Subject() string { return string(p) }
func (p page) MailHTML(w io.Writer) error {
	_, err := io.WriteString(w, "<p>"+string(p)+"</p>")
	return err
}
func (p page) Text(w io.Writer, _ int) error { _, err := io.WriteString(w, string(p)); return err }

// deliver is a function that delivers.
type deliver func(ctx context.Context, d *schedule.Delivery) error

func (f deliver) Deliver(ctx context.Context, d *schedule.Delivery) error { return f(ctx, d) }

// office is instances on one store, and what they have delivered and reported. It lives in a bubble of synctest, whose time begins on Saturday, 1
// January 2000.
type office struct {
	*testing.T

	store *memory.Store
	every report.Kind

	mu     sync.Mutex
	sent   []sent
	errors []error
}

type sent struct {
	schedule.Delivery

	by string
	at time.Time
}

func newOffice(t *testing.T, every report.Kind) *office {
	return &office{T: t, store: new(memory.Store), every: every}
}

// plan returns a plan whose deliveries go to the office, after f, if that is not nil, has succeeded.
func (o *office) plan(by string, f deliver) schedule.Plan {
	return schedule.Plan{
		Name: "week", Every: o.every,
		Make: func(_ context.Context, p report.Period) (schedule.Report, error) {
			return page(p.From.Format(time.DateOnly)), nil
		},
		Deliver: deliver(func(ctx context.Context, d *schedule.Delivery) error {
			if f != nil {
				if err := f(ctx, d); err != nil {
					return err
				}
			}
			o.mu.Lock()
			defer o.mu.Unlock()
			o.sent = append(o.sent, sent{*d, by, time.Now()})
			return nil
		}),
	}
}

// start starts an instance. The test shuts it down.
func (o *office) start(store ledger.Store, p schedule.Plan, opts ...schedule.Option) *schedule.Schedule {
	o.Helper()
	s, err := schedule.New(store, p, append([]schedule.Option{schedule.WithErrorHandler(func(err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.errors = append(o.errors, err)
	})}, opts...)...)
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() { _ = s.Shutdown(context.Background()) })
	return s
}

func (o *office) stop(all ...*schedule.Schedule) {
	o.Helper()
	for _, s := range all {
		if err := s.Shutdown(o.Context()); err != nil {
			o.Error(err)
		}
	}
}

// all returns what was delivered until now, and the errors.
func (o *office) all() ([]sent, []error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]sent(nil), o.sent...), append([]error(nil), o.errors...)
}

// until sleeps until so long after the beginning of the bubble.
func (o *office) until(d time.Duration) {
	time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d)))
	synctest.Wait()
}

// want compares the subjects of what was delivered.
func (o *office) want(subjects ...string) []sent {
	o.Helper()
	list, errs := o.all()
	errs = errs[:min(len(errs), 3)]
	var have []string
	for _, s := range list {
		have = append(have, s.Report.Subject())
	}
	if len(have) != len(subjects) {
		o.Fatalf("delivered %q, want %q; errors %v", have, subjects, errs)
	}
	for i := range have {
		if have[i] != subjects[i] {
			o.Fatalf("delivered %q, want %q; errors %v", have, subjects, errs)
		}
	}
	return list
}

// cut is a store that an instance can lose.
type cut struct {
	*memory.Store

	gone   atomic.Bool
	losing atomic.Bool // three of five writes are made, and their answers lost
	writes atomic.Int64
	ahead  atomic.Int64 // of this machine's clock, in nanoseconds
}

var errCut = errors.New("the store does not answer")

func (c *cut) Shelf(name string) ledger.Store { return &cutShelf{c.Store.Shelf(name), c} }

type cutShelf struct {
	ledger.Store

	of *cut
}

func (c *cutShelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if c.of.gone.Load() {
		return nil, errCut
	}
	r, err := c.Store.Write(ctx, changes)
	if c.of.losing.Load() && c.of.writes.Add(1)%5 > 1 {
		return nil, errCut
	}
	return r, err //nolint:wrapcheck // a store
}

func (c *cutShelf) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if c.of.gone.Load() {
		return time.Time{}, nil, errCut
	}
	now, due, err := c.Store.Claim(ctx, limit, lease)
	return now.Add(time.Duration(c.of.ahead.Load())), due, err //nolint:wrapcheck // a store
}
