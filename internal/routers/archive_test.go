package routers_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestTraceAndArchive has otelhttp in front of a whole service, and an archive behind it. Each request has one server span, with the route
// and the customer's outcome, and the archive has the run.
func TestTraceAndArchive(t *testing.T) {
	t.Parallel()
	for _, a := range apps() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			spans := tracetest.NewSpanRecorder()
			provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
			path := filepath.Join(t.TempDir(), "archive.db")
			archive, err := sqlarchive.OpenSQLite(path)
			if err != nil {
				t.Fatal(err)
			}
			client, err := cx.New(cx.WithDefinitions(checkout, openCart, pay), cx.WithTracerProvider(provider),
				cx.WithExporters(archive), cx.WithoutCustomerIDs())
			if err != nil {
				t.Fatal(err)
			}
			service := otelhttp.NewHandler(a.build(true, true, options(a)...), "shop", otelhttp.WithTracerProvider(provider))
			server := httptest.NewUnstartedServer(service)
			server.Config.BaseContext = func(net.Listener) context.Context { return cx.NewContext(context.Background(), client) }
			server.Start()
			defer server.Close()
			for _, r := range [][2]string{{http.MethodPost, "/cart/c-1"}, {http.MethodPost, "/cart/c-1/pay"}, {http.MethodGet, "/broken"}, {http.MethodGet, "/none"}, {http.MethodGet, "/health"}} {
				ask(t, r[0], server.URL+r[1])
			}
			server.Close() // waits for the handlers
			if err := client.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}

			var told []string
			kept, err := sqlarchive.ReadSQLite(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			err = kept.Events(t.Context(), event.Query{}, func(e *event.Event) error {
				switch e.Kind {
				case event.TouchpointEnded:
					told = append(told, e.Touchpoint+" of "+e.Journey.ID+": "+e.Outcome.String())
				case event.JourneyEnded:
					told = append(told, "checkout "+e.Journey.ID+": "+e.Outcome.String())
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if err := kept.Close(); err != nil {
				t.Error(err)
			}
			slices.Sort(told)
			if want := []string{"GET /broken of : failed", "checkout c-1: completed", "open-cart of c-1: ok", "pay of c-1: ok"}; !slices.Equal(told, want) {
				t.Errorf("the archive has %q, want %q", told, want)
			}
			if err := client.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			checkSpans(t, a, spans.Ended())
		})
	}
}

// checkSpans checks the server's spans: one for each request, in order.
func checkSpans(t *testing.T, a app, all []trace.ReadOnlySpan) {
	t.Helper()
	var server []trace.ReadOnlySpan
	for _, s := range all {
		if s.SpanKind() == oteltrace.SpanKindServer {
			server = append(server, s)
		}
	}
	want := []map[attribute.Key]string{
		{"http.route": a.pattern("/cart/{cart}"), "cx.touchpoint.name": "open-cart", "cx.journey.id": "c-1", "cx.outcome": "ok", "error.type": ""},
		{"http.route": a.pattern("/cart/{cart}/pay"), "cx.touchpoint.name": "pay", "cx.journey.id": "c-1", "cx.outcome": "ok", "error.type": ""},
		{"http.route": "/broken", "cx.touchpoint.name": "GET /broken", "cx.journey.id": "", "cx.outcome": "failed", "error.type": "500"},
		{"http.route": "", "cx.touchpoint.name": "", "cx.journey.id": "", "cx.outcome": "", "error.type": ""},
		{"http.route": "/health", "cx.touchpoint.name": "", "cx.journey.id": "", "cx.outcome": "", "error.type": ""},
	}
	names := []string{"POST " + a.pattern("/cart/{cart}"), "POST " + a.pattern("/cart/{cart}/pay"), "GET /broken", "GET", "GET /health"}
	if a.name == "chi" { // it copies the request, so that otelhttp does not see the pattern
		names = []string{"POST", "POST", "GET", "GET", "GET"}
	}
	if len(server) != len(want) {
		t.Fatalf("%d server spans for %d requests", len(server), len(want))
	}
	slices.SortFunc(server, func(a, b trace.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	for _, s := range all {
		if slices.ContainsFunc(server, func(of trace.ReadOnlySpan) bool { return of.SpanContext().SpanID() == s.Parent().SpanID() }) {
			t.Errorf("the request of %s has a second span, %s", s.Parent().SpanID(), s.Name())
		}
	}
	for i, s := range server {
		if s.Name() != names[i] {
			t.Errorf("span %d has the name %q, want %q", i, s.Name(), names[i])
		}
		has := attribute.NewSet(s.Attributes()...)
		for key, value := range want[i] {
			if got, _ := has.Value(key); got.AsString() != value {
				t.Errorf("span %d has %s=%q, want %q", i, key, got.AsString(), value)
			}
		}
	}
}
