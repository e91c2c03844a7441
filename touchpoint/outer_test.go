package touchpoint_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	order   = journey.Define("order", journey.Stages("cart", "payment"))
	refund  = journey.Define("refund", journey.Stages("asked", "paid"))
	dispute = journey.Define("dispute")

	ofOrder  = touchpoint.Define("of-order", touchpoint.In(order, "payment"))
	ofRefund = touchpoint.Define("of-refund", touchpoint.In(refund, "paid"))
	ofNone   = touchpoint.Define("of-none")
)

// settled is what was exported when all is decided, in memory and with a store.
func (s *spy) settled(tb testing.TB) []event.Event {
	tb.Helper()
	must(tb, s.client.Flush(context.Background()))
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]event.Event(nil), s.events...)
}

// find returns the only event of the kind with the name of a touchpoint, or of any where that is "".
func find(tb testing.TB, all []event.Event, kind event.Kind, touchpoint string) event.Event {
	tb.Helper()
	var found []event.Event
	for _, e := range all {
		if e.Kind == kind && (touchpoint == "" || e.Touchpoint == touchpoint) {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		tb.Fatalf("%d events are a %s of %q, want one", len(found), kind, touchpoint)
	}
	return found[0]
}

// modes runs a test with the runs in memory and in a store.
func modes(t *testing.T, f func(t *testing.T, opts ...cx.Option)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { f(t) })
	})
	t.Run("store", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { f(t, cx.WithStore(&ledgertest.Memory{})) })
	})
}

// begin starts the runs within each other. The run's customer is called as its ID.
func begin(ctx context.Context, runs []started) context.Context {
	for _, r := range runs {
		ctx = r.j.Start(ctx, r.id, event.Customer{ID: "customer of " + r.id}, journey.Via(r.via))
	}
	return ctx
}

type started struct {
	j   *journey.Definition
	id  string
	via event.Channel
}

var nested = []struct {
	name, reason string
	runs         []started // each within the one before
	tp           *touchpoint.Definition
	want, stage  string
	channel      event.Channel
}{
	{
		"order within nothing", "there is but one", []started{{order, "o1", event.Web}}, ofOrder, "o1", "payment", event.Web,
	},
	{
		"refund within order: order's own", "it belongs to the journey that it declares",
		[]started{{order, "o1", event.Web}, {refund, "r1", event.Phone}},
		ofOrder, "o1", "payment", event.Web,
	},
	{
		"refund within order: refund's own", "the innermost one",
		[]started{{order, "o1", event.Web}, {refund, "r1", event.Phone}},
		ofRefund, "r1", "paid", event.Phone,
	},
	{
		"refund within order: of none", "it declares no journey",
		[]started{{order, "o1", event.Web}, {refund, "r1", event.Phone}},
		ofNone, "r1", "", event.Phone,
	},
	{
		"order within refund: order's own", "the innermost one",
		[]started{{refund, "r1", event.Phone}, {order, "o1", event.Web}},
		ofOrder, "o1", "payment", event.Web,
	},
	{
		"order within refund: refund's own", "it belongs to the journey that it declares",
		[]started{{refund, "r1", event.Phone}, {order, "o1", event.Web}},
		ofRefund, "r1", "paid", event.Phone,
	},
	{
		"three deep: the outermost", "however far out",
		[]started{{order, "o1", event.Web}, {refund, "r1", event.Phone}, {dispute, "d1", event.Email}},
		ofOrder, "o1", "payment", event.Web,
	},
	{
		"three deep: the one in the middle", "however far out",
		[]started{{order, "o1", event.Web}, {refund, "r1", event.Phone}, {dispute, "d1", event.Email}},
		ofRefund, "r1", "paid", event.Phone,
	},
	{
		"the same journey twice, apart", "the innermost run of its journey",
		[]started{{order, "o1", event.Web}, {refund, "r1", event.Phone}, {order, "o2", event.Mobile}, {dispute, "d1", event.Email}},
		ofOrder, "o2", "payment", event.Mobile,
	},
	{
		"the same journey twice, one in the other", "the innermost run of its journey",
		[]started{{order, "o1", event.Web}, {order, "o2", event.Mobile}, {refund, "r1", event.Phone}},
		ofOrder, "o2", "payment", event.Mobile,
	},
	{
		"another journey only", "it happens there",
		[]started{{refund, "r1", event.Phone}},
		ofOrder, "r1", "", event.Phone,
	},
}

// TestOuterJourney: a touchpoint that declares a journey belongs to the innermost run of it that the context is
// in, even where the context is in another journey within that run.
func TestOuterJourney(t *testing.T) {
	t.Parallel()
	ways := []struct {
		name string
		do   func(s *spy, ctx context.Context, d *touchpoint.Definition)
	}{
		{"Start", func(_ *spy, ctx context.Context, d *touchpoint.Definition) {
			_, tp := d.Start(ctx, 0)
			tp.End()
		}},
		{"Record", func(_ *spy, ctx context.Context, d *touchpoint.Definition) { d.Record(ctx, 0) }},
		{"Handler", func(_ *spy, ctx context.Context, d *touchpoint.Definition) {
			h := touchpoint.Handler(routes(status(200), "/x"), touchpoint.WithRoute("/x", d))
			h.ServeHTTP(httptest.NewRecorder(), get("/x").WithContext(ctx))
		}},
		{"in another touchpoint", func(_ *spy, ctx context.Context, d *touchpoint.Definition) {
			ctx, outer := touchpoint.Define("outer").Start(ctx, event.Kiosk)
			_, tp := d.Start(ctx, 0)
			tp.End()
			outer.Cancel()
		}},
	}
	for _, c := range nested {
		for _, way := range ways {
			t.Run(c.name+" by "+way.name, func(t *testing.T) {
				t.Parallel()
				modes(t, func(t *testing.T, opts ...cx.Option) {
					s := newSpy(t, append(opts, cx.WithCustomerKey([]byte("a key of at least 16 bytes")))...)
					ctx := begin(s.context(), c.runs)
					way.do(s, ctx, c.tp)
					all := s.settled(t)
					customers := map[string]string{}
					for _, e := range all {
						if e.Kind == event.JourneyStarted {
							customers[e.Journey.ID] = e.Customer.Hash
						}
					}
					e := find(t, all, event.TouchpointEnded, c.tp.Name())
					if e.Journey.ID != c.want || e.Stage != c.stage {
						t.Errorf("it is in the run %q, stage %q, want %q, %q: %s", e.Journey.ID, e.Stage, c.want, c.stage, c.reason)
					}
					if e.Customer.Hash == "" || e.Customer.Hash != customers[c.want] {
						t.Errorf("its customer is %q, want that of its run: %q", e.Customer.Hash, customers)
					}
					// A touchpoint around it says where the customer is now.
					if way.name != "in another touchpoint" && e.Channel != c.channel {
						t.Errorf("its channel is %v, want that of its run, %v", e.Channel, c.channel)
					}
					for _, e := range all {
						if e.Kind == event.JourneyStageEntered && (e.Journey.ID != c.want || e.Stage != c.stage) {
							t.Errorf("run %q has moved to %q", e.Journey.ID, e.Stage)
						}
					}
				})
			})
		}
	}
}

// TestInsideOuterJourney: within such a touchpoint the context is in its run first, and in the other one too.
func TestInsideOuterJourney(t *testing.T) {
	t.Parallel()
	ending := touchpoint.Define("of-order", touchpoint.In(order, "payment"), touchpoint.Ends(event.Completed))
	modes(t, func(t *testing.T, opts ...cx.Option) {
		s := newSpy(t, opts...)
		ctx := begin(s.context(), []started{{order, "o1", event.Web}, {refund, "r1", event.Phone}})
		inside, tp := ending.Start(ctx, 0)
		if j, _ := journey.FromContext(inside); j.ID() != "o1" || j.Name() != "order" || j.Stage() != "payment" {
			t.Errorf("the context is in %q %q, stage %q", j.Name(), j.ID(), j.Stage())
		}
		for name, id := range map[string]string{"order": "o1", "refund": "r1"} {
			if p := flight.PositionIn(inside, name); p == nil || p.Journey.ID != id {
				t.Errorf("in it the position in %s is %+v, want %s", name, p, id)
			}
			if p := flight.PositionIn(ctx, name); p == nil || p.Journey.ID != id {
				t.Errorf("outside of it the position in %s is %+v, want %s", name, p, id)
			}
		}
		if j, _ := journey.FromContext(ctx); j.ID() != "r1" {
			t.Errorf("outside the context is in %q, want r1 as before", j.ID())
		}
		feedback.CSAT.Record(inside, 5)
		sent, err := propagate.Read(inside, propagate.Sign(inside, 0))
		if err != nil || sent.Journey.ID != "o1" || sent.Stage != "payment" {
			t.Errorf("the position that goes on is %+v, %v", sent, err)
		}
		refund.Enter(inside, "asked")
		tp.End()
		all := s.settled(t)
		if e := find(t, all, event.FeedbackReceived, ""); e.Journey.ID != "o1" || e.Stage != "payment" {
			t.Errorf("the answer is in %q, stage %q", e.Journey.ID, e.Stage)
		}
		if e := find(t, all, event.JourneyEnded, ""); e.Journey.ID != "o1" || e.Outcome != event.Completed || e.Stage != "payment" {
			t.Errorf("%q has ended %v in %q, want o1", e.Journey.ID, e.Outcome, e.Stage)
		}
		for _, e := range all {
			if e.Kind == event.JourneyStageEntered && (e.Journey.ID == "r1") != (e.Stage == "asked") {
				t.Errorf("%q has moved to %q", e.Journey.ID, e.Stage)
			}
		}
	})
}

// TestOuterJourneyFromAfar: the run that a believed position says is as good as one that was started here.
func TestOuterJourneyFromAfar(t *testing.T) {
	t.Parallel()
	baggage := member(t, event.Position{
		Journey: event.Run{Namespace: "default", Name: "order", ID: "o1"}, Stage: "payment", Visit: 3, Channel: event.Mobile,
		Customer: event.Customer{Hash: "abc"},
	})
	for _, c := range []struct {
		name         string
		d            *touchpoint.Definition
		status       int
		want, stage  string
		customerHash string
	}{
		{"order's own", ofOrder, 200, "o1", "payment", "abc"},
		{"order's own, 404", ofOrder, 404, "o1", "payment", "abc"},
		{"refund's own", ofRefund, 200, "r1", "paid", "abc"},
		{"refund's own, 404", ofRefund, 404, "o1", "", "abc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, opts ...cx.Option) {
				s := newSpy(t, opts...)
				var sent string
				h := touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					sent = propagate.Sign(r.Context(), 0)
					w.WriteHeader(c.status)
				}), "/refunds/{id}"), touchpoint.WithRoute("/refunds/{id}", c.d), touchpoint.WithTrustedPeers(everybody),
					touchpoint.WithJourneyID(refund, func(r *http.Request) string { return r.PathValue("id") }))
				r := get("/refunds/r1")
				r.Header.Set("Baggage", baggage)
				s.serve(h, r)
				e := find(t, s.settled(t), event.TouchpointEnded, c.d.Name())
				if e.Journey.ID != c.want || e.Stage != c.stage || e.Customer.Hash != c.customerHash || e.Channel != event.Mobile {
					t.Errorf("it is in %q, stage %q, of %+v on %v; want %q, %q", e.Journey.ID, e.Stage, e.Customer, e.Channel, c.want, c.stage)
				}
				p, err := propagate.Read(s.context(), sent)
				if err != nil || (p.Journey.ID == "o1") != (c.d == ofOrder) {
					t.Errorf("the position that goes on is %+v, %v", p, err)
				}
			})
		})
	}
}
