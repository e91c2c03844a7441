package sdktest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// shop is a server with touchpoints, with or without otelhttp around them.
type shop struct {
	*process

	srv *httptest.Server
}

// w3c is the default propagator of a service.
var w3c = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})

func open(t *testing.T, p *process, instrumented bool, h http.Handler, opts ...touchpoint.HandlerOption) *shop {
	t.Helper()
	h = touchpoint.Handler(h, opts...)
	if instrumented {
		h = otelhttp.NewHandler(h, "server", otelhttp.WithTracerProvider(p.provider), otelhttp.WithPropagators(w3c),
			otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.Pattern }))
	}
	s := &shop{process: p, srv: httptest.NewUnstartedServer(h)}
	s.srv.Config.BaseContext = func(net.Listener) context.Context { return p.context() }
	s.srv.Start()
	t.Cleanup(s.srv.Close)
	return s
}

// visit sends a request and waits until it is served.
func (s *shop) visit(t *testing.T, path string) int {
	t.Helper()
	res, err := s.srv.Client().Get(s.srv.URL + path) //nolint:noctx // a test needs no context
	must(t, err)
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	s.srv.Close()
	return res.StatusCode
}

// TestHandlerDescribesTheServersSpan: with otelhttp the request has one span, which has the customer's outcome.
// Without it Cairn opens one.
func TestHandlerDescribesTheServersSpan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		instrumented bool
		handler      http.Handler
		path         string
		opts         []touchpoint.HandlerOption
		span         string // the name of the span
		attrs        map[string]string
		status       codes.Code
		twin         bool
	}{
		{
			name: "with otelhttp", reason: "the server's span has the name of the route that the inner mux finds",
			instrumented: true, path: "/orders/7", span: "GET GET /orders/{id}", twin: true,
			attrs: map[string]string{
				"cx.touchpoint.name": "GET /orders/{id}", "cx.channel": "web", "cx.outcome": "ok", "cx.journey.id": "7",
				"cx.journey.name": "checkout", "http.request.method": "GET", "http.response.status_code": "200",
			},
		},
		{
			name: "with otelhttp and a definition", reason: "the touchpoint's name is an attribute; the span keeps its own",
			instrumented: true, path: "/orders/7", span: "GET GET /orders/{id}", twin: true,
			opts:  []touchpoint.HandlerOption{touchpoint.WithRoute("GET /orders/{id}", submitPayment)},
			attrs: map[string]string{"cx.touchpoint.name": "submit-payment", "cx.apdex.zone": "satisfied", "cx.stage.name": "payment"},
		},
		{
			name: "with otelhttp, a failure", reason: "a failure is an error",
			instrumented: true, path: "/broken", span: "GET /broken", twin: true, status: codes.Error,
			attrs: map[string]string{"cx.outcome": "failed", "error.type": "503", "http.response.status_code": "503"},
		},
		{
			name: "with otelhttp, a page with an apology", reason: "a 200 in HTTP, a failure for the customer",
			instrumented: true, path: "/sorry", span: "GET /sorry", twin: true,
			attrs: map[string]string{"cx.outcome": "failed", "error.type": "", "http.response.status_code": "200"},
		},
		{
			name: "with otelhttp, skipped", reason: "only the server's span, without attributes of customers",
			instrumented: true, path: "/orders/7", span: "GET GET /orders/{id}",
			opts:  []touchpoint.HandlerOption{touchpoint.WithSkip("GET /orders/{id}")},
			attrs: map[string]string{"cx.touchpoint.name": "", "cx.outcome": "", "http.response.status_code": "200"},
		},
		{
			name: "without", reason: "the touchpoint has a span of its own", path: "/orders/7", span: "GET /orders/{id}", twin: true,
			attrs: map[string]string{"cx.touchpoint.name": "GET /orders/{id}", "cx.outcome": "ok", "http.request.method": ""},
		},
		{
			name: "without, a failure", reason: "a failure is an error", path: "/broken", span: "/broken", twin: true, status: codes.Error,
			attrs: map[string]string{"cx.outcome": "failed", "error.type": "503"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			mux.HandleFunc("GET /orders/{id}", func(http.ResponseWriter, *http.Request) {})
			mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
			mux.HandleFunc("/sorry", func(_ http.ResponseWriter, r *http.Request) {
				touchpoint.FromContext(r.Context()).Fail(context.DeadlineExceeded)
			})
			p := newProcess(t, "shop")
			id := touchpoint.WithJourneyID(checkout, func(*http.Request) string { return "7" })
			s := open(t, p, c.instrumented, mux, append(c.opts, id)...)
			s.visit(t, c.path)
			live := named(t, p.spans.GetSpans(), c.span)
			if n := len(p.spans.GetSpans()); n != 1 {
				t.Errorf("%d spans in the request's trace, want one: %q", n, names(p.spans.GetSpans()))
			}
			got := attrs(live.Attributes)
			for k, v := range c.attrs {
				if got[k] != v {
					t.Errorf("%s is %q, want %q: %s", k, got[k], v, c.reason)
				}
			}
			if live.Status.Code != c.status {
				t.Errorf("its status is %v, want %v: %s", live.Status, c.status, c.reason)
			}
			twins := journeySpans(traceID("checkout", "7"), p)
			if len(twins) != map[bool]int{true: 1}[c.twin] {
				t.Fatalf("the journey's spans are %q: %s", names(twins), c.reason)
			}
			if !c.twin {
				return
			}
			if l := twins[0].Links; len(l) != 1 || l[0].SpanContext.SpanID() != live.SpanContext.SpanID() {
				t.Errorf("the twin is linked to %v, want the request's span", l)
			}
			if l := live.Links; len(l) != 1 || l[0].SpanContext.TraceID() != traceID("checkout", "7") {
				t.Errorf("the request's span is linked to %v, want the journey", l)
			}
		})
	}
}

// TestRemoteParent: without otelhttp, a trace from a header is a parent and never the span to describe, because
// that span belongs to another process.
func TestRemoteParent(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop")
	remote := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, Remote: true,
	})
	h := touchpoint.Handler(routes("/x"))
	r := httptest.NewRequest(http.MethodGet, "/x", nil)
	h.ServeHTTP(httptest.NewRecorder(), r.WithContext(trace.ContextWithRemoteSpanContext(p.context(), remote)))
	s := named(t, p.spans.GetSpans(), "/x")
	if s.Parent.SpanID() != remote.SpanID() || s.SpanContext.TraceID() != remote.TraceID() {
		t.Errorf("its parent is %v, want the remote one", s.Parent)
	}
}

func routes(patterns ...string) *http.ServeMux {
	mux := http.NewServeMux()
	for _, p := range patterns {
		mux.HandleFunc(p, func(http.ResponseWriter, *http.Request) {})
	}
	return mux
}

// TestUnsampledRequest: the journey is recorded although the server's span is not.
func TestUnsampledRequest(t *testing.T) {
	t.Parallel()
	a := likeOtelsetup()
	a.requests = sdktrace.NeverSample()
	p := arranged(t, "shop", a)
	s := open(t, p, true, routes("/x"), touchpoint.WithJourneyID(checkout, func(*http.Request) string { return "7" }))
	s.visit(t, "/x")
	named(t, journeySpans(traceID("checkout", "7"), p), "/x")
	if n := len(p.spans.GetSpans()); n != 0 {
		t.Errorf("%d request spans", n)
	}
}

// TestAcrossServices sends one customer's request through two services in their usual configuration: otelhttp on
// both sides, the position by Transport and Handler.
func TestAcrossServices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		transport    func(p *process, host string) http.RoundTripper
		trust        func(*http.Request) bool
		baggage      bool // the application has baggage of its own
		known        bool
		faults       string
		leaked       bool // OpenTelemetry's own baggage has the position
	}{
		{
			"Transport inside otelhttp's", "Transport adds the position last", func(p *process, host string) http.RoundTripper {
				return otelhttp.NewTransport(touchpoint.Transport(nil, host), otelhttp.WithTracerProvider(p.provider), otelhttp.WithPropagators(w3c))
			}, everybody, true, true, "", false,
		},
		{
			"Transport outside otelhttp's", "otelhttp rewrites the header from the request's baggage, which must not lose the position",
			func(p *process, host string) http.RoundTripper {
				return touchpoint.Transport(otelhttp.NewTransport(nil, otelhttp.WithTracerProvider(p.provider), otelhttp.WithPropagators(w3c)), host)
			}, everybody, true, true, "", false,
		},
		{
			"a service that does not trust", "its touchpoints are in no journey, and its baggage is clean",
			func(p *process, host string) http.RoundTripper {
				return otelhttp.NewTransport(touchpoint.Transport(nil, host), otelhttp.WithTracerProvider(p.provider), otelhttp.WithPropagators(w3c))
			}, func(*http.Request) bool { return false }, false, false, "untrusted_position", false,
		},
		{
			"a host that is not allowed", "Transport sends it no position",
			func(p *process, _ string) http.RoundTripper {
				return otelhttp.NewTransport(touchpoint.Transport(nil, "elsewhere"), otelhttp.WithTracerProvider(p.provider), otelhttp.WithPropagators(w3c))
			}, everybody, true, false, "", false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			front, back := newProcess(t, "front"), newProcess(t, "back")
			var own string
			var members []string
			s := open(t, back, true, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				b := baggage.FromContext(r.Context())
				own = b.Member("tenant").Value()
				for _, m := range b.Members() {
					members = append(members, m.Key())
				}
				chargeCard.Record(r.Context(), event.Web)
			}), touchpoint.WithTrustedPeers(c.trust))
			ctx := checkout.Enter(checkout.Start(front.context(), orderID, event.Customer{ID: secret}), "payment")
			if c.baggage {
				m, err := baggage.NewMember("tenant", "acme")
				must(t, err)
				b, err := baggage.New(m)
				must(t, err)
				ctx = baggage.ContextWithBaggage(ctx, b)
			}
			client := &http.Client{Transport: c.transport(front, s.srv.Listener.Addr().String())}
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.srv.URL+"/charge", nil)
			must(t, err)
			res, err := client.Do(r)
			must(t, err)
			_ = res.Body.Close()
			http.DefaultTransport.(*http.Transport).CloseIdleConnections() //nolint:forcetypeassert // the default transport is one
			s.srv.Close()
			twins := journeySpans(traceID("checkout", orderID), back)
			if (len(twins) == 1) != c.known {
				t.Errorf("the other service adds %q to the journey: %s", names(twins), c.reason)
			}
			// The run may have moved since the position was sent. The touchpoint declares no stage, so it has
			// none.
			if c.known && len(twins) == 1 && (twins[0].Parent.SpanID() != rootID("checkout", orderID) || attrs(twins[0].Attributes)["cx.stage.name"] != "") {
				t.Errorf("the touchpoint has the parent %v and the stage %q, want the root and none", twins[0].Parent.SpanID(), attrs(twins[0].Attributes)["cx.stage.name"])
			}
			if c.baggage && own != "acme" {
				t.Errorf("the application's own baggage is %q: %s", own, c.reason)
			}
			if slices.Contains(members, "cairn") {
				t.Errorf("OpenTelemetry's baggage is %q, which goes to every host: %s", members, c.reason)
			}
			if c.faults != "" && back.faults()[c.faults] != "1" {
				t.Errorf("the faults are %v, want %s", back.faults(), c.faults)
			}
			// The request's trace is one trace over both services, and not the journey's.
			server := named(t, back.spans.GetSpans(), "POST ")
			if server.SpanContext.TraceID() == traceID("checkout", orderID) || !server.Parent.IsRemote() {
				t.Errorf("the server's span is %v under %v", server.SpanContext.TraceID(), server.Parent)
			}
		})
	}
}

func everybody(*http.Request) bool { return true }

// TestHandlerPanics: otelhttp outside ends the span, which still has the customer's outcome.
func TestHandlerPanics(t *testing.T) {
	t.Parallel()
	for _, instrumented := range []bool{true, false} {
		t.Run(fmt.Sprint("otelhttp ", instrumented), func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, "shop")
			mux := http.NewServeMux()
			mux.HandleFunc("/x", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
			s := open(t, p, instrumented, mux)
			if _, err := s.srv.Client().Get(s.srv.URL + "/x"); !errors.Is(err, io.EOF) { //nolint:noctx,bodyclose // the server sends no response
				t.Errorf("the client sees %v, want the connection closed", err)
			}
			s.srv.Close()
			spans := p.spans.GetSpans()
			if len(spans) != 1 || attrs(spans[0].Attributes)["cx.outcome"] != "failed" || spans[0].Status.Code != codes.Error {
				t.Errorf("the spans are %v", spans)
			}
		})
	}
}

// TestManyRequests: simultaneous requests of many customers do not mix.
func TestManyRequests(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop", cx.WithSpanLimit(100))
	mux := http.NewServeMux()
	mux.HandleFunc("/orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		touchpoint.FromContext(r.Context()).Because("cause-" + r.PathValue("id"))
		_, _ = io.WriteString(w, r.PathValue("id"))
	})
	s := open(t, p, true, mux, touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") }))
	fifty(func(i int) {
		for range 5 {
			res, err := s.srv.Client().Get(fmt.Sprintf("%s/orders/%d", s.srv.URL, i)) //nolint:noctx // a test needs no context
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
	})
	s.srv.Close()
	for i := range 50 {
		spans := journeySpans(traceID("checkout", fmt.Sprint(i)), p)
		if len(spans) != 5 {
			t.Errorf("the run %d has %d spans, want 5", i, len(spans))
		}
		for _, s := range spans {
			if got := attrs(s.Attributes)["cx.cause"]; got != fmt.Sprintf("cause-%d", i) {
				t.Errorf("a span of the run %d has the cause %q: the customers are mixed up", i, got)
			}
		}
	}
}
