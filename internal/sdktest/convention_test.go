package sdktest_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// TestConventionsForHTTP: on a span that Cairn does not own, the status follows the conventions for HTTP servers,
// so that a declined card raises no alert. The twin and Cairn's own spans have the customer's outcome.
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status
func TestConventionsForHTTP(t *testing.T) {
	t.Parallel()
	fail := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			touchpoint.FromContext(r.Context()).Fail(class("card_declined"))
			w.WriteHeader(status)
		}
	}
	answer := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	for _, c := range []struct {
		name, reason string
		handler      http.HandlerFunc
		opt          touchpoint.HandlerOption
		outcome      string
		server       codes.Code // status of a span that Cairn does not own
		class        string     // its error.type
		own          codes.Code // status of Cairn's own span, and of the twin
	}{
		{"200", "all is well", answer(200), nil, "ok", codes.Unset, "", codes.Unset},
		{"a declined card", "a 4xx is not a server's error", fail(422), nil, "failed", codes.Unset, "", codes.Error},
		{"a page with an apology", "a 200 is not a server's error", fail(200), nil, "failed", codes.Unset, "", codes.Error},
		{"a redirect to a page with an apology", "a 303 is not a server's error", fail(303), nil, "failed", codes.Unset, "", codes.Error},
		{"429", "a 4xx that refuses the customer", answer(429), nil, "failed", codes.Unset, "", codes.Error},
		{"404 that is a failure", "still a 4xx", answer(404), touchpoint.WithStatuses(func(int) event.Outcome { return event.Failed }), "failed", codes.Unset, "", codes.Error},
		{"499", "the client did not wait", answer(499), nil, "cancelled", codes.Unset, "", codes.Unset},
		{"500", "a 5xx is a server's error", answer(500), nil, "failed", codes.Error, "500", codes.Error},
		{"500 with an error of a class", "the error has that class", fail(500), nil, "failed", codes.Error, "card_declined", codes.Error},
		{"Degraded", "no span is an error", func(_ http.ResponseWriter, r *http.Request) {
			touchpoint.FromContext(r.Context()).Degrade("stale")
		}, nil, "degraded", codes.Unset, "", codes.Unset},
		{"a panic", "a panic is a server's error", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, "failed", codes.Error, "panic", codes.Error},
	} {
		for _, whose := range []string{"otelhttp's", "another's", "ours"} {
			t.Run(c.name+" on a span that is "+whose, func(t *testing.T) {
				t.Parallel()
				p := newProcess(t, "shop")
				id := touchpoint.WithJourneyID(checkout, func(*http.Request) string { return orderID })
				ctx := checkout.Start(p.context(), orderID, event.Customer{})
				mux := http.NewServeMux()
				mux.Handle("/pay", c.handler)
				serve := func(h http.Handler) {
					defer func() { _ = recover() }()
					h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/pay", nil).WithContext(ctx))
				}
				name := "/pay"
				switch whose {
				case "ours":
					serve(touchpoint.Handler(mux, id, c.opt))
				case "another's":
					name = "middleware"
					inner := touchpoint.Handler(mux, id, c.opt)
					serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						ctx, span := p.provider.Tracer("x").Start(r.Context(), name)
						defer span.End()
						inner.ServeHTTP(w, r.WithContext(ctx))
					}))
				default:
					name = "GET /pay"
					s := open(t, p, true, mux, id, c.opt)
					if res, err := s.srv.Client().Get(s.srv.URL + "/pay"); err == nil { //nolint:noctx // a test needs no context
						_ = res.Body.Close()
					}
					s.srv.Close()
				}
				if c.name == "a panic" && whose == "otelhttp's" {
					name = "GET " // otelhttp does not get the route's name then
				}
				live := named(t, p.spans.GetSpans(), name)
				want, class := c.server, c.class
				if whose == "ours" {
					want = c.own
				}
				if live.Status.Code != want {
					t.Errorf("its status is %v, want %v: %s", live.Status, want, c.reason)
				}
				got := attrs(live.Attributes)
				if got["cx.outcome"] != c.outcome || whose != "ours" && got["error.type"] != class || whose == "ours" && (got["error.type"] != "") != (c.own == codes.Error) {
					t.Errorf("its outcome is %q, its error.type %q, want %q and %q: %s", got["cx.outcome"], got["error.type"], c.outcome, class, c.reason)
				}
				if c.name == "404 that is a failure" {
					return // in no journey
				}
				twin := named(t, journeySpans(traceID("checkout", orderID), p), "/pay")
				if twin.Status.Code != c.own || (attrs(twin.Attributes)["error.type"] != "") != (c.own == codes.Error) {
					t.Errorf("the twin's status is %v, its error.type %q, want %v: %s", twin.Status, attrs(twin.Attributes)["error.type"], c.own, c.reason)
				}
			})
		}
	}
}

// TestSpanOfALeftJourney: the request's span of a 404 does not have the run that only its path names, and there is
// no twin.
func TestSpanOfALeftJourney(t *testing.T) {
	t.Parallel()
	for _, instrumented := range []bool{true, false} {
		p := newProcess(t, "shop")
		mux := http.NewServeMux()
		mux.HandleFunc("/cart/{id}", http.NotFound)
		s := open(t, p, instrumented, mux, touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") }))
		s.visit(t, "/cart/7")
		spans := p.spans.GetSpans()
		if len(spans) != 1 {
			t.Fatalf("the spans are %q", names(spans))
		}
		got := attrs(spans[0].Attributes)
		if got["cx.touchpoint.name"] != "/cart/{id}" || got["cx.journey.id"] != "" || got["cx.journey.name"] != "" || len(spans[0].Links) != 0 {
			t.Errorf("its attributes are %v, its links %v", got, spans[0].Links)
		}
		if twins := journeySpans(traceID("checkout", "7"), p); len(twins) != 0 {
			t.Errorf("the journey's spans are %q", names(twins))
		}
	}
}

// TestChildrenOfAForeignSpan: an interaction that the code starts within another one has a span of its own, with
// its failure.
func TestChildrenOfAForeignSpan(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop")
	ctx, span := p.provider.Tracer("x").Start(p.context(), "consume", trace.WithSpanKind(trace.SpanKindConsumer))
	_, tp := chargeCard.Start(ctx, event.Web)
	tp.Fail(errors.New("declined"))
	tp.End()
	span.End()
	if s := named(t, p.spans.GetSpans(), "charge-card"); s.Status.Code != codes.Error {
		t.Errorf("Cairn's own span is %v, want an error", s.Status)
	}
	if s := named(t, p.spans.GetSpans(), "consume"); s.Status.Code != codes.Unset {
		t.Errorf("the foreign span is %v, want no status", s.Status)
	}
}
