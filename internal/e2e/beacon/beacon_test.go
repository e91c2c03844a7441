package beacon_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/beacon"
)

var (
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"))
	points   = []event.Definition{
		checkout, touchpoint.Define("cart page", touchpoint.In(checkout, "cart")), touchpoint.Define("payment page", touchpoint.In(checkout, "payment")),
		touchpoint.Define("pay"), touchpoint.Define("address"),
	}
)

// shop is a server with pages and a beacon, and what its client has recorded.
type shop struct {
	client *cx.Client
	spans  *tracetest.InMemoryExporter
	page   string

	taking sync.RWMutex // held while what a browser has sent is recorded, so that a case sees all of it or none
	mu     sync.Mutex
	events []event.Event
	vitals map[string][]string // by run
	bodies []string            // what browsers have sent
}

// TestInBrowser runs the cases of run.mjs in Chromium.
func TestInBrowser(t *testing.T) {
	browser := servers.FindBrowser(t)
	s := &shop{spans: tracetest.NewInMemoryExporter(), vitals: map[string][]string{}}
	page, err := os.ReadFile("testdata/page.html")
	if err != nil {
		t.Fatal(err)
	}
	s.page = string(page)
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(s.spans))
	if s.client, err = cx.New(cx.WithDefinitions(points...), cx.WithProcessors(s), cx.WithTracerProvider(tracer)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.client.Shutdown(context.Background()) })
	cookie, err := journey.NewCookie(checkout, [][]byte{[]byte("a key for cookies of 32 bytes ok")})
	if err != nil {
		t.Fatal(err)
	}
	signals, err := beacon.New(cookie, beacon.WithLoggerProvider(sdklog.NewLoggerProvider(sdklog.WithProcessor(vitals{s}))))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cart", s.show(cookie))
	mux.HandleFunc("GET /next", s.show(cookie))
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(1500 * time.Millisecond):
		case <-r.Context().Done():
		}
		fmt.Fprint(w, "done")
	})
	mux.HandleFunc("POST /send", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "thanks") })
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServer(http.Dir("testdata"))))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.Handle("/cairn/", s.seen(signals))
	mux.HandleFunc("GET /test/recorded", s.recorded)
	mux.HandleFunc("GET /test/sent", s.sent)
	handler := touchpoint.Handler(mux, touchpoint.WithOnlyRoutes(), touchpoint.WithJourneyID(checkout, cookie.ID), touchpoint.WithSession(cookie.Session))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(cx.NewContext(r.Context(), s.client)))
	}))
	t.Cleanup(server.Close)
	browser.Cases(t, "run.mjs", strings.Replace(server.URL, "127.0.0.1", "localhost", 1), server.URL)
	s.inTrace(t)
}

// show sends the page, with the module and its options unless the address says without.
func (s *shop) show(cookie *journey.Cookie) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		ctx := cookie.Start(w, r, event.Customer{})
		if q.Get("end") != "" {
			checkout.Complete(ctx)
			cookie.End(w)
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		script := fmt.Sprintf(`<script type="module" src="/cairn/beacon.js" data-dead-after=%q data-rage-within=%q></script>`, q.Get("dead"), q.Get("rage"))
		if q.Get("dead") == "" {
			script = `<script type="module" src="/cairn/beacon.js"></script>`
		}
		fmt.Fprint(w, strings.Replace(s.page, "<body", script+"\n<body", 1))
	}
}

// Process implements [event.Processor].
func (s *shop) Process(_ context.Context, e *event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, *e)
}

// Shutdown implements [event.Processor].
func (*shop) Shutdown(context.Context) error { return nil }

// recorded sends what is recorded of a run by the beacon, in the order in which it happened.
func (s *shop) recorded(w http.ResponseWriter, r *http.Request) {
	run := r.URL.Query().Get("run")
	s.taking.Lock()
	defer s.taking.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []event.Event
	for i := range s.events {
		if e := &s.events[i]; e.Kind == event.TouchpointEnded && (run == "" || e.Journey.ID == run) {
			found = append(found, *e)
		}
	}
	slices.SortStableFunc(found, func(a, b event.Event) int { return a.Time.Add(a.Duration).Compare(b.Time.Add(b.Duration)) })
	lines := []string{}
	for i := range found {
		e := &found[i]
		lines = append(lines, strings.TrimSpace(e.Touchpoint+" "+e.Outcome.String()+" "+e.Cause))
	}
	reply(w, map[string]any{"lines": lines, "vitals": slices.Clone(s.vitals[run])})
}

func reply(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(body)
}

// seen keeps what browsers send.
func (s *shop) seen(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			s.taking.RLock()
			defer s.taking.RUnlock()
			var b strings.Builder
			r.Body = tee{r.Body, &b}
			defer func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.bodies = append(s.bodies, b.String())
			}()
		}
		h.ServeHTTP(w, r)
	})
}

func (s *shop) sent(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply(w, s.bodies)
}

// inTrace checks that what the browser noticed is in the journey's trace, with the session.
func (s *shop) inTrace(t *testing.T) {
	t.Helper()
	found := 0
	for _, span := range s.spans.GetSpans() {
		has := map[attribute.Key]string{}
		for _, kv := range span.Attributes {
			has[kv.Key] = kv.Value.String()
		}
		if has["cx.cause"] != "dead_click" || has["cx.touchpoint.name"] == event.Other {
			continue
		}
		found++
		if has["cx.touchpoint.name"] != "pay" || has["cx.outcome"] != "failed" || has["error.type"] != "dead_click" || has["cx.journey.name"] != "checkout" || len(has["session.id"]) != 32 {
			t.Errorf("a dead click is the span %q with %v", span.Name, has)
		}
	}
	if found == 0 && os.Getenv("CAIRN_BROWSER_CASE") == "" {
		t.Error("no trace has a dead click")
	}
}

// vitals is a processor of log records.
type vitals struct{ s *shop }

// OnEmit implements [sdklog.Processor].
func (v vitals) OnEmit(_ context.Context, r *sdklog.Record) error {
	has := map[attribute.Key]string{}
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		has[kv.Key] = kv.Value.String()
		return true
	})
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	run := has["cx.journey.id"]
	v.s.vitals[run] = append(v.s.vitals[run], r.EventName()+" "+has["browser.web_vital.name"]+" "+has["browser.web_vital.value"])
	return nil
}

// Enabled implements [sdklog.Processor].
func (vitals) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }

// Shutdown implements [sdklog.Processor].
func (vitals) Shutdown(context.Context) error { return nil }

// ForceFlush implements [sdklog.Processor].
func (vitals) ForceFlush(context.Context) error { return nil }
