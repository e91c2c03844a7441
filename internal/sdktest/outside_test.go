package sdktest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestOutsideJourney: the client reports a touchpoint that declares a journey and is recorded outside it, and does
// not report correct uses.
func TestOutsideJourney(t *testing.T) {
	t.Parallel()
	const told = "outside_journey"
	refund := journey.Define("refund", journey.Stages("asked"))
	handle := func(d *touchpoint.Definition, status int, opts ...touchpoint.HandlerOption) func(ctx context.Context) {
		return func(ctx context.Context) {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/orders/o1", nil)
			h := touchpoint.Handler(mux, append(opts, touchpoint.WithRoute("GET /orders/{id}", d))...)
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	making := func(do func(ctx context.Context)) func(ctx context.Context) { // POST /orders, whose handler makes the ID
		return func(ctx context.Context) {
			mux := http.NewServeMux()
			mux.HandleFunc("POST /orders", func(_ http.ResponseWriter, r *http.Request) { do(r.Context()) })
			defer func() { _ = recover() }() // as net/http does
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/orders", nil)
			touchpoint.Handler(mux, touchpoint.WithRoute("POST /orders", viewCart)).ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	leaving := func(do func()) func(ctx context.Context) {
		return func(ctx context.Context) {
			ctx, leave := context.WithCancel(ctx)
			making(func(context.Context) { leave(); do() })(ctx)
		}
	}
	byPath := touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") })
	for _, c := range []struct {
		name, reason string
		play         func(ctx context.Context)
		want         string // how often the client reports it; "" means never
	}{
		{"Start and End", "the touchpoint is in no journey", func(ctx context.Context) {
			_, tp := viewCart.Start(ctx, event.Web)
			tp.End()
		}, "1"},
		{"Record", "the touchpoint is in no journey", func(ctx context.Context) { viewCart.Record(ctx, event.Web) }, "1"},
		{"a failed one", "a failed touchpoint is in no journey either", func(ctx context.Context) {
			viewCart.Record(ctx, event.Web, touchpoint.Outcome(event.Failed))
		}, "1"},
		{"each time", "each one counts", func(ctx context.Context) {
			viewCart.Record(ctx, event.Web)
			viewCart.Record(ctx, event.Web)
		}, "2"},
		{"not over", "a touchpoint that has not ended may still get its journey", func(ctx context.Context) { viewCart.Start(ctx, event.Web) }, ""},
		{"without In", "a touchpoint without In needs no journey", func(ctx context.Context) { chargeCard.Record(ctx, event.Web) }, ""},
		{"in its journey", "as declared", func(ctx context.Context) {
			viewCart.Record(checkout.Start(ctx, "o1", event.Customer{}), event.Web)
		}, ""},
		{"in a run that is resumed", "the run may belong to another process", func(ctx context.Context) {
			viewCart.Record(checkout.Resume(ctx, "o1"), event.Web)
		}, ""},
		{"after its end", "the touchpoint is late, which has its own metric", func(ctx context.Context) {
			ctx = checkout.Start(ctx, "o1", event.Customer{})
			checkout.Complete(ctx)
			viewCart.Record(ctx, event.Web)
		}, ""},
		{"in another journey only", "its own journey does not get the touchpoint", func(ctx context.Context) {
			viewCart.Record(refund.Start(ctx, "r1", event.Customer{}), event.Web)
		}, "1"},
		{"in its journey and another one", "the touchpoint belongs to its own journey", func(ctx context.Context) {
			viewCart.Record(refund.Start(checkout.Start(ctx, "o1", event.Customer{}), "r1", event.Customer{}), event.Web)
		}, ""},
		{"a run that was refused", "the fault invalid_id reports it", func(ctx context.Context) {
			viewCart.Record(checkout.Start(ctx, "", event.Customer{}), event.Web)
		}, ""},
		{"a probe", "a probe is in no customer's journey", func(ctx context.Context) {
			viewCart.Record(ctx, event.Web, touchpoint.By(event.ActorSynthetic))
		}, ""},
		{"an event from outside", "replay and adapters have names, and no definitions", func(ctx context.Context) {
			flight.RecorderFrom(ctx).Record(ctx, flight.Of(event.Event{Kind: event.TouchpointEnded, Touchpoint: "view-cart"}))
		}, ""},
		{"a request", "the request is in no journey", handle(viewCart, http.StatusOK), "1"},
		{"a request that fails", "the failure is missing in the journey", handle(viewCart, http.StatusInternalServerError), "1"},
		{"a request that is refused", "any client can make it", handle(viewCart, http.StatusForbidden), ""},
		{"a request for what does not exist", "any client can make it", handle(viewCart, http.StatusNotFound), ""},
		{"a request with an ID of a run", "the request is in that run", handle(viewCart, http.StatusOK, byPath), ""},
		{"a request with an ID of no run", "a 404 takes the request out of the run", handle(viewCart, http.StatusNotFound, byPath), ""},
		{"a request whose handler starts the run", "the request is in that run", making(func(ctx context.Context) {
			checkout.Start(ctx, "o1", event.Customer{})
		}), ""},
		{"a request whose handler starts no run", "the request is in no journey", making(func(context.Context) {}), "1"},
		{"a request whose handler starts a run that is refused", "the fault invalid_id reports it", making(func(ctx context.Context) {
			checkout.Start(ctx, "", event.Customer{})
		}), ""},
		{"a request whose handler resumes a run that is refused", "the fault invalid_id reports it", making(func(ctx context.Context) {
			checkout.Resume(refund.Start(ctx, "r1", event.Customer{}), "a\x00")
		}), ""},
		{"a request whose handler starts a run of another journey that is refused", "the touchpoint's own journey is missing", making(func(ctx context.Context) {
			refund.Start(ctx, "", event.Customer{})
		}), "1"},
		{"a request around a batch", "the batch is recorded in each run and deliberately belongs to none", making(func(ctx context.Context) {
			checkout.Resume(ctx, "o1")
			checkout.Resume(ctx, "o2")
		}), ""},
		{"a batch", "the batch is recorded in each run and deliberately belongs to none", func(ctx context.Context) {
			ctx, tp := viewCart.Start(ctx, event.Web)
			checkout.Start(ctx, "o1", event.Customer{})
			checkout.Start(ctx, "o2", event.Customer{})
			tp.End()
		}, ""},
		{"a batch of another journey", "the touchpoint's own journey is missing", func(ctx context.Context) {
			ctx, tp := viewCart.Start(ctx, event.Web)
			refund.Start(ctx, "r1", event.Customer{})
			refund.Start(ctx, "r2", event.Customer{})
			tp.End()
		}, "1"},
		{"a request that the client leaves", "any client can do that, before there is a run", leaving(func() {}), ""},
		{"a request that the client leaves, and that is broken off", "any client can do that", leaving(func() { panic(http.ErrAbortHandler) }), ""},
		{"a request without In", "a touchpoint without In needs no journey", handle(chargeCard, http.StatusOK), ""},
		{"a request of a crawler", "a crawler is in no customer's journey", handle(viewCart, http.StatusOK,
			touchpoint.WithSynthetic(func(*http.Request) touchpoint.SyntheticType { return touchpoint.SyntheticBot })), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, defined := range []bool{true, false} { // given to the client, or first seen in use
				var opts []cx.Option
				if defined {
					opts = append(opts, cx.WithDefinitions(checkout, refund, viewCart, chargeCard))
				}
				p := newProcess(t, "shop", opts...)
				c.play(p.context())
				if got := p.faults()[told]; got != c.want {
					t.Errorf("the client reported it %q times, want %q: %s (definitions given: %v)", got, c.want, c.reason, defined)
				}
			}
		})
	}
}

// TestSyntheticSpans: a probe's request is in traces, with OpenTelemetry's attribute, and in no metric.
func TestSyntheticSpans(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{true, false} { // the touchpoint's own span, or the server's
		p := newProcess(t, "shop")
		mux := http.NewServeMux()
		mux.HandleFunc("GET /cart", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
		ctx, span := p.context(), trace.Span(nil)
		if !own {
			ctx, span = p.request("GET /cart")
		}
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/cart", nil)
		r.Header.Set("User-Agent", "kube-probe/1.34")
		touchpoint.Handler(mux).ServeHTTP(httptest.NewRecorder(), r)
		if span != nil {
			span.End()
		}
		s := named(t, p.spans.GetSpans(), "GET /cart")
		attrs := attribute.NewSet(s.Attributes...)
		if v, _ := attrs.Value("user_agent.synthetic.type"); v.AsString() != "test" {
			t.Errorf("user_agent.synthetic.type is %q, want test (own span: %v)", v.AsString(), own)
		}
		if v, _ := attrs.Value("cx.actor"); v.AsString() != "synthetic" {
			t.Errorf("cx.actor is %q, want synthetic (own span: %v)", v.AsString(), own)
		}
		if v, _ := attrs.Value("cx.outcome"); v.AsString() != "failed" {
			t.Errorf("cx.outcome is %q: its failure is hidden (own span: %v)", v.AsString(), own)
		}
		for key := range p.points() {
			if strings.HasPrefix(key, "cx.touchpoint.") {
				t.Errorf("%s: a probe is in a metric", key)
			}
		}
	}
}
