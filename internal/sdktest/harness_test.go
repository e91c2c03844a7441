package sdktest_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func TestMain(m *testing.M) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(handled.add)) // OpenTelemetry has only one
	goleak.VerifyTestMain(m)
}

// handled records the reports to OpenTelemetry's error handler.
var handled reports

type reports struct {
	mu   sync.Mutex
	errs []error
}

func (r *reports) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

// with returns how often a report with the text occurred.
func (r *reports) with(text string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, err := range r.errs {
		if strings.Contains(err.Error(), text) {
			n++
		}
	}
	return n
}

// clock stands still until the test moves it.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: day1} }

// day1 is the beginning of the stories.
var day1 = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

const namespace = "sdktest"

var customerKey = []byte("a key for tests, not a secret")

// arrangement is the way in which a process has set up the SDK.
type arrangement struct {
	// requests samples the request traces. Default: always.
	requests sdktrace.Sampler
	// ordinary also gives the request provider telemetry.IDGenerator().
	generator bool
	// journeys says whether there is a provider of journey spans, and journeyGenerator whether it has
	// telemetry.IDGenerator().
	journeys, journeyGenerator bool
	// sink is whether that provider takes spans that have ended.
	sink bool
}

// likeOtelsetup is the arrangement of otelsetup.
func likeOtelsetup() arrangement {
	return arrangement{generator: true, journeys: true, sink: true}
}

// byHand is the same with the SDK's own provider of journey spans.
func byHand() arrangement {
	return arrangement{generator: true, journeys: true, journeyGenerator: true}
}

// process is one process of a service, with an SDK and a client of its own.
type process struct {
	tb        testing.TB
	spans     *tracetest.InMemoryExporter // the spans of requests
	twins     *tracetest.InMemoryExporter // the spans of journeys; the same as spans if they have no provider of their own
	reader    *sdkmetric.ManualReader
	logs      *logExporter
	tracer    trace.Tracer
	provider  trace.TracerProvider // the provider of requests
	meters    metric.MeterProvider
	providers []cx.Option
	client    *cx.Client
}

// newProcess starts a process of the service in the arrangement of otelsetup.
func newProcess(tb testing.TB, service string, opts ...cx.Option) *process {
	tb.Helper()
	return arranged(tb, service, likeOtelsetup(), opts...)
}

func arranged(tb testing.TB, service string, a arrangement, opts ...cx.Option) *process {
	tb.Helper()
	p := sdk(tb, service, a)
	p.start(opts...)
	return p
}

// sdk sets up a process without a client.
func sdk(tb testing.TB, service string, a arrangement) *process {
	tb.Helper()
	p := &process{
		tb: tb, spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader(), logs: &logExporter{},
	}
	res := sdkResource(service)
	if a.requests == nil {
		a.requests = sdktrace.AlwaysSample()
	}
	common := []sdktrace.TracerProviderOption{sdktrace.WithResource(res), sdktrace.WithSyncer(p.spans), sdktrace.WithSampler(a.requests)}
	if a.generator {
		common = append(common, sdktrace.WithIDGenerator(telemetry.IDGenerator()))
	}
	tp := sdktrace.NewTracerProvider(common...)
	p.tracer, p.provider = tp.Tracer("test"), tp
	p.twins = p.spans
	p.providers = []cx.Option{cx.WithTracerProvider(tp)}
	if a.journeys {
		p.twins = tracetest.NewInMemoryExporter()
		own := []sdktrace.TracerProviderOption{
			sdktrace.WithResource(res), sdktrace.WithSyncer(p.twins), sdktrace.WithSampler(sdktrace.AlwaysSample()),
		}
		if a.journeyGenerator {
			own = append(own, sdktrace.WithIDGenerator(telemetry.IDGenerator()))
		}
		var jp trace.TracerProvider = sdktrace.NewTracerProvider(own...)
		if a.sink {
			jp = otelsetup.NewJourneyTracerProvider(res, sdktrace.NewSimpleSpanProcessor(p.twins))
		}
		p.providers = append(p.providers, cx.WithJourneyTracerProvider(jp))
	}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithResource(res), sdkmetric.WithReader(p.reader),
		sdkmetric.WithCardinalityLimit(0)) // only Cairn's own bounds apply
	p.meters = mp
	lp := sdklog.NewLoggerProvider(sdklog.WithResource(res), sdklog.WithProcessor(sdklog.NewSimpleProcessor(p.logs)))
	p.providers = append(p.providers, cx.WithMeterProvider(mp), cx.WithLoggerProvider(lp),
		cx.WithNamespace(namespace), cx.WithCustomerKey(customerKey))
	return p
}

func sdkResource(service string) *resource.Resource {
	return resource.NewSchemaless(attribute.String("service.name", service))
}

// start makes the process's client. Options take precedence over the arrangement.
func (p *process) start(opts ...cx.Option) {
	p.tb.Helper()
	c, err := cx.New(append(slices.Clone(p.providers), opts...)...)
	if err != nil {
		p.tb.Fatal(err)
	}
	p.client = c
	p.tb.Cleanup(func() {
		if err := c.Shutdown(context.Background()); err != nil {
			p.tb.Errorf("shutting down: %v", err)
		}
	})
}

// context returns a context in which the process's client records.
func (p *process) context() context.Context { return cx.NewContext(context.Background(), p.client) }

// request opens a server's span, as otelhttp would.
func (p *process) request(name string) (context.Context, trace.Span) {
	return p.tracer.Start(p.context(), name, trace.WithSpanKind(trace.SpanKindServer))
}

// journeySpans returns the spans that the processes have added to the journey's trace.
func journeySpans(id trace.TraceID, ps ...*process) (all tracetest.SpanStubs) {
	for _, p := range ps {
		for _, s := range p.twins.GetSpans() {
			if s.SpanContext.TraceID() == id {
				all = append(all, s)
			}
		}
	}
	return all
}

// named returns the only span with that name.
func named(tb testing.TB, spans tracetest.SpanStubs, name string) tracetest.SpanStub {
	tb.Helper()
	var found tracetest.SpanStubs
	for _, s := range spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		tb.Fatalf("%d spans have the name %q, want one; the spans are %q", len(found), name, names(spans))
	}
	return found[0]
}

func names(spans tracetest.SpanStubs) (all []string) {
	for _, s := range spans {
		all = append(all, s.Name)
	}
	return all
}

// wellFormed checks the rules for every journey's trace: all parents exist, except the allowed virtual ones, and
// no span ID occurs twice.
func wellFormed(tb testing.TB, spans tracetest.SpanStubs, virtual ...trace.SpanID) {
	tb.Helper()
	ids := map[trace.SpanID]string{}
	for _, s := range spans {
		if was, ok := ids[s.SpanContext.SpanID()]; ok {
			tb.Errorf("%q and %q have the same span ID %v", was, s.Name, s.SpanContext.SpanID())
		}
		ids[s.SpanContext.SpanID()] = s.Name
	}
	for _, s := range spans {
		if !s.Parent.IsValid() {
			continue
		}
		if _, ok := ids[s.Parent.SpanID()]; !ok && !slices.Contains(virtual, s.Parent.SpanID()) {
			tb.Errorf("the parent %v of %q is missing", s.Parent.SpanID(), s.Name)
		}
		if s.Parent.TraceID() != s.SpanContext.TraceID() {
			tb.Errorf("the parent of %q is in another trace", s.Name)
		}
	}
}

// roots returns the spans without a parent.
func roots(spans tracetest.SpanStubs) (all tracetest.SpanStubs) {
	for _, s := range spans {
		if !s.Parent.SpanID().IsValid() {
			all = append(all, s)
		}
	}
	return all
}

// derive computes the derivation of the design without Cairn: the SHA-256 of the parts, each after its length.
func derive(parts ...string) [sha256.Size]byte {
	var b []byte
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return sha256.Sum256(b)
}

func traceID(name, id string) (t trace.TraceID) {
	sum := derive("cairn.trace.1", namespace, name, id)
	copy(t[:], sum[:])
	return t
}

func rootID(name, id string) (s trace.SpanID) {
	sum := derive("cairn.trace.1", namespace, name, id)
	copy(s[:], sum[16:])
	return s
}

func stageID(name, id, stage string, visit int) (s trace.SpanID) {
	sum := derive("cairn.stage.1", namespace, name, id, stage, fmt.Sprint(visit))
	copy(s[:], sum[:])
	return s
}

func startedID(name, id string) (s trace.SpanID) {
	sum := derive("cairn.started.1", namespace, name, id)
	copy(s[:], sum[:])
	return s
}

// attrs returns attributes as text.
func attrs(kvs []attribute.KeyValue) map[string]string {
	m := map[string]string{}
	for _, kv := range kvs {
		m[string(kv.Key)] = kv.Value.String()
	}
	return m
}

// logExporter keeps log records.
type logExporter struct {
	mu      sync.Mutex
	records []sdklog.Record
}

func (l *logExporter) Export(_ context.Context, records []sdklog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		l.records = append(l.records, r.Clone())
	}
	return nil
}

func (*logExporter) Shutdown(context.Context) error   { return nil }
func (*logExporter) ForceFlush(context.Context) error { return nil }

func (l *logExporter) all() []sdklog.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.records)
}

func recordAttrs(r sdklog.Record) map[string]string {
	m := map[string]string{}
	for kv := range r.WalkAttributes {
		m[string(kv.Key)] = kv.Value.String()
	}
	return m
}

// collect reads the process's metrics.
func (p *process) collect() metricdata.ResourceMetrics {
	p.tb.Helper()
	var rm metricdata.ResourceMetrics
	if err := p.reader.Collect(context.Background(), &rm); err != nil {
		p.tb.Fatal(err)
	}
	return rm
}

// points returns the measurements of events, "name{key=value,…}" → "7" for sums and gauges, "n=2 sum=1.5" for
// histograms. It leaves out the series that always exist.
func (p *process) points() map[string]string {
	p.tb.Helper()
	m := p.series()
	for key, v := range m {
		if v == "0" && strings.HasPrefix(key, "cx.journey.") || strings.HasPrefix(key, "cx.sdk.info{") ||
			v == "0" && strings.HasPrefix(key, "cx.sdk.") && !strings.Contains(key, ".queue.") && !strings.Contains(key, "inflight") {
			delete(m, key)
		}
	}
	return m
}

// series returns all measurements, including those with zero.
func (p *process) series() map[string]string {
	p.tb.Helper()
	m := map[string]string{}
	for _, sm := range p.collect().ScopeMetrics {
		for _, metrics := range sm.Metrics {
			for key, value := range measurements(metrics) {
				m[key] = value
			}
		}
	}
	return m
}

// point returns one measurement, or "".
func (p *process) point(key string) string {
	p.tb.Helper()
	return p.points()[key]
}

// faults returns the counts of cx.sdk.faults.
func (p *process) faults() map[string]string {
	p.tb.Helper()
	m := map[string]string{}
	for key, v := range p.points() {
		if name, ok := strings.CutPrefix(key, "cx.sdk.faults{error.type="); ok {
			m[strings.TrimSuffix(name, "}")] = v
		}
	}
	return m
}

func measurements(m metricdata.Metrics) map[string]string {
	out := map[string]string{}
	key := func(set attribute.Set) string {
		var kvs []string
		for _, kv := range set.ToSlice() {
			kvs = append(kvs, string(kv.Key)+"="+kv.Value.String())
		}
		slices.Sort(kvs)
		return m.Name + "{" + strings.Join(kvs, ",") + "}"
	}
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			out[key(p.Attributes)] = fmt.Sprint(p.Value)
		}
	case metricdata.Gauge[int64]:
		for _, p := range d.DataPoints {
			out[key(p.Attributes)] = fmt.Sprint(p.Value)
		}
	case metricdata.Histogram[int64]:
		for _, p := range d.DataPoints {
			out[key(p.Attributes)] = fmt.Sprintf("n=%d sum=%d", p.Count, p.Sum)
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			out[key(p.Attributes)] = fmt.Sprintf("n=%d sum=%g", p.Count, p.Sum)
		}
	default:
		out[m.Name] = fmt.Sprintf("%T", d)
	}
	return out
}

// everything returns all data that left the process, as text, so that a test can search for forbidden data.
func (p *process) everything() string {
	p.tb.Helper()
	var b strings.Builder
	for _, spans := range []tracetest.SpanStubs{p.spans.GetSpans(), p.twins.GetSpans()} {
		text, err := json.Marshal(spans)
		if err != nil {
			p.tb.Fatal(err)
		}
		b.Write(text)
		fmt.Fprintf(&b, "%+v\n", spans)
	}
	rm := p.collect()
	text, err := json.Marshal(rm)
	if err != nil {
		p.tb.Fatal(err)
	}
	b.Write(text)
	fmt.Fprintf(&b, "%+v\n", rm)
	for _, r := range p.logs.all() {
		fmt.Fprintf(&b, "%s %s %s %v %v\n", r.EventName(), r.SeverityText(), r.Body().String(), recordAttrs(r), r.Resource())
	}
	return b.String()
}

// processor keeps every event.
type processor struct {
	mu     sync.Mutex
	events []event.Event
}

func (p *processor) Process(_ context.Context, e *event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := *e
	p.events = append(p.events, c)
}

func (*processor) Shutdown(context.Context) error { return nil }

func (p *processor) all() []event.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events)
}

// of returns the events of the kind.
func (p *processor) of(k event.Kind) (some []event.Event) {
	for _, e := range p.all() {
		if e.Kind == k {
			some = append(some, e)
		}
	}
	return some
}

// The definitions of the shop of most stories.
var (
	checkout = journey.Define("checkout",
		journey.Stages("cart", "address", "payment", "confirmation"), journey.AbandonAfter(72*time.Hour))
	viewCart      = touchpoint.Define("view-cart", touchpoint.In(checkout, "cart"), touchpoint.Satisfied(time.Second))
	enterAddress  = touchpoint.Define("enter-address", touchpoint.In(checkout, "address"))
	submitPayment = touchpoint.Define("submit-payment", touchpoint.In(checkout, "payment"), touchpoint.Satisfied(time.Second))
	seeReceipt    = touchpoint.Define("see-receipt", touchpoint.In(checkout, "confirmation"))
	chargeCard    = touchpoint.Define("charge-card")
	issueRefund   = touchpoint.Define("issue-refund", touchpoint.In(checkout, "payment"))
)

// sorted returns a copy of s in order.
func sorted[E cmp.Ordered](s []E) []E {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}
