package touchpoint_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestSession: every event of a request has its session, also where the request is no touchpoint, and no other value of the browser.
func TestSession(t *testing.T) {
	t.Parallel()
	sid := touchpoint.SessionOf("sid")
	for _, c := range []struct {
		name    string
		reason  string
		session func(*http.Request) string
		cookie  string
		opts    []touchpoint.HandlerOption
		own     string // the attribute that the application gives itself
		want    string
	}{
		// By Python's hashlib.
		{name: "hashed", reason: "the cookie's secret stays out", session: sid, cookie: "secret", want: "fdc6dd6836d21baeb899dd4bc390b484"},
		{name: "no touchpoint", reason: "events of such a request have it, too", session: sid, cookie: "secret", opts: []touchpoint.HandlerOption{touchpoint.WithOnlyRoutes()}, want: "fdc6dd6836d21baeb899dd4bc390b484"},
		{name: "no cookie", reason: "there is no session", session: sid},
		{name: "given", reason: "the application's own ID", session: func(*http.Request) string { return "s-1" }, want: "s-1"},
		{name: "the event's own", reason: "the call knows better", session: func(*http.Request) string { return "s-1" }, own: "s-2", want: "s-2"},
		{name: "too long", reason: "IDs have 128 bytes", session: func(*http.Request) string { return strings.Repeat("x", 129) }},
		{name: "a panic", reason: "the customer gets the answer", session: func(*http.Request) string { panic("boom") }},
		{name: "none", reason: "the option takes nil"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rec := cxtest.New(t).AllowFaults(fault.Panic).AllowFaults(fault.NoRoute).AllowFaults(fault.LiveRuns)
			trip := journey.Define("trip")
			handler := touchpoint.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				var opts []journey.RecordOption
				if c.own != "" {
					kv := attribute.String("session.id", c.own)
					opts = append(opts, journey.Attributes(kv))
					touchpoint.FromContext(r.Context()).SetAttributes(kv)
				}
				ctx := trip.Start(r.Context(), "1", event.Customer{}, opts...)
				if c.own == "" {
					feedback.CSAT.Record(ctx, 4)
				}
			}), append([]touchpoint.HandlerOption{touchpoint.WithSession(c.session), touchpoint.WithRouter(func(*http.Request) string { return "/" })}, c.opts...)...)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			if c.cookie != "" {
				r.AddCookie(&http.Cookie{Name: "sid", Value: c.cookie}) //nolint:gosec // a request has no attributes
			}
			rec.Handler(handler).ServeHTTP(httptest.NewRecorder(), r)
			events := rec.Events()
			if len(events) < 2 {
				t.Fatalf("%d events", len(events))
			}
			for _, e := range events {
				got, n := "", 0
				for _, kv := range e.Attributes {
					if kv.Key == "session.id" {
						got, n = kv.Value.AsString(), n+1
					}
				}
				if got != c.want || n > 1 {
					t.Errorf("%s has the session %q, %d times, want %q: %s", e.Kind, got, n, c.want, c.reason)
				}
			}
		})
	}
}
