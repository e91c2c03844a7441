package otelsetup_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// keeper is a span processor that keeps every span, as a slow queue does, with what the span was when it came.
type keeper struct {
	mu    sync.Mutex
	spans []sdktrace.ReadOnlySpan
	were  []string
}

func (*keeper) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (*keeper) Shutdown(context.Context) error                  { return nil }
func (*keeper) ForceFlush(context.Context) error                { return nil }

func (k *keeper) OnEnd(s sdktrace.ReadOnlySpan) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.spans, k.were = append(k.spans, s), append(k.were, whole(s))
}

func whole(s sdktrace.ReadOnlySpan) string {
	return fmt.Sprint(s.Name(), s.SpanContext(), s.Parent(), s.StartTime(), s.EndTime(), s.Attributes(), s.Links(), s.Status())
}

// TestSpansAreNotReused: a span that a processor keeps stays what it was, whatever is recorded afterwards and at the
// same time. The processor reads the spans while others are recorded, so that the race detector sees a write.
func TestSpansAreNotReused(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	client, err := cx.New(cx.WithJourneyTracerProvider(otelsetup.NewJourneyTracerProvider(nil, k)),
		cx.WithTracerProvider(sdktrace.NewTracerProvider()))
	if err != nil {
		t.Fatal(err)
	}
	order := journey.Define("order", journey.Stages("payment"))
	pay := touchpoint.Define("pay", touchpoint.In(order, "payment"))
	const workers, runs = 4, 50
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range runs {
				ctx := order.Start(cx.NewContext(context.Background(), client), fmt.Sprint(w, "-", i), event.Customer{})
				_, tp := pay.Start(ctx, event.Web, touchpoint.Attributes(attribute.Int("worker", w), attribute.Int("run", i)))
				tp.End()
				order.Complete(ctx)
				k.mu.Lock()
				last := slices.Clone(k.spans[max(0, len(k.spans)-8):])
				k.mu.Unlock()
				for _, s := range last {
					_ = whole(s)
				}
			}
		})
	}
	wg.Wait()
	if err := client.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if want := workers * runs * 4; len(k.spans) != want {
		t.Fatalf("%d spans, want %d: started, touchpoint, stage and root of each run", len(k.spans), want)
	}
	for i, s := range k.spans {
		if now := whole(s); now != k.were[i] {
			t.Fatalf("the span was\n%s\nand is now\n%s", k.were[i], now)
		}
	}
}

// TestSinkCopies: the sink keeps nothing of the caller's span.
func TestSinkCopies(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 8, 9} { // with room in the span, exactly, and without
		k := &keeper{}
		s := finishedSpan(n)
		otelsetup.NewJourneyTracerProvider(nil, k).SpanSink("scope").EndSpan(s)
		clear(s.Attributes)
		clear(s.Links)
		*s = telemetry.FinishedSpan{}
		if now := whole(k.spans[0]); now != k.were[0] {
			t.Errorf("with %d attributes the span was\n%s\nand is now\n%s", n, k.were[0], now)
		}
		if got := len(k.spans[0].Attributes()); got != n {
			t.Errorf("it has %d attributes, want %d", got, n)
		}
	}
}

func finishedSpan(attributes int) *telemetry.FinishedSpan {
	ids := trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled}
	start := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	s := &telemetry.FinishedSpan{
		SpanContext: trace.NewSpanContext(ids), Name: "pay", Start: start, End: start.Add(time.Second),
		Links: []trace.Link{{SpanContext: trace.NewSpanContext(ids)}},
	}
	for i := range attributes {
		s.Attributes = append(s.Attributes, attribute.Int("key "+strconv.Itoa(i), i))
	}
	return s
}

// TestSinkKeepsContexts: the exported span has the span contexts and the times that it was given.
func TestSinkKeepsContexts(t *testing.T) {
	t.Parallel()
	state, err := trace.ParseTraceState("vendor=1")
	if err != nil {
		t.Fatal(err)
	}
	root := trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled}
	far, stateful := root, root
	far.Remote, stateful.TraceState = true, state
	for what, parent := range map[string]trace.SpanContext{
		"no parent":                   {},
		"a parent in this process":    trace.NewSpanContext(root),
		"a parent in another process": trace.NewSpanContext(far),
		"a parent with a trace state": trace.NewSpanContext(stateful),
	} {
		k := &keeper{}
		s := finishedSpan(1)
		s.Parent, s.SpanContext = parent, s.SpanContext.WithTraceState(parent.TraceState())
		otelsetup.NewJourneyTracerProvider(nil, k).SpanSink("scope").EndSpan(s)
		got := k.spans[0]
		if !got.SpanContext().Equal(s.SpanContext) || !got.Parent().Equal(parent) {
			t.Errorf("%s: the span is %v under %v, want %v under %v", what, got.SpanContext(), got.Parent(), s.SpanContext, parent)
		}
		if !got.StartTime().Equal(s.Start) || !got.EndTime().Equal(s.End) {
			t.Errorf("%s: the span lasted from %v to %v, want %v to %v", what, got.StartTime(), got.EndTime(), s.Start, s.End)
		}
	}
}

// TestSinkAllocates: a span with eight attributes and a link is one allocation.
func TestSinkAllocates(t *testing.T) { //nolint:paralleltest // allocations of other tests would count
	s := finishedSpan(8)
	sink := otelsetup.NewJourneyTracerProvider(nil, discarding{}).SpanSink("scope")
	if got := testing.AllocsPerRun(1000, func() { sink.EndSpan(s) }); got != 1 {
		t.Errorf("%v allocations, want 1", got)
	}
}

type discarding struct{}

func (discarding) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (discarding) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (discarding) Shutdown(context.Context) error                  { return nil }
func (discarding) ForceFlush(context.Context) error                { return nil }

// TestJourneyProviderEnds: ForceFlush exports what waits in every processor, and Shutdown ends both ways of exporting.
func TestJourneyProviderEnds(t *testing.T) {
	t.Parallel()
	first, second := &keeping{}, &keeping{}
	p := otelsetup.NewJourneyTracerProvider(nil,
		sdktrace.NewBatchSpanProcessor(first), sdktrace.NewBatchSpanProcessor(second))
	sink := p.SpanSink("scope")
	sink.EndSpan(finishedSpan(1))
	if err := p.ForceFlush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if first.exported != 1 || second.exported != 1 {
		t.Errorf("after ForceFlush %d and %d spans are exported, want one each", first.exported, second.exported)
	}
	sink.EndSpan(finishedSpan(1))
	if err := p.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if first.exported != 2 || first.shut != 1 || second.exported != 2 || second.shut != 1 {
		t.Errorf("after Shutdown: %+v and %+v, want two spans exported and one Shutdown each", *first, *second)
	}
	k := &keeper{}
	p = otelsetup.NewJourneyTracerProvider(nil, k)
	sink, limited := p.SpanSink("scope"), finishedSpan(1)
	limited.Attributes[0] = attribute.Map("nested", attribute.Bool("x", true)) // the SDK makes this one
	if err := p.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	sink.EndSpan(finishedSpan(1))
	sink.EndSpan(limited)
	_, span := p.Tracer("scope").Start(context.Background(), "late")
	span.End()
	if len(k.spans) != 0 {
		t.Errorf("%d spans were exported after Shutdown", len(k.spans))
	}
}

// keeping is an exporter that counts spans and how often it is shut down.
type keeping struct{ exported, shut int }

func (k *keeping) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	k.exported += len(spans)
	return nil
}

func (k *keeping) Shutdown(context.Context) error {
	k.shut++
	return nil
}

// TestSinkOfStart: what Start returns takes finished spans, unless the SDK's own metrics count the spans that begin.
func TestSinkOfStart(t *testing.T) { //nolint:paralleltest // the variables are the process's
	newCollector(t)
	for _, c := range []struct {
		name, reason, value string
		want                bool
	}{
		{"by default", "nothing counts spans", "", true},
		{"with metrics of the SDK", "they count what a Tracer starts", "true", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("OTEL_GO_X_OBSERVABILITY", c.value)
			sdk, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
			if err != nil {
				t.Fatal(err)
			}
			p, ok := sdk.JourneyTracerProvider.(telemetry.SpanSinkProvider)
			if !ok {
				t.Fatalf("%T takes no finished spans", sdk.JourneyTracerProvider)
			}
			if got := p.SpanSink("scope") != nil; got != c.want {
				t.Errorf("there is a sink: %t, want %t: %s", got, c.want, c.reason)
			}
			if err := sdk.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}
