package touchpoint_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spy is a client that emits nothing and remembers what happened, and the faults that never get
// into an event.
type spy struct {
	flight.Recorder // the client's

	client *cx.Client

	mu     sync.Mutex
	events []event.Event
	faults []string
}

func newSpy(tb testing.TB, opts ...cx.Option) *spy {
	tb.Helper()
	s := &spy{}
	c, err := cx.New(append([]cx.Option{
		cx.WithTracerProvider(tracenoop.NewTracerProvider()),
		cx.WithMeterProvider(metricnoop.NewMeterProvider()),
		cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
		cx.WithProcessors(watcher{s}),
	}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	s.client, s.Recorder = c, flight.RecorderFrom(cx.NewContext(context.Background(), c))
	tb.Cleanup(func() {
		if err := c.Shutdown(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// Fault implements [flight.Recorder].
func (s *spy) Fault(ctx context.Context, r fault.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, r.Fault.String())
	s.Recorder.Fault(ctx, r)
}

type watcher struct{ s *spy }

func (w watcher) Process(_ context.Context, e *event.Event) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	c := *e
	w.s.events = append(w.s.events, c)
}

func (watcher) Shutdown(context.Context) error { return nil }

func (s *spy) context() context.Context { return flight.NewContext(context.Background(), s) }

// all is what was delivered.
func (s *spy) all() []event.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// touchpoints are those that have ended.
func (s *spy) touchpoints() (all []event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind == event.TouchpointEnded {
			all = append(all, e)
		}
	}
	return all
}

// only is the one touchpoint that there is.
func (s *spy) only(tb testing.TB) event.Event {
	tb.Helper()
	all := s.touchpoints()
	if len(all) != 1 {
		tb.Fatalf("%d touchpoints, want one: %q", len(all), s.names())
	}
	return all[0]
}

func (s *spy) names() (all []string) {
	for _, e := range s.touchpoints() {
		all = append(all, e.Touchpoint)
	}
	return all
}

func (s *spy) counted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.faults)
}

// forget what was counted so far.
func (s *spy) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = s.faults[:0]
}

// serve serves one request without a network, and returns what was answered.
func (s *spy) serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(flight.NewContext(r.Context(), s)))
	return w
}

// server serves h on a real connection, where the spy records. The caller closes it, which waits
// for what is being served.
func (s *spy) server(h http.Handler) *httptest.Server {
	srv := s.unstarted(h)
	srv.Start()
	return srv
}

func (s *spy) unstarted(h http.Handler) *httptest.Server {
	srv := httptest.NewUnstartedServer(h)
	srv.Config.BaseContext = func(net.Listener) context.Context { return s.context() }
	srv.Config.ErrorLog = discard
	return srv
}

// get is a GET request.
func get(target string) *http.Request { return httptest.NewRequest(http.MethodGet, target, nil) }

// status is a handler that answers with it.
func status(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
}

// routes is a mux with a handler at the patterns.
func routes(h http.Handler, patterns ...string) *http.ServeMux {
	mux := http.NewServeMux()
	for _, p := range patterns {
		mux.Handle(p, h)
	}
	return mux
}

var checkout = journey.Define("checkout", journey.Stages("cart", "payment"))

var pay = touchpoint.Define("pay", touchpoint.In(checkout, "payment"))

func everybody(*http.Request) bool { return true }

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
