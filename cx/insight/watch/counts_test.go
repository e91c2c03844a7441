package watch_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
)

// meter observes when it is asked.
type meter struct {
	noop.MeterProvider

	call metric.Callback
	said []string
}

func (m *meter) Meter(string, ...metric.MeterOption) metric.Meter { return ofMeter{of: m} }

type ofMeter struct {
	noop.Meter

	of *meter
}

func (o ofMeter) RegisterCallback(f metric.Callback, _ ...metric.Observable) (metric.Registration, error) {
	o.of.call = f
	return noop.Registration{}, nil
}

type observer struct {
	noop.Observer

	of *meter
}

func (o observer) ObserveInt64(_ metric.Int64Observable, n int64, opts ...metric.ObserveOption) {
	state, journey := attributesOf(opts)
	o.of.said = append(o.of.said, strings.TrimSpace(fmt.Sprint(journey, " ", state, " ", n)))
}

func (o observer) ObserveFloat64(_ metric.Float64Observable, f float64, opts ...metric.ObserveOption) {
	state, _ := attributesOf(opts)
	o.of.said = append(o.of.said, fmt.Sprintf("%s %.1f days", state, f))
}

func attributesOf(opts []metric.ObserveOption) (state, journey string) {
	set := metric.NewObserveConfig(opts).Attributes()
	j, _ := set.Value("cx.breakdown.journey")
	if s, ok := set.Value("cx.breakdown.state"); ok {
		return s.AsString(), j.AsString()
	}
	p, promised := set.Value("cx.promise.name")
	if !promised {
		return "customers", j.AsString()
	}
	return "overdue " + p.AsString(), j.AsString()
}

func (m *meter) observe(t *testing.T) []string {
	t.Helper()
	m.said = nil
	if err := m.call(context.Background(), observer{of: m}); err != nil {
		t.Error(err)
	}
	slices.Sort(m.said)
	return slices.Clone(m.said)
}

// TestShown: the instance with the lease shows the breakdowns, and another one nothing.
func TestShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.pass(100 * day)
		better := found(checkout, -5)
		better.Better = true
		o.show(found(payment, 10), found(card, 10), better)
		first, second := &meter{}, &meter{}
		start := func(m *meter) *watch.Watch {
			p := o.plan(o.client(o.store))
			p.Place = func(_ context.Context, f breakdown.Found) (watch.Placement, error) {
				return watch.Placement{Customers: map[breakdown.Subject]int{payment: 15, checkout: -4}[f.Subject]}, nil // those of card are not known
			}
			return o.startPlan(o.store, p, watch.WithMeterProvider(m))
		}
		w := start(first)
		o.pass(time.Minute)
		start(second)
		o.pass(time.Minute)
		want := []string{
			"checkout confirmed 0", "checkout customers 15", "checkout found 1", "checkout mended 0", "checkout overdue confirmed 0", "checkout overdue mended 0",
			"checkout overdue planned 0", "checkout planned 0", "checkout verified 0", "confirmed 0", "customers 0", "found 1", "found 2.0 days", "found 2.0 days",
			"mended 0", "overdue confirmed 0", "overdue mended 0", "overdue planned 0", "planned 0", "verified 0",
		}
		if got := first.observe(t); !slices.Equal(got, want) {
			t.Errorf("%q\nwant %q", got, want)
		}
		if got := second.observe(t); len(got) > 0 {
			t.Errorf("the other instance shows %q", got)
		}
		if err := w.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		o.pass(2 * time.Hour)
		if a, b := first.observe(t), second.observe(t); len(a) > 0 || len(b) != len(want) {
			t.Errorf("then they show %q and %q", a, b)
		}
		o.pass(3 * day) // they were to be confirmed in two
		in := cx.NewContext(t.Context(), o.clients[1])
		for _, s := range o.list() {
			if s.Journey == "checkout" {
				breakdowns.Plan(breakdowns.Resume(in, s.ID), event.RunRef{Name: "improvement", ID: "1"}, "shop")
			}
		}
		o.pass(time.Hour)
		for _, want := range []string{"checkout overdue confirmed 0", "overdue confirmed 1", "overdue planned 0", "checkout planned 1", "checkout customers 15", "customers 0"} {
			if got := second.observe(t); !slices.Contains(got, want) {
				t.Errorf("three days later there is no %q in %q", want, got)
			}
		}
		o.show()
		for _, s := range o.list() {
			breakdowns.Dismiss(breakdowns.Resume(in, s.ID), "intended")
		}
		o.pass(time.Hour)
		for _, want := range []string{"overdue confirmed 0", "customers 0", "checkout customers 0", "found 0"} {
			if got := second.observe(t); !slices.Contains(got, want) {
				t.Errorf("when they have ended there is no %q in %q", want, got)
			}
		}
	})
}

// TestTenThousand: 10,000 breakdowns stay 10,000 over refreshes and instances. Without CAIRN_WHOLE=1 there are 500, and with -short 50.
func TestTenThousand(t *testing.T) {
	many := 500
	switch {
	case testing.Short():
		many = 50
	case os.Getenv("CAIRN_WHOLE") != "":
		many = 10_000
	}
	synctest.Test(t, func(t *testing.T) {
		o := newTown(t)
		o.many = true
		o.pass(100 * day)
		for i := range many {
			f := found(payment, 10)
			f.Name = fmt.Sprint("stage", i)
			o.set(func() { o.shows = append(o.shows, f) })
		}
		w := o.start(o.store)
		o.pass(3 * time.Hour)
		if err := w.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		o.start(o.store)
		o.pass(3 * time.Hour)
		if n := len(o.list()); n != many || len(o.seen().news) != many {
			t.Errorf("%d breakdowns and %d news", n, len(o.seen().news))
		}
		for _, err := range o.seen().errors {
			t.Error(err)
		}
	})
}
