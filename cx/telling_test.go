package cx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// hearing is a function for WithOnFault that remembers what it was told.
type hearing struct {
	mu    sync.Mutex
	heard []fault.Report
}

func (h *hearing) hear(_ context.Context, r fault.Report) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = append(h.heard, r)
}

func (h *hearing) all() []fault.Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]fault.Report(nil), h.heard...)
}

// lines is a log that remembers its text.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

// silent is for tests whose faults go to a function: no line for people.
func silent() cx.Option { return cx.WithLogger(slog.New(slog.DiscardHandler)) }

func told(t *testing.T, opts ...cx.Option) (*cx.Client, context.Context) {
	t.Helper()
	client, err := cx.New(append([]cx.Option{
		cx.WithTracerProvider(tracenoop.NewTracerProvider()), cx.WithMeterProvider(metricnoop.NewMeterProvider()), silent(),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return client, cx.NewContext(context.Background(), client)
}

func flush(t *testing.T, c *cx.Client) {
	t.Helper()
	if err := c.Flush(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestTheFirstOfAMinuteIsTold, with how many there were since, and each name by itself.
func TestTheFirstOfAMinuteIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		client, ctx := told(t, cx.WithOnFault(h.hear))
		wrong := func(name string) {
			flight.Fault(ctx, fault.Report{Fault: fault.UnknownRoute, Name: name})
		}
		for range 1235 {
			wrong("GET /a")
		}
		wrong("GET /b")
		flight.Fault(ctx, fault.Report{Fault: fault.NoRoute, Name: "GET /a"}) // another fault
		flush(t, client)
		if got := h.all(); len(got) != 3 || got[0].Name != "GET /a" || got[0].More != 0 || got[1].Name != "GET /b" || got[2].Fault != fault.NoRoute {
			t.Fatalf("told %v, want each fault and name once", got)
		}
		time.Sleep(time.Minute - time.Nanosecond)
		wrong("GET /a")
		flush(t, client)
		if n := len(h.all()); n != 3 {
			t.Errorf("within the minute %d are told, want 3", n)
		}
		time.Sleep(time.Nanosecond)
		wrong("GET /a")
		flush(t, client)
		got := h.all()
		if len(got) != 4 || got[3].More != 1235 {
			t.Fatalf("after a minute told %v, want one more, which says that there were 1235 others", got[3:])
		}
		if s := got[3].String(); !strings.Contains(s, "and 1,235 more since") {
			t.Errorf("it reads %q", s)
		}
	})
}

// TestALogLine has all that a person needs, as attributes.
func TestALogLine(t *testing.T) {
	t.Parallel()
	var l lines
	client, ctx := told(t, cx.WithLogger(l.logger()))
	order := journey.Define("order", journey.Stages("basket"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cart/{id}", func(_ http.ResponseWriter, r *http.Request) {
		order.Enter(order.Start(r.Context(), "order-77", event.Customer{ID: "alice"}), "bascet")
	})
	r := httptest.NewRequest(http.MethodGet, "/cart/4711", nil).WithContext(ctx)
	touchpoint.Handler(mux).ServeHTTP(httptest.NewRecorder(), r)
	flush(t, client)
	for _, want := range []string{
		`"level":"WARN"`, `"msg":"cairn: unknown_name"`, `"fault":"unknown_name"`, `"name":"bascet"`, `"route":"GET /cart/{id}"`,
		`"detail":"it is a stage that the journey order does not have"`, `"remedy":"` + fault.UnknownName.Remedy(),
	} {
		if !strings.Contains(l.String(), want) {
			t.Errorf("the log is %s, want %s", &l, want)
		}
	}
	for _, never := range []string{"4711", "order-77", "alice", `"stack"`, `"more"`} {
		if strings.Contains(l.String(), never) {
			t.Errorf("the log is %s, which has %q", &l, never)
		}
	}
}

// TestRoutes: the route is known where no touchpoint is, too, and in what a handler calls later with its context.
func TestRoutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opts []touchpoint.HandlerOption
	}{
		{"a touchpoint by its route", nil},
		{"a touchpoint of its own", []touchpoint.HandlerOption{touchpoint.WithRoute("GET /cart/{id}", touchpoint.Define("see-cart"))}},
		{"skipped", []touchpoint.HandlerOption{touchpoint.WithSkip("GET /cart/{id}")}},
		{"only others", []touchpoint.HandlerOption{touchpoint.WithOnlyRoutes()}},
		{"in a run", []touchpoint.HandlerOption{touchpoint.WithJourneyID(journey.Define("order"), func(r *http.Request) string { return r.PathValue("id") })}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var h hearing
			client, ctx := told(t, cx.WithOnFault(h.hear))
			mux := http.NewServeMux()
			mux.HandleFunc("GET /cart/{id}", func(_ http.ResponseWriter, r *http.Request) {
				ctx := journey.Define("order").Start(r.Context(), "1", event.Customer{})
				flight.Fault(ctx, fault.Report{Fault: fault.NoRoute, Name: "x"})
			})
			touchpoint.Handler(mux, c.opts...).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/cart/7", nil).WithContext(ctx))
			flush(t, client)
			var routes []string
			for _, r := range h.all() {
				if r.Fault == fault.NoRoute {
					routes = append(routes, r.Route)
				}
			}
			if len(routes) != 1 || routes[0] != "GET /cart/{id}" {
				t.Errorf("the routes are %q, want the pattern", routes)
			}
		})
	}
}

// TestRoutesOfOptions: a fault that the handler itself makes, before there is a touchpoint or after, has the route.
func TestRoutesOfOptions(t *testing.T) {
	t.Parallel()
	order := journey.Define("order")
	for _, c := range []struct {
		name  string
		opt   touchpoint.HandlerOption
		fault fault.Fault
	}{
		{"JourneyID panics", touchpoint.WithJourneyID(order, func(*http.Request) string { panic(1) }), fault.Panic},
		{"an ID that is none", touchpoint.WithJourneyID(order, func(*http.Request) string { return "\x00" }), fault.InvalidID},
		{"Via panics", touchpoint.WithChannel(func(*http.Request) event.Channel { panic(1) }), fault.Panic},
		{"Statuses panics", touchpoint.WithStatuses(func(int) event.Outcome { panic(1) }), fault.Panic},
		{"Synthetic panics", touchpoint.WithSynthetic(func(*http.Request) touchpoint.SyntheticType { panic(1) }), fault.Panic},
		{"Trust panics", touchpoint.WithTrustedPeers(func(*http.Request) bool { panic(1) }), fault.Panic},
		{"a position of a stranger", nil, fault.Untrusted},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var h hearing
			client, ctx := told(t, cx.WithOnFault(h.hear))
			mux := http.NewServeMux()
			mux.HandleFunc("GET /cart/{id}", func(http.ResponseWriter, *http.Request) {})
			r := httptest.NewRequest(http.MethodGet, "/cart/7", nil).WithContext(ctx)
			r.Header.Set("Baggage", "cairn=1/n/order/1///////web/")
			touchpoint.Handler(mux, c.opt).ServeHTTP(httptest.NewRecorder(), r)
			flush(t, client)
			n := 0
			for _, r := range h.all() {
				if r.Fault == c.fault {
					n++
					if r.Route != "GET /cart/{id}" {
						t.Errorf("%s has the route %q, want the pattern", r.Fault, r.Route)
					}
				}
			}
			if n != 1 {
				t.Errorf("told %d times, want once", n)
			}
		})
	}
}

// TestTellingIsBounded: names that come from outside, in any number and size, take neither memory nor lines, and do not
// keep other faults from being told.
func TestTellingIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		client, ctx := told(t, cx.WithOnFault(h.hear))
		const n = 300
		long, newlines, zeros, stack := strings.Repeat("x", 1000), strings.Repeat("\n", 10_000), strings.Repeat("/\x00", 1000), make([]byte, 100_000)
		for i := range n {
			for f := range fault.Fault(fault.Num) { //nolint:gosec // it is small
				flight.Fault(ctx, fault.Report{Fault: f, Name: fmt.Sprintf("%d\n\x1b[31m\u202e%s", i, long), Detail: newlines, Route: zeros, Stack: stack})
			}
			if i == 10 {
				flush(t, client)
			}
		}
		flush(t, client)
		got := h.all()
		if len(got) != 100 {
			t.Errorf("%d are told within a minute, want 100", len(got))
		}
		for _, r := range got {
			if len(r.Name) > event.MaxName || len(r.Detail) > 512 || len(r.Route) > 128 || len(r.Stack) > 4096 {
				t.Fatalf("told %d bytes of a name, %d of a detail, %d of a route and %d of a stack", len(r.Name), len(r.Detail), len(r.Route), len(r.Stack))
			}
			if strings.ContainsAny(r.Name+r.Detail+r.Route, "\n\x1b\x00\u202e") {
				t.Fatalf("told %q, which changes the line around it", r)
			}
		}
		if n := len(client.Faults()); n > 17*fault.Num {
			t.Errorf("%d names are remembered", n)
		}
		var counted int64
		for _, f := range client.Faults() {
			counted += f.Count
		}
		if counted != n*int64(fault.Num) {
			t.Errorf("%d are counted, want %d", counted, n*fault.Num)
		}
		time.Sleep(time.Minute)
		flight.Fault(ctx, fault.Report{Fault: fault.Conflict, Name: "after it"})
		flush(t, client)
		if got := h.all(); got[len(got)-1].Name != "after it" {
			t.Errorf("a minute later the last one told is %q: old names make room for new ones", got[len(got)-1].Name)
		}
	})
}

// TestFaultyListeners: what is told of a fault may panic, record, flush, shut down, hang or end its goroutine; recording
// goes on, and nothing waits for it for long.
func TestFaultyListeners(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		hook func(ctx context.Context, c *cx.Client, release <-chan struct{})
		want fault.Fault // that is counted because of it
		none bool
	}{
		{"panics", func(context.Context, *cx.Client, <-chan struct{}) { panic("secret-of-alice") }, fault.Panic, false},
		{"records", func(ctx context.Context, _ *cx.Client, _ <-chan struct{}) {
			flight.Fault(ctx, fault.Report{Fault: fault.UnknownRoute, Name: time.Now().String()})
			touchpoint.Define("\n").Record(ctx, event.Web)
		}, fault.InvalidName, false},
		{"flushes", func(ctx context.Context, c *cx.Client, _ <-chan struct{}) { _ = c.Flush(ctx) }, 0, true},
		{"flushes elsewhere", func(_ context.Context, c *cx.Client, _ <-chan struct{}) { _ = c.Flush(context.Background()) }, 0, true},
		{"shuts down", func(ctx context.Context, c *cx.Client, _ <-chan struct{}) { _ = c.Shutdown(ctx) }, 0, true},
		{"ends its goroutine", func(context.Context, *cx.Client, <-chan struct{}) { runtime.Goexit() }, 0, true},
		{"hangs", func(_ context.Context, _ *cx.Client, release <-chan struct{}) { <-release }, fault.Hook, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				var client *cx.Client
				client, ctx := told(t, cx.WithOnFault(func(ctx context.Context, _ fault.Report) { c.hook(ctx, client, release) }))
				began := time.Now()
				for i := range 1000 {
					flight.Fault(ctx, fault.Report{Fault: fault.NoRoute, Name: fmt.Sprint(i)})
				}
				if took := time.Since(began); took != 0 {
					t.Errorf("recording waited for %v", took)
				}
				if err := client.Flush(context.Background()); err != nil && c.name != "shuts down" {
					t.Error(err)
				}
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("Flush took %v", took)
				}
				var has bool
				for _, f := range client.Faults() {
					has = has || f.Fault == c.want
					if strings.Contains(f.String(), "secret") {
						t.Errorf("told %s: what was panicked with may be personal", f)
					}
				}
				if has == c.none {
					t.Errorf("the faults are %v, want %v among them", client.Faults(), c.want)
				}
				close(release)
				synctest.Wait()
			})
		})
	}
}

// panickingHandler is a log that panics.
type panickingHandler struct{ slog.Handler }

func (panickingHandler) Handle(context.Context, slog.Record) error { panic("boom") }

// TestAPanickingLog harms nobody.
func TestAPanickingLog(t *testing.T) {
	t.Parallel()
	client, ctx := told(t, cx.WithLogger(slog.New(panickingHandler{slog.DiscardHandler.WithGroup("x")})))
	flight.Fault(ctx, fault.Report{Fault: fault.NoRoute})
	flush(t, client)
	if got := client.Faults(); len(got) == 0 {
		t.Error("nothing is counted")
	}
}

// explode panics where the stack can be looked for.
func explode(v any) { panic(v) }

type panicker struct{ v any }

func (p panicker) Process(context.Context, *event.Event)         { explode(p.v) }
func (p panicker) Export(context.Context, []event.Event) error   { explode(p.v); return nil }
func (panicker) Shutdown(context.Context) error                  { return nil }
func (p panicker) Forget(context.Context, string) (int64, error) { explode(p.v); return 0, nil }
func (p panicker) Flush(context.Context) error                   { explode(p.v); return nil }

// TestPanicsAreToldWithTheirStack, and with the name of what has panicked, never with what it panicked with.
func TestPanicsAreToldWithTheirStack(t *testing.T) {
	t.Parallel()
	secret := errors.New("the card of alice@example.org")
	pay := touchpoint.Define("pay")
	order := journey.Define("order", journey.Stages("basket"), journey.Expect("basket", time.Minute))
	for _, c := range []struct {
		name, told string
		opt        func() cx.Option
		do         func(ctx context.Context, c *cx.Client)
	}{
		{"a processor", "cx_test.panicker", func() cx.Option { return cx.WithProcessors(panicker{secret}) }, nil},
		{"an exporter", "cx_test.panicker", func() cx.Option { return cx.WithExporters(panicker{secret}) }, nil},
		{"a redactor", "the function of cx.WithRedactor", func() cx.Option {
			return cx.WithRedactor(func(string) string { explode(secret); return "" })
		}, func(ctx context.Context, _ *cx.Client) {
			feedback.CSAT.Record(ctx, 3, feedback.Comment("alice@example.org"))
		}},
		{"a clock", "the function of cx.WithClock", func() cx.Option {
			return cx.WithClock(func() time.Time { explode(secret); return time.Time{} })
		}, nil},
		{"a hook for promises", "the function of cx.WithOnDue", func() cx.Option {
			return cx.WithOnDue(func(context.Context, journey.Due) { explode(secret) })
		}, func(ctx context.Context, c *cx.Client) {
			ctx = order.Start(ctx, "1", event.Customer{})
			order.Promise(ctx, "callback", time.Now().Add(time.Second))
			time.Sleep(2 * time.Minute)
			_ = c.Flush(context.Background())
		}},
		{"a hook", "the function of cx.WithOnStall", func() cx.Option {
			return cx.WithOnStall(func(context.Context, journey.State) { explode(secret) })
		}, func(ctx context.Context, c *cx.Client) {
			order.Enter(order.Start(ctx, "1", event.Customer{}), "basket")
			time.Sleep(2 * time.Minute)
			_ = c.Flush(context.Background())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var h hearing
				client, err := cx.New(silent(), cx.WithTracerProvider(tracenoop.NewTracerProvider()), cx.WithMeterProvider(metricnoop.NewMeterProvider()),
					cx.WithOnFault(h.hear), c.opt())
				if err != nil {
					t.Fatal(err)
				}
				ctx := cx.NewContext(context.Background(), client)
				pay.Record(ctx, event.Web)
				if c.do != nil {
					c.do(ctx, client)
				}
				_ = client.Flush(context.Background())    // an exporter that panics is an error
				_ = client.Shutdown(context.Background()) // the same
				var found bool
				for _, r := range h.all() {
					if r.Fault != fault.Panic {
						continue
					}
					if strings.Contains(r.String(), "alice") {
						t.Errorf("told %s", r)
					}
					first, _, _ := strings.Cut(string(r.Stack), "\n")
					found = found || strings.HasSuffix(r.Name, c.told) && strings.HasSuffix(first, "cx_test.explode") && strings.Contains(r.Detail, "*errors.errorString")
				}
				if !found {
					t.Errorf("told %v, want a panic of %q whose stack begins where it began", h.all(), c.told)
				}
			})
		})
	}
}

// bursting is a store one of whose methods panics.
type bursting struct {
	ledger.Store

	method string
}

func (b bursting) burst(method string) {
	if b.method == method {
		explode(errors.New("the card of alice@example.org"))
	}
}

func (b bursting) Write(ctx context.Context, c []ledger.Change) ([]ledger.Record, error) {
	b.burst("Write")
	return b.Store.Write(ctx, c)
}

func (b bursting) Claim(ctx context.Context, limit int, lease time.Duration) (now time.Time, due []ledger.Record, err error) {
	b.burst("Claim")
	return b.Store.Claim(ctx, limit, lease)
}

func (b bursting) Count(context.Context, string, time.Duration) (live map[ledger.Place]int64, held bool, err error) {
	b.burst("Count")
	return nil, false, nil
}

func (b bursting) Forget(context.Context, string, time.Duration) (int, error) {
	b.burst("Forget")
	return 0, nil
}

// TestStoresPanics: a panic in any method of a store is reported with its stack, and without its value.
func TestStoresPanics(t *testing.T) {
	t.Parallel()
	order := journey.Define("purchase", journey.Stages("basket"), journey.AbandonAfter(time.Minute))
	for _, method := range []string{"Write", "Claim", "Count", "Forget"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var h hearing
				i := open(t, bursting{newTable(), method}, cx.WithOnFault(h.hear))
				order.Enter(order.Start(i.ctx(), "1", event.Customer{}), "basket")
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
				defer cancel()
				soon, stop := context.WithTimeout(ctx, time.Minute)
				defer stop()
				_ = i.Flush(soon)
				_, _ = i.Forget(soon, "alice")
				time.Sleep(2 * time.Minute)
				_ = i.Flush(ctx)
				_ = i.Shutdown(ctx)         // the panic, as an error
				time.Sleep(2 * time.Minute) // after Shutdown the client goes on for a minute
				var found bool
				for _, r := range h.all() {
					if strings.Contains(r.String(), "alice") {
						t.Errorf("reported %s", r)
					}
					first, _, _ := strings.Cut(string(r.Stack), "\n")
					found = found || r.Fault == fault.Panic && strings.HasSuffix(r.Name, "cx_test.bursting") &&
						strings.HasSuffix(first, "cx_test.explode") && strings.Contains(r.Detail, "*errors.errorString")
				}
				if !found {
					t.Errorf("reported %v, want a panic of the store whose stack begins where it began", h.all())
				}
			})
		})
	}
}

// TestListenersOptions: a listener that is not there is a fault of the configuration.
func TestListenersOptions(t *testing.T) {
	t.Parallel()
	_, err := cx.New(cx.WithLogger(nil), cx.WithOnFault(nil))
	if err == nil || !strings.Contains(err.Error(), "WithLogger(nil)") || !strings.Contains(err.Error(), "WithOnFault(nil)") {
		t.Errorf("New: %v, want both named", err)
	}
}

// TestListenersContext has the span of what was recorded, and nothing that belongs to its request.
func TestListenersContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	var got trace.SpanContext
	var value any
	var alive error
	client, ctx := told(t, cx.WithOnFault(func(ctx context.Context, _ fault.Report) {
		got, value, alive = trace.SpanContextFromContext(ctx), ctx.Value(key{}), ctx.Err()
	}))
	ctx, cancel := context.WithCancel(context.WithValue(trace.ContextWithSpanContext(ctx, sc), key{}, "x"))
	cancel()
	flight.Fault(ctx, fault.Report{Fault: fault.NoRoute})
	flush(t, client)
	if !got.Equal(sc) || value != nil || alive != nil {
		t.Errorf("the context has the span %v, the value %v and the error %v", got, value, alive)
	}
}

// TestRepeatingIsCheap: what is not told allocates nothing.
func TestRepeatingIsCheap(t *testing.T) { //nolint:paralleltest // it counts allocations
	_, ctx := told(t)
	r := fault.Report{Fault: fault.NoRoute, Name: "GET /"}
	flight.Fault(ctx, r)
	if n := testing.AllocsPerRun(1000, func() { flight.Fault(ctx, r) }); n != 0 {
		t.Errorf("a fault that was told allocates %v times", n)
	}
}
