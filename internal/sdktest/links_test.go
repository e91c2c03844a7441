package sdktest_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/touchpoint"
)

// linksTo counts the span's links into the journey's trace, by their type.
func linksTo(s tracetest.SpanStub, tid trace.TraceID) map[string]int {
	n := map[string]int{}
	for _, l := range s.Links {
		if l.SpanContext.TraceID() == tid {
			n[attrs(l.Attributes)["cx.link.type"]]++
		}
	}
	return n
}

// TestRequestsSayTheirJourney: every request that belongs to a journey says which one on its span, and is linked to it.
func TestRequestsSayTheirJourney(t *testing.T) {
	t.Parallel()
	byPath := touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") })
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		handler      []touchpoint.HandlerOption // nil is a plain request
		do           func(ctx context.Context)
		status       int
		says, linked bool
	}{
		{name: "nothing", reason: "it is in no journey", do: func(context.Context) {}},
		{
			name: "one that starts it", reason: "before it there was none",
			do: func(ctx context.Context) { checkout.Start(ctx, "7", event.Customer{}) }, says: true, linked: true,
		},
		{
			name: "one that starts it, with a store", reason: "the request is over when the store has it",
			opts: []cx.Option{cx.WithStore(&ledgertest.Memory{})},
			do:   func(ctx context.Context) { checkout.Start(ctx, "7", event.Customer{}) }, says: true, linked: true,
		},
		{
			name: "one that starts one that is not kept", reason: "there is nothing to link to",
			opts: []cx.Option{cx.WithJourneySampling(0)},
			do:   func(ctx context.Context) { checkout.Start(ctx, "7", event.Customer{}) }, says: true,
		},
		{
			name: "one that resumes it", reason: "the application says so",
			do: func(ctx context.Context) { checkout.Resume(ctx, "7") }, says: true, linked: true,
		},
		{
			name: "one in which a customer answers", reason: "it is about the journey",
			do: func(ctx context.Context) { feedback.NPS.Record(ctx, 9, feedback.About("checkout", "7")) }, says: true, linked: true,
		},
		{
			name: "one in which a touchpoint is told", reason: "it has no span of its own",
			do: func(ctx context.Context) {
				chargeCard.Record(propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Namespace: namespace, Name: "checkout", ID: "7"}}), event.Web)
			}, says: true, linked: true,
		},
		{
			name: "one in which a touchpoint happens", reason: "its span is another one",
			do: func(ctx context.Context) {
				_, tp := chargeCard.Start(propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Namespace: namespace, Name: "checkout", ID: "7"}}), event.Web)
				tp.End()
			}, says: true, linked: true,
		},
		{
			name: "skipped", reason: "it is in the journey, but is no touchpoint",
			handler: []touchpoint.HandlerOption{byPath, touchpoint.WithSkip("GET /orders/{id}")}, says: true, linked: true,
		},
		{
			name: "a route that is not named", reason: "the same",
			handler: []touchpoint.HandlerOption{byPath, touchpoint.WithOnlyRoutes()}, says: true, linked: true,
		},
		{
			name: "skipped, and not there", reason: "any client can make an ID up",
			handler: []touchpoint.HandlerOption{byPath, touchpoint.WithSkip("GET /orders/{id}")}, status: http.StatusNotFound,
		},
		{
			name: "skipped, and broken", reason: "it is in the journey all the same",
			handler: []touchpoint.HandlerOption{byPath, touchpoint.WithSkip("GET /orders/{id}")}, status: http.StatusInternalServerError, says: true, linked: true,
		},
		{
			name: "a touchpoint", reason: "it is linked to its twin", handler: []touchpoint.HandlerOption{byPath}, says: true, linked: true,
		},
		{
			name: "a touchpoint, and not there", reason: "any client can make an ID up",
			handler: []touchpoint.HandlerOption{byPath}, status: http.StatusNotFound,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, "shop", c.opts...)
			name := "GET GET /orders/{id}"
			if c.handler == nil {
				name = "POST /orders"
				ctx, request := p.request(name)
				c.do(ctx)
				request.End()
			} else {
				mux := http.NewServeMux()
				mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, _ *http.Request) {
					if c.status != 0 {
						w.WriteHeader(c.status)
					}
				})
				open(t, p, true, mux, c.handler...).visit(t, "/orders/7")
			}
			s := named(t, p.spans.GetSpans(), name)
			if got := attrs(s.Attributes)["cx.journey.id"] == "7"; got != c.says {
				t.Errorf("it says which journey: %v, want %v: %s", got, c.says, c.reason)
			}
			if n := linksTo(s, traceID("checkout", "7")); (n["journey"] > 0) != c.linked || len(n) > 1 {
				t.Errorf("its links into the journey are %v, want some: %v: %s", n, c.linked, c.reason)
			}
		})
	}
}

// TestLinksSayWhatTheyAre: from the request to the journey, and back.
func TestLinksSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop")
	play(p)
	live, twin := named(t, p.spans.GetSpans(), "view-cart"), named(t, p.twins.GetSpans(), "view-cart")
	if n := linksTo(live, twin.SpanContext.TraceID()); n["journey"] != 1 || len(n) != 1 {
		t.Errorf("the request's links are %v, want one of the type journey", n)
	}
	if n := linksTo(twin, live.SpanContext.TraceID()); n["request"] != 1 || len(n) != 1 {
		t.Errorf("the twin's links are %v, want one of the type request", n)
	}
}

// TestTwinEndsWithItsJourney: a handler that completes the journey goes on for a while, and its touchpoint with it.
func TestTwinEndsWithItsJourney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opts []cx.Option
	}{
		{"in memory", nil},
		{"with a store", []cx.Option{cx.WithStore(&ledgertest.Memory{})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newClock()
			p := newProcess(t, "shop", append(c.opts, cx.WithClock(k.now))...)
			ctx := checkout.Start(p.context(), orderID, event.Customer{})
			k.pass(time.Minute)
			ctx, tp := submitPayment.Start(ctx, event.Web)
			k.pass(2 * time.Second)
			checkout.Complete(ctx)
			k.pass(3 * time.Second)
			tp.End()
			must(t, p.client.Flush(context.Background()))
			spans := p.twins.GetSpans()
			root, stage, twin := named(t, spans, "checkout"), named(t, spans, "payment"), named(t, spans, "submit-payment")
			end := day1.Add(time.Minute + 2*time.Second)
			for _, s := range []tracetest.SpanStub{root, stage, twin} {
				if !s.EndTime.Equal(end) {
					t.Errorf("%s ends at %v, want %v, when the journey does", s.Name, s.EndTime, end)
				}
			}
			if got := attrs(twin.Attributes)["cx.event.duration"]; got != "5" {
				t.Errorf("the twin says that it took %q seconds, want 5", got)
			}
			if got, ok := attrs(root.Attributes)["cx.event.duration"]; ok {
				t.Errorf("the root says that it took %q, though its span does too", got)
			}
		})
	}
}

// TestStartIsSeenOnce: two instances report the start of one run, and its span is there once, under the root to come.
func TestStartIsSeenOnce(t *testing.T) {
	t.Parallel()
	store := &ledgertest.Memory{}
	web, desk := newProcess(t, "web", cx.WithStore(store)), newProcess(t, "desk", cx.WithStore(store))
	for _, p := range []*process{web, desk} {
		checkout.Start(p.context(), orderID, event.Customer{})
		must(t, p.client.Flush(context.Background()))
	}
	s := named(t, journeySpans(traceID("checkout", orderID), web, desk), "checkout started")
	if s.SpanContext.SpanID() != startedID("checkout", orderID) || s.Parent.SpanID() != rootID("checkout", orderID) {
		t.Errorf("its ID is %v under %v, want the derived one under the root", s.SpanContext.SpanID(), s.Parent.SpanID())
	}
	if got := attrs(s.Attributes); got["cx.journey.id"] != orderID || got["cx.journey.name"] != "checkout" {
		t.Errorf("its attributes are %v", got)
	}
}

// TestRootSaysWhatWentWrong: with a store the end knows of the touchpoints of all instances. Its own cause is the last
// one, on the root and in the event.
func TestRootSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opts []journey.RecordOption
		want string // the last cause
	}{
		{"a failure without a cause", nil, "psp-timeout"},
		{"a failure with one", []journey.RecordOption{journey.Because("out-of-stock")}, "out-of-stock"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := &ledgertest.Memory{}
			events := &processor{}
			front := newProcess(t, "front", cx.WithStore(store), cx.WithProcessors(events))
			back := newProcess(t, "back", cx.WithStore(store), cx.WithProcessors(events))
			ctx := checkout.Start(front.context(), orderID, event.Customer{}, journey.Worth(12900, "EUR"))
			for i, cause := range []string{"declined", "psp-timeout", ""} {
				p := []*process{front, back}[i%2]
				outcome := event.OK
				if cause != "" {
					outcome = event.Failed
				}
				[]*touchpoint.Definition{submitPayment, chargeCard, seeReceipt}[i].Record(checkout.Resume(p.context(), orderID), event.Web,
					touchpoint.Outcome(outcome), touchpoint.Because(cause))
				must(t, p.client.Flush(context.Background()))
			}
			checkout.Fail(ctx, c.opts...)
			must(t, front.client.Flush(context.Background()))
			got := attrs(named(t, journeySpans(traceID("checkout", orderID), front, back), "checkout").Attributes)
			for key, want := range map[string]string{
				"cx.journey.failure_count": "2", "cx.journey.last_cause": c.want, "cx.journey.last_touchpoint": "see-receipt",
				"cx.journey.amount": "12900", "cx.currency": "EUR", "cx.outcome": "failed",
			} {
				if got[key] != want {
					t.Errorf("the root's %s is %q, want %q", key, got[key], want)
				}
			}
			end := events.of(event.JourneyEnded)[0].Transition
			if end.Failures != 2 || end.LastCause != c.want || end.LastTouchpoint != "see-receipt" {
				t.Errorf("the exported end says %+v", end)
			}
		})
	}
}

// TestUnderWayAtTheEnd: a touchpoint that goes on when its journey is ended by call is on the root where a store waits for
// it, as the reference says. One that ends the journey itself is on it in any case.
func TestUnderWayAtTheEnd(t *testing.T) {
	t.Parallel()
	last := touchpoint.Define("last", touchpoint.In(checkout, "payment"), touchpoint.Ends(event.Completed))
	for _, c := range []struct {
		name   string
		opts   []cx.Option
		by     *touchpoint.Definition
		called bool // the end, while it goes on
		want   string
	}{
		{"in memory", nil, submitPayment, true, ""},
		{"with a store", []cx.Option{cx.WithStore(&ledgertest.Memory{})}, submitPayment, true, "1"},
		{"with a store that does not wait", []cx.Option{cx.WithStore(&ledgertest.Memory{}), cx.WithEndGrace(cx.NoEndGrace)}, submitPayment, true, ""},
		{"it ends the journey, in memory", nil, last, false, "0"},
		{"it ends the journey, with a store", []cx.Option{cx.WithStore(&ledgertest.Memory{})}, last, false, "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newProcess(t, "shop", c.opts...)
				ctx, tp := c.by.Start(checkout.Start(p.context(), orderID, event.Customer{}), event.Web)
				time.Sleep(time.Second)
				if c.called {
					checkout.Fail(ctx)
					time.Sleep(time.Second)
					tp.Fail(context.DeadlineExceeded)
				}
				tp.End()
				must(t, p.client.Flush(context.Background()))
				root := attrs(named(t, journeySpans(traceID("checkout", orderID), p), "checkout").Attributes)
				if got := root["cx.journey.failure_count"]; got != c.want {
					t.Errorf("the root counts %q failures, want %q", got, c.want)
				}
			})
		})
	}
}
