package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/log"
	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

type discard struct{}

func (discard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (discard) Shutdown(context.Context) error                             { return nil }

// providers of one scenario.
type providers struct {
	traces, journeys trace.TracerProvider
	meter            metric.MeterProvider
	logs             log.LoggerProvider
	flush            func()
}

// queue holds all spans of a round, so that none is dropped: a dropped span would be cheaper.
const queue = 1 << 16

func recording(sampler sdktrace.Sampler) providers {
	bsp := sdktrace.NewBatchSpanProcessor(discard{}, sdktrace.WithMaxQueueSize(queue))
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(bsp), sdktrace.WithSampler(sampler))
	jp := otelsetup.NewJourneyTracerProvider(nil, bsp)
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	return providers{tp, jp, mp, lognoop.NewLoggerProvider(), func() { _ = bsp.ForceFlush(context.Background()) }}
}

func nothing() providers {
	tp := tracenoop.NewTracerProvider()
	return providers{tp, tp, metricnoop.NewMeterProvider(), lognoop.NewLoggerProvider(), func() {}}
}

func (p providers) hands(b *testing.B) *hands {
	b.Helper()
	m := p.meter.Meter("bench")
	counter, err := m.Int64Counter("cx.touchpoint.interactions")
	if err != nil {
		b.Fatal(err)
	}
	times, err := m.Float64Histogram("cx.touchpoint.duration")
	if err != nil {
		b.Fatal(err)
	}
	return &hands{tracer: p.traces.Tracer("bench"), counter: counter, times: times, link: trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, Remote: true,
	})}
}

func (p providers) client(b *testing.B, opts ...cx.Option) *cx.Client {
	b.Helper()
	c, err := cx.New(append([]cx.Option{
		cx.WithTracerProvider(p.traces), cx.WithJourneyTracerProvider(p.journeys),
		cx.WithMeterProvider(p.meter), cx.WithLoggerProvider(p.logs),
		cx.WithDefinitions(checkout, submitPayment), cx.WithSpanLimit(1 << 30),
		cx.WithCustomerKey([]byte("a key for benchmarks only")),
	}, opts...)...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Shutdown(context.Background()) })
	return c
}

// resumed is a context in a journey that another process started.
func resumed(c *cx.Client) context.Context {
	ctx := propagate.ContextWithPosition(cx.NewContext(context.Background(), c), &event.Position{
		Journey: event.Run{Namespace: "default", Name: "checkout", ID: journeyID}, Stage: "payment", Visit: 1,
		Channel: event.Web, Customer: event.Customer{Hash: userHash},
	})
	return checkout.Resume(ctx, journeyID)
}

// tracked is a context in a journey that this process started.
func tracked(c *cx.Client) context.Context {
	ctx := checkout.Start(cx.NewContext(context.Background(), c), journeyID, event.Customer{ID: "4711"}, journey.Via(event.Web))
	return checkout.Enter(ctx, "payment")
}

// variant is one way of doing the same work.
type variant struct {
	name  string
	do    func()
	flush func()
}

// result of a variant: the mean of its rounds, the outer tenths left out.
type result struct {
	nanos  float64 // CPU of the whole process, through the flush
	allocs float64
}

const (
	rounds = 301
	batch  = 500
)

// ballast is a live heap of some 64 MB in small objects, such as a service has. In an empty
// process the garbage collector would run hundreds of times as often, and its start would be most
// of what is measured.
type ballast struct {
	next *ballast
	_    [14]*ballast
}

func heap() *ballast {
	var top *ballast
	for range (64 << 20) / 120 {
		top = &ballast{next: top}
	}
	return top
}

// measure runs the variants in turns, for so many rounds, so that other processes disturb all variants alike.
func measure(variants []variant, rounds int) []result {
	live := heap()
	defer runtime.KeepAlive(live)
	nanos := make([][]float64, len(variants))
	out := make([]result, len(variants))
	for range batch {
		for _, v := range variants {
			v.do()
		}
	}
	for i, v := range variants {
		out[i].allocs = testing.AllocsPerRun(1000, v.do)
		v.flush()
	}
	for round := range rounds {
		for n := range variants {
			i := (n + round) % len(variants)
			start := cpu()
			for range batch {
				variants[i].do()
			}
			variants[i].flush()
			nanos[i] = append(nanos[i], float64(cpu()-start)/batch)
		}
	}
	for i := range variants {
		// The mean without the outer tenths: a median would never see the collector.
		slices.Sort(nanos[i])
		inner := nanos[i][rounds/10 : rounds-rounds/10]
		sum := 0.0
		for _, n := range inner {
			sum += n
		}
		out[i].nanos = sum / float64(len(inner))
	}
	return out
}

// cpu returns the CPU time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// goal is a bound on what a scenario measures.
type goal struct {
	what string
	got  float64
	// wanted is what the design asks for.
	wanted float64
	// reached is the median of seven runs on the machine that the figures in ARCHITECTURE.md are from. It is 0 for
	// allocations, which no noise changes.
	reached float64
}

// slack is how far a ratio may be beyond what was reached before the gate fails. The same code has ratios up to a sixth apart on
// processors of other makers.
const slack = 1.25

// limit is the most that the gate lets pass.
func (g goal) limit() float64 {
	if g.reached == 0 {
		return g.wanted
	}
	return slack * max(g.wanted, g.reached)
}

// scenario is work that several hands do.
type scenario struct {
	name     string
	variants []variant
	goals    func(r []result) []goal // nil for none
}

// run measures the scenario and checks its goals. With CAIRN_BENCH_GATE set, a goal beyond its limit fails the benchmark.
// A ratio is measured twice more then, since other processes may have disturbed the first run, and the median counts.
func (s scenario) run(b *testing.B) { s.runFor(b, rounds) }

// runFor is run for n rounds, for work that takes long.
func (s scenario) runFor(b *testing.B, n int) {
	b.Helper()
	r := measure(s.variants, n)
	show(s.name, s.variants, r)
	if s.goals == nil {
		return
	}
	goals := s.goals(r)
	gate := os.Getenv("CAIRN_BENCH_GATE") != ""
	if gate && slices.ContainsFunc(goals, func(g goal) bool { return g.got > g.limit() }) {
		second, third := s.goals(measure(s.variants, n)), s.goals(measure(s.variants, n))
		for i := range goals {
			three := []float64{goals[i].got, second[i].got, third[i].got}
			slices.Sort(three)
			goals[i].got = three[1]
		}
	}
	for _, g := range goals {
		mark := "met"
		if g.got > g.wanted {
			mark = "MISSED"
		}
		fmt.Fprintf(table, "| | %s | %.2f | at most %.2f: %s |\n", g.what, g.got, g.wanted, mark)
		b.ReportMetric(g.got, strings.ReplaceAll(g.what, " ", "_"))
		if gate && g.got > g.limit() {
			b.Errorf("%s is %.2f: at most %.2f is allowed", g.what, g.got, g.limit())
		}
	}
}

// table collects what TestMain prints.
var table = &strings.Builder{}

func show(scenario string, variants []variant, results []result) {
	for i, v := range variants {
		fmt.Fprintf(table, "| %s | %s | %.0f ns | %.0f allocs |\n", scenario, v.name, results[i].nanos, results[i].allocs)
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	if table.Len() > 0 {
		fmt.Printf("\n| scenario | hand | CPU per touchpoint, or ratio | allocations, or goal |\n| --- | --- | --- | --- |\n%s\n", table)
	}
	os.Exit(code)
}

// once runs the comparison a single time, however long the benchmark is told to run.
func once(b *testing.B, f func()) {
	b.Helper()
	f()
	for b.Loop() { // the comparison is done: the framework's own timing means nothing
	}
	b.ReportMetric(0, "ns/op")
}

func BenchmarkTouchpoint(b *testing.B) {
	once(b, func() {
		p := recording(sdktrace.AlwaysSample())
		h := p.hands(b)
		// The same work as the hands': the live span has the link, and there is no twin.
		linked := resumed(p.client(b, cx.WithJourneyTracerProvider(tracenoop.NewTracerProvider())))
		dropped := resumed(p.client(b, cx.WithJourneySampling(0)))
		twin := tracked(p.client(b))
		usual, tuned := usualContext(context.Background()), tunedContext(context.Background())
		vs := []variant{
			{"usual", func() { h.usual(usual) }, p.flush},
			{"tuned", func() { h.tuned(tuned) }, p.flush},
			{"cairn", func() { cairn(linked) }, p.flush},
			{"cairn, with twin", func() { cairn(twin) }, p.flush},
			{"cairn, journey not kept: no link", func() { cairn(dropped) }, p.flush},
		}
		scenario{"sampled", vs, func(r []result) []goal {
			return []goal{
				{"cairn/usual", r[2].nanos / r[0].nanos, 0.58, 0.70},
				{"cairn/tuned", r[2].nanos / r[1].nanos, 1.10, 1.28},
				{"cairn allocs above tuned", r[2].allocs - r[1].allocs, 1, 0},
				{"twin/tuned", r[3].nanos / r[1].nanos, 1.5, 1.89},
				{"twin allocs", r[3].allocs, 8, 0},
			}
		}}.run(b)
	})
}

// BenchmarkPromise: what an open promise costs a touchpoint of its run. The definition is the same but for its promises, which
// begin and pause in the touchpoint's stage.
func BenchmarkPromise(b *testing.B) {
	once(b, func() {
		p := nothing()
		in := func(opts ...journey.Option) func() {
			d := journey.Define("checkout", append(opts, journey.Stages("cart", "payment", "waiting"))...)
			submit := touchpoint.Define(name, touchpoint.In(d, "payment"), touchpoint.Satisfied(800*time.Millisecond))
			ctx := d.Start(cx.NewContext(context.Background(), p.client(b)), journeyID, event.Customer{ID: "4711"}, journey.Via(event.Web))
			ctx = d.Enter(ctx, "payment")
			return func() {
				_, tp := submit.Start(ctx, event.Web)
				tp.End()
			}
		}
		without := in()
		with := in(journey.Promise("confirmed", 24*time.Hour),
			journey.Promise("paid", 48*time.Hour, journey.Since("payment"), journey.Pauses("waiting"), journey.Hours(calendar.Always())))
		vs := []variant{
			{"without", without, p.flush},
			{"with", with, p.flush},
		}
		scenario{"open promises", vs, func(r []result) []goal {
			return []goal{
				{"with promises/without", r[1].nanos / r[0].nanos, 1.10, 0},
				{"allocs above without", r[1].allocs - r[0].allocs, 0, 0},
			}
		}}.run(b)
	})
}

func BenchmarkUnsampled(b *testing.B) {
	once(b, func() {
		p := recording(sdktrace.NeverSample())
		h := p.hands(b)
		c := resumed(p.client(b, cx.WithJourneySampling(0)))
		usual, tuned := usualContext(context.Background()), tunedContext(context.Background())
		vs := []variant{
			{"usual", func() { h.usual(usual) }, p.flush},
			{"tuned", func() { h.tuned(tuned) }, p.flush},
			{"cairn", func() { cairn(c) }, p.flush},
		}
		scenario{"unsampled", vs, func(r []result) []goal {
			return []goal{
				{"unsampled cairn/tuned", r[2].nanos / r[1].nanos, 1.25, 1.88},
				{"unsampled allocs above tuned", r[2].allocs - r[1].allocs, 1, 0},
			}
		}}.run(b)
	})
}

func BenchmarkNoop(b *testing.B) {
	once(b, func() {
		p := nothing()
		h := p.hands(b)
		c := resumed(p.client(b, cx.WithJourneySampling(0)))
		usual, tuned := usualContext(context.Background()), tunedContext(context.Background())
		vs := []variant{
			{"usual", func() { h.usual(usual) }, p.flush},
			{"tuned", func() { h.tuned(tuned) }, p.flush},
			{"cairn", func() { cairn(c) }, p.flush},
		}
		scenario{"no-op providers", vs, nil}.run(b)
	})
}

func BenchmarkNoClient(b *testing.B) {
	once(b, func() {
		type key struct{ n int }
		ctx := context.Background()
		for i := range 6 {
			ctx = context.WithValue(ctx, key{i}, i)
		}
		const many = 100
		var sink any
		vs := []variant{
			{"100 context lookups", func() {
				for range many {
					sink = ctx.Value(factsKey{})
				}
			}, func() {}},
			{"100 × cairn", func() {
				for range many {
					cairn(ctx)
				}
			}, func() {}},
		}
		_ = sink
		scenario{"no client", vs, func(r []result) []goal {
			return []goal{
				{"no client: cairn/lookup", r[1].nanos / r[0].nanos, 2, 1.42},
				{"no client: allocs", r[1].allocs, 0, 0},
			}
		}}.run(b)
	})
}

func BenchmarkHandler(b *testing.B) {
	once(b, func() {
		p := recording(sdktrace.AlwaysSample())
		c := p.client(b, cx.WithJourneySampling(0))
		mux := http.NewServeMux()
		mux.HandleFunc("POST /pay/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		outside := func(h http.Handler) http.Handler {
			return otelhttp.NewHandler(h, "shop", otelhttp.WithTracerProvider(p.traces), otelhttp.WithMeterProvider(p.meter))
		}
		serve := func(h http.Handler) func() {
			ctx := cx.NewContext(context.Background(), c)
			r := httptest.NewRequest(http.MethodPost, "/pay/4711", nil).WithContext(ctx)
			return func() { h.ServeHTTP(&nowhere{h: http.Header{}}, r) }
		}
		with := touchpoint.Handler(mux, touchpoint.WithRoute("POST /pay/{id}", submitPayment),
			touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return journeyID }))
		vs := []variant{
			{"plain", serve(mux), p.flush},
			{"otelhttp", serve(outside(mux)), p.flush},
			{"otelhttp and cairn", serve(outside(with)), p.flush},
		}
		scenario{"handler", vs, func(r []result) []goal {
			return []goal{
				{"handler: cairn adds/otelhttp adds", (r[2].nanos - r[1].nanos) / (r[1].nanos - r[0].nanos), 0.45, 0.60},
				{"handler: allocs above otelhttp", r[2].allocs - r[1].allocs, 4, 0},
			}
		}}.run(b)
	})
}

// nowhere is a response writer that costs nothing.
type nowhere struct{ h http.Header }

func (n *nowhere) Header() http.Header         { return n.h }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(int)             {}
