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
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
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

// TestRequestsSayTheirJourney: the span of every request in a journey has the journey's ID and a link to the
// journey.
func TestRequestsSayTheirJourney(t *testing.T) {
	t.Parallel()
	byPath := touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") })
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		handler      []touchpoint.HandlerOption // nil means a plain request
		do           func(ctx context.Context)
		status       int
		says, linked bool
	}{
		{name: "nothing", reason: "the request is in no journey", do: func(context.Context) {}},
		{
			name: "one that starts it", reason: "before the request there was no journey",
			do: func(ctx context.Context) { checkout.Start(ctx, "7", event.Customer{}) }, says: true, linked: true,
		},
		{
			name: "one that starts it, with a store", reason: "the store commits the start after the request's end",
			opts: []cx.Option{cx.WithStore(&ledgertest.Memory{})},
			do:   func(ctx context.Context) { checkout.Start(ctx, "7", event.Customer{}) }, says: true, linked: true,
		},
		{
			name: "one that starts one that is not kept", reason: "the journey's trace does not exist",
			opts: []cx.Option{cx.WithJourneySampling(0)},
			do:   func(ctx context.Context) { checkout.Start(ctx, "7", event.Customer{}) }, says: true,
		},
		{
			name: "one that resumes it", reason: "the application resumes it",
			do: func(ctx context.Context) { checkout.Resume(ctx, "7") }, says: true, linked: true,
		},
		{
			name: "one in which a customer answers", reason: "the answer refers to the journey",
			do: func(ctx context.Context) { feedback.NPS.Record(ctx, 9, feedback.About("checkout", "7")) }, says: true, linked: true,
		},
		{
			name: "one in which a customer answers a request for feedback", reason: "the answer is told when the requests have it, perhaps after the HTTP request's end",
			opts: []cx.Option{cx.WithContactStore(&ledgertest.Memory{})},
			do: func(ctx context.Context) {
				feedback.NPS.Record(ctx, 9, feedback.About("checkout", "7"), feedback.AnsweringID(event.NewID(time.Now())))
			}, says: true, linked: true,
		},
		{
			name: "one in which a touchpoint is recorded", reason: "the touchpoint has no span of its own",
			do: func(ctx context.Context) {
				chargeCard.Record(propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Namespace: namespace, Name: "checkout", ID: "7"}}), event.Web)
			}, says: true, linked: true,
		},
		{
			name: "one in which a touchpoint happens", reason: "the touchpoint has another span",
			do: func(ctx context.Context) {
				_, tp := chargeCard.Start(propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Namespace: namespace, Name: "checkout", ID: "7"}}), event.Web)
				tp.End()
			}, says: true, linked: true,
		},
		{
			name: "skipped", reason: "the request is in the journey and is no touchpoint",
			handler: []touchpoint.HandlerOption{byPath, touchpoint.WithSkip("GET /orders/{id}")}, says: true, linked: true,
		},
		{
			name: "a route that is not named", reason: "the request is in the journey and is no touchpoint",
			handler: []touchpoint.HandlerOption{byPath, touchpoint.WithOnlyRoutes()}, says: true, linked: true,
		},
		{
			name: "skipped, and answered with 404", reason: "any client can invent an ID",
			handler: []touchpoint.HandlerOption{byPath, touchpoint.WithSkip("GET /orders/{id}")}, status: http.StatusNotFound,
		},
		{
			name: "skipped, and broken", reason: "a failure does not change the journey of the request",
			handler: []touchpoint.HandlerOption{byPath, touchpoint.WithSkip("GET /orders/{id}")}, status: http.StatusInternalServerError, says: true, linked: true,
		},
		{
			name: "a touchpoint", reason: "the span links to its twin", handler: []touchpoint.HandlerOption{byPath}, says: true, linked: true,
		},
		{
			name: "a touchpoint, and answered with 404", reason: "any client can invent an ID",
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
				t.Errorf("the span has the journey's ID: %v, want %v: %s", got, c.says, c.reason)
			}
			if n := linksTo(s, traceID("checkout", "7")); (n["journey"] > 0) != c.linked || len(n) > 1 {
				t.Errorf("the span's links into the journey are %v, want a link: %v: %s", n, c.linked, c.reason)
			}
		})
	}
}

// TestLinksSayWhatTheyAre: links have their type, from the request to the journey and back.
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

// TestTwinEndsWithItsJourney: a handler completes the journey and continues for a while, and so does its
// touchpoint.
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
					t.Errorf("%s ends at %v, want %v, the end of the journey", s.Name, s.EndTime, end)
				}
			}
			if got := attrs(twin.Attributes)["cx.event.duration"]; got != "5" {
				t.Errorf("the twin has the duration %q, want 5", got)
			}
			if got, ok := attrs(root.Attributes)["cx.event.duration"]; ok {
				t.Errorf("the root has the duration %q, although its span has the true one", got)
			}
		})
	}
}

// TestStartIsSeenOnce: two instances report the start of one run. The span of the start exists once, below the
// future root.
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
		t.Errorf("the span's ID is %v with the parent %v, want the derived one below the root", s.SpanContext.SpanID(), s.Parent.SpanID())
	}
	if got := attrs(s.Attributes); got["cx.journey.id"] != orderID || got["cx.journey.name"] != "checkout" {
		t.Errorf("the span's attributes are %v", got)
	}
}

// TestRootSaysWhatWentWrong: with a store the end includes the touchpoints of all instances. Its own cause is the
// last cause, on the root and in the event.
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
				t.Errorf("the exported end has %+v", end)
			}
		})
	}
}

// TestUnderWayAtTheEnd: if code ends a journey while a touchpoint is running, the root includes the touchpoint if
// a store waits for it, as the reference says. The root always includes a touchpoint that ends the journey itself.
func TestUnderWayAtTheEnd(t *testing.T) {
	t.Parallel()
	last := touchpoint.Define("last", touchpoint.In(checkout, "payment"), touchpoint.Ends(event.Completed))
	for _, c := range []struct {
		name   string
		opts   []cx.Option
		by     *touchpoint.Definition
		called bool // the code ends the journey while the touchpoint runs
		want   string
	}{
		{"in memory", nil, submitPayment, true, ""},
		{"with a store", []cx.Option{cx.WithStore(&ledgertest.Memory{})}, submitPayment, true, "1"},
		{"with a store that does not wait", []cx.Option{cx.WithStore(&ledgertest.Memory{}), cx.WithEndGrace(cx.NoEndGrace)}, submitPayment, true, ""},
		{"a touchpoint that ends the journey, in memory", nil, last, false, "0"},
		{"a touchpoint that ends the journey, with a store", []cx.Option{cx.WithStore(&ledgertest.Memory{})}, last, false, "0"},
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
					t.Errorf("the root has %q failures, want %q", got, c.want)
				}
			})
		})
	}
}
