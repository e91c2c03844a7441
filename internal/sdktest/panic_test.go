package sdktest_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// spanProcessor panics at the chosen places.
type spanProcessor struct {
	onStart, onEnd func(name string)
}

func (s spanProcessor) OnStart(_ context.Context, span sdktrace.ReadWriteSpan) {
	if s.onStart != nil {
		s.onStart(span.Name())
	}
}

func (s spanProcessor) OnEnd(span sdktrace.ReadOnlySpan) {
	if s.onEnd != nil {
		s.onEnd(span.Name())
	}
}

func (spanProcessor) Shutdown(context.Context) error   { return nil }
func (spanProcessor) ForceFlush(context.Context) error { return nil }

// boom panics at the name.
func boom(at string) func(string) {
	return func(name string) {
		if name == at {
			panic("boom")
		}
	}
}

type logProcessor struct{}

func (logProcessor) OnEmit(context.Context, *sdklog.Record) error           { panic("boom") }
func (logProcessor) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (logProcessor) Shutdown(context.Context) error                         { return nil }
func (logProcessor) ForceFlush(context.Context) error                       { return nil }

// exporterFunc is an exporter of one function.
type exporterFunc func([]event.Event)

func (f exporterFunc) Export(_ context.Context, events []event.Event) error {
	f(events)
	return nil
}
func (exporterFunc) Shutdown(context.Context) error { return nil }

// unharmed runs the host's code and fails the test if it panics.
func unharmed(t *testing.T, what string, host func()) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: a panic reached the host: %v", what, r)
		}
	}()
	host()
}

// TestPanicsAreContained: a panic in any extension does not reach the host or affect other extensions, and the
// client counts it.
func TestPanicsAreContained(t *testing.T) {
	t.Parallel()
	requests := func(s sdktrace.SpanProcessor) []cx.Option {
		return []cx.Option{cx.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(s)))}
	}
	journeys := func(s sdktrace.SpanProcessor) []cx.Option {
		return []cx.Option{cx.WithJourneyTracerProvider(sdktrace.NewTracerProvider(
			sdktrace.WithSpanProcessor(s), sdktrace.WithIDGenerator(telemetry.IDGenerator())))}
	}
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		panics       bool // the client counts panics
		noTwin       bool // the test does not see the journey's spans
		noLive       bool
	}{
		{"nothing", "the story without a panic", nil, false, false, false},
		{"a processor", "the other processors get the event", []cx.Option{cx.WithProcessors(panicking{})}, true, false, false},
		{
			"an exporter", "its queue contains the panic, and the other processors get the event",
			[]cx.Option{cx.WithExporters(exporterFunc(func([]event.Event) { panic("boom") }))},
			true, false, false,
		},
		{
			"the SDK when the live span starts", "the touchpoint still exists",
			requests(spanProcessor{onStart: boom("view-cart")}), true, false, true,
		},
		{
			"the SDK when the live span ends", "the twin exists, and the processors get the event",
			requests(spanProcessor{onEnd: boom("view-cart")}), true, false, true,
		},
		{
			"the SDK when the twin starts", "the live span ends, and the processors get the event",
			journeys(spanProcessor{onStart: boom("view-cart")}), true, true, false,
		},
		{
			"the SDK when the twin ends", "the live span ends, and the processors get the event",
			journeys(spanProcessor{onEnd: boom("view-cart")}), true, true, false,
		},
		{
			"the SDK when a stage ends", "the journey continues",
			journeys(spanProcessor{onEnd: boom("cart")}), true, true, false,
		},
		{
			"the SDK when the root ends", "processors get the journey's end",
			journeys(spanProcessor{onEnd: boom("checkout")}), true, true, false,
		},
		{
			"the SDK's log processor", "processors get the journey's end",
			[]cx.Option{cx.WithLoggerProvider(sdklog.NewLoggerProvider(sdklog.WithProcessor(logProcessor{})))},
			true, false, false,
		},
		{
			"the redactor", "the answer is recorded without its comment",
			[]cx.Option{cx.WithRedactor(func(string) string { panic("boom") })},
			true, false, false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events := &processor{}
			var exported atomic.Int64
			p := newProcess(t, "shop", append(c.opts, cx.WithProcessors(events),
				cx.WithExporters(exporterFunc(func(es []event.Event) { exported.Add(int64(len(es))) })))...)
			unharmed(t, c.name, func() {
				ctx := checkout.Start(p.context(), orderID, event.Customer{})
				ctx, tp := viewCart.Start(ctx, event.Web)
				if ctx == nil || tp == nil {
					t.Fatalf("a touchpoint did not begin: %s", c.reason)
				}
				tp.End()
				feedback.NPS.Record(ctx, 9, feedback.Comment("thanks"))
				checkout.Enter(ctx, "payment")
				checkout.Complete(ctx)
			})
			err := p.client.Flush(context.Background())
			if loss, lost := errors.AsType[*exporters.LossError](err); c.name == "an exporter" && (!lost || loss.Events() != 6) {
				t.Errorf("Flush returned %v, want the loss of six events: %s", err, c.reason)
			} else if c.name != "an exporter" {
				must(t, err)
			}
			var kinds []event.Kind
			for _, e := range events.all() {
				kinds = append(kinds, e.Kind)
			}
			want := []event.Kind{
				event.JourneyStarted, event.JourneyStageEntered, event.TouchpointEnded,
				event.FeedbackReceived, event.JourneyStageEntered, event.JourneyEnded,
			}
			if !slices.Equal(kinds, want) {
				t.Errorf("a processor got %q, want %q: %s", kinds, want, c.reason)
			}
			if n := exported.Load(); n != int64(len(want)) {
				t.Errorf("an exporter got %d events, want %d: %s", n, len(want), c.reason)
			}
			if got := p.faults()["panic"]; (got != "") != c.panics {
				t.Errorf("the faults count %q panics: %s", got, c.reason)
			}
			if !c.noLive && len(p.spans.GetSpans()) != 1 {
				t.Errorf("the live spans are %q, want the touchpoint's: %s", names(p.spans.GetSpans()), c.reason)
			}
			if !c.noTwin && len(p.twins.GetSpans()) != 6 {
				t.Errorf("the journey's spans are %q, want 6: %s", names(p.twins.GetSpans()), c.reason)
			}
			points := p.points()
			for _, key := range []string{
				"cx.touchpoint.interactions{cx.apdex.zone=satisfied,cx.channel=web,cx.outcome=ok,cx.touchpoint.name=view-cart}",
				"cx.journey.ended{cx.channel=web,cx.journey.name=checkout,cx.outcome=completed}",
			} {
				if points[key] != "1" {
					t.Errorf("%s is missing: %s", key, c.reason)
				}
			}
		})
	}
}

// TestPanickingMeasurements: an exemplar filter is the application's code and runs inside every measurement,
// including the one that counts panics.
func TestPanickingMeasurements(t *testing.T) {
	t.Parallel()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()),
		sdkmetric.WithExemplarFilter(func(context.Context) bool { panic("boom") }))
	events := &processor{}
	p := newProcess(t, "shop", cx.WithMeterProvider(mp), cx.WithProcessors(events), cx.WithObjectives(objectives...))
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"start", func() { checkout.Start(p.context(), orderID, event.Customer{}) }},
		{"record", func() { chargeCard.Record(p.context(), event.Web) }},
		{"end", func() { _, tp := chargeCard.Start(p.context(), event.Web); tp.End() }},
		{"answer", func() { feedback.NPS.Record(p.context(), 9) }},
		{"a fault of its own", func() { checkout.Complete(p.context()) }},
		{"a fault of an event", func() { feedback.NPS.Record(p.context(), 99) }},
	} {
		t.Run(c.name, func(t *testing.T) { unharmed(t, c.name, c.do) }) //nolint:paralleltest // in order
	}
	if n := len(events.all()); n != 4 {
		t.Errorf("the processor got %d events, want 4: panics of metrics must not affect events", n)
	}
}

// TestPanickingClock: the clock is the application's code, too. Cairn does not invent a time for an event: it
// drops the event and counts it.
func TestPanickingClock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		at           int // the call of the clock that panics; 0 means all
	}{
		{"always", "no event can be recorded", 0},
		{"when the touchpoint begins", "half an event is worse than none", 1},
		{"when the touchpoint ends", "the live span ends", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			calls := 0
			events := &processor{}
			p := newProcess(t, "shop", cx.WithProcessors(events), cx.WithSweepInterval(time.Hour), cx.WithClock(func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				if calls++; c.at == 0 || calls == c.at {
					panic("boom")
				}
				return day1
			}))
			unharmed(t, c.name, func() {
				_, tp := viewCart.Start(p.context(), event.Web)
				tp.End()
				viewCart.Record(p.context(), event.Web)
				must(t, p.client.Flush(context.Background()))
			})
			for _, e := range events.all() {
				if e.Time.IsZero() || e.Duration > time.Hour {
					t.Errorf("the processor got an event that began at %v and took %v: %s", e.Time, e.Duration, c.reason)
				}
			}
			for key, v := range p.points() {
				_, sum, _ := strings.Cut(v, "sum=")
				took, _ := strconv.ParseFloat(sum, 64)
				if strings.HasPrefix(key, "cx.touchpoint.duration{") && took > 60 {
					t.Errorf("%s is %s, want no such duration: %s", key, v, c.reason)
				}
			}
			if c.at == 2 && len(p.spans.GetSpans()) != 1 {
				t.Errorf("the live spans are %q, want the one that was open: %s", names(p.spans.GetSpans()), c.reason)
			}
			if p.faults()["panic"] == "" {
				t.Errorf("the faults are %v, want the panic: %s", p.faults(), c.reason)
			}
		})
	}
}

// TestPoisonedSweep: several journeys are abandoned at once, and the end of one makes the SDK panic. The ends of
// the others are not lost.
func TestPoisonedSweep(t *testing.T) {
	t.Parallel()
	k := newClock()
	events := &processor{}
	first := atomic.Bool{}
	jp := sdktrace.NewTracerProvider(sdktrace.WithIDGenerator(telemetry.IDGenerator()), sdktrace.WithSpanProcessor(spanProcessor{
		onEnd: func(string) {
			if first.CompareAndSwap(false, true) {
				panic("boom")
			}
		},
	}))
	p := newProcess(t, "shop", cx.WithClock(k.now), cx.WithProcessors(events), cx.WithJourneyTracerProvider(jp), cx.WithSweepInterval(time.Hour))
	const runs = 50
	for i := range runs {
		checkout.Start(p.context(), strconv.Itoa(i), event.Customer{})
	}
	k.pass(100 * time.Hour)
	must(t, p.client.Flush(context.Background()))
	if n := len(events.of(event.JourneyEnded)); n < runs-1 {
		t.Errorf("the processor got %d of %d ends of abandoned journeys: one poisoned span must not stop the others", n, runs)
	}
}

// badError panics in every method of an error.
type badError struct{}

func (badError) Error() string     { panic("boom") }
func (badError) ErrorType() string { panic("boom") }
func (badError) Is(error) bool     { panic("boom") }
func (badError) As(any) bool       { panic("boom") }
func (badError) Unwrap() error     { panic("boom") }

// class is an error with a class.
type class string

func (c class) Error() string     { return secret }
func (c class) ErrorType() string { return string(c) }

// TestErrors fails a touchpoint with many kinds of errors.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		err          error
		outcome      string
		class        string // "*" means any
	}{
		{"nil", "a nil error marks nothing", nil, "ok", ""},
		{"a text", "a text has no class, and the text never becomes one", errSecret, "failed", "_OTHER"},
		{"a type", "the class is the type, never the text", &os.PathError{Op: "open", Path: secret, Err: errSecret}, "failed", "*fs.PathError"},
		{"a wrapped type", "the class is that of the inner error", fmt.Errorf("%s: %w", secret, &os.PathError{}), "failed", "*fs.PathError"},
		{"cancelled", "the service's own work was cancelled: the customer is still there", context.Canceled, "failed", "_OTHER"},
		{"wrapped and cancelled", "the customer is still there", errors.Join(errSecret, context.Canceled), "failed", "_OTHER"},
		{"a deadline", "a deadline has a standard class", context.DeadlineExceeded, "failed", "timeout"},
		{"an error with a class", "the error names its class", class("card_declined"), "failed", "card_declined"},
		{"an endless class", "cut at 64 bytes", class(strings.Repeat("x", 1<<20)), "failed", strings.Repeat("x", 64)},
		{"a class that is not UTF-8", "the class is made UTF-8", class("a\xffb"), "failed", "ab"},
		{"a typed nil pointer", "a common mistake: errors.Is calls Unwrap, which panics", (*url.Error)(nil), "failed", "*"},
		{"an error that panics", "its methods are the application's code", badError{}, "failed", "*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, "shop")
			unharmed(t, c.reason, func() {
				_, tp := chargeCard.Start(p.context(), event.Web)
				defer tp.End()
				tp.Fail(c.err)
			})
			got := attrs(named(t, p.spans.GetSpans(), "charge-card").Attributes)
			if got["cx.outcome"] != c.outcome {
				t.Errorf("the outcome is %q, want %q: %s", got["cx.outcome"], c.outcome, c.reason)
			}
			if c.class == "*" && got["error.type"] == "" || c.class != "*" && got["error.type"] != c.class {
				t.Errorf("the class is %q, want %q: %s", got["error.type"], c.class, c.reason)
			}
		})
	}
}

// dying panics in Flush or Shutdown.
type dying struct {
	sink
	processor

	flush bool
}

func (d *dying) Flush(context.Context) error {
	if d.flush {
		panic("boom")
	}
	return nil
}

func (d *dying) Shutdown(context.Context) error {
	if !d.flush {
		panic("boom")
	}
	return nil
}

// crashes has calls that may end the whole process, which a test can only observe from outside.
var crashes = map[string]func(){
	"a processor panics in Flush":    func() { end(cx.WithProcessors(&dying{flush: true})) },
	"a processor panics in Shutdown": func() { end(cx.WithProcessors(&dying{})) },
	"an exporter panics in Flush":    func() { end(cx.WithExporters(&dying{flush: true})) },
	"an exporter panics in Shutdown": func() { end(cx.WithExporters(&dying{})) },
	"a processor is nil":             func() { end(cx.WithProcessors(nil)) },
	"an exporter is nil":             func() { end(cx.WithExporters(nil)) },
	"the context of Flush is nil": func() {
		c, _ := cx.New(cx.WithExporters(sink{}))
		_ = c.Flush(nil) //nolint:staticcheck // the test passes nil on purpose
		_ = c.Shutdown(context.Background())
	},
	"the context of Shutdown is nil": func() {
		c, _ := cx.New(cx.WithExporters(sink{}))
		_ = c.Shutdown(nil) //nolint:staticcheck // the test passes nil on purpose
		_ = c.Shutdown(context.Background())
	},
}

// end makes a client and ends it.
func end(opts ...cx.Option) {
	c, err := cx.New(opts...)
	if err != nil {
		return // a refusal is an accepted result
	}
	ctx := cx.NewContext(context.Background(), c)
	chargeCard.Record(ctx, event.Web)
	_ = c.Flush(ctx)    // an error is an accepted result
	_ = c.Shutdown(ctx) // an error is an accepted result
	_ = c.Shutdown(ctx)
}

// inChild runs the test in a process of its own, which finds the name in SDKTEST_CHILD.
func inChild(t *testing.T, test, name string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$") //nolint:gosec // this test itself
	child.Env = append(os.Environ(), "SDKTEST_CHILD="+name)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("the child process failed: %v\n%.2000s", err, out)
	}
}

// TestNothingTakesTheProcessAlong runs each case in a process of its own. These panics would be in goroutines of
// Cairn, where no host can recover them.
func TestNothingTakesTheProcessAlong(t *testing.T) {
	if name := os.Getenv("SDKTEST_CHILD"); name != "" {
		crashes[name]()
		return
	}
	t.Parallel()
	for name := range crashes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inChild(t, "TestNothingTakesTheProcessAlong", name)
		})
	}
}

// TestPanicBetweenStartAndEnd: if a host panics and has deferred End, Cairn records the touchpoint and does not
// change the panic.
func TestPanicBetweenStartAndEnd(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop")
	func() {
		defer func() {
			if r := recover(); r != "the host's own" {
				t.Errorf("the host recovers %v", r)
			}
		}()
		_, tp := chargeCard.Start(p.context(), event.Web, touchpoint.By(event.ActorEmployee))
		defer tp.End()
		panic("the host's own")
	}()
	named(t, p.spans.GetSpans(), "charge-card")
}
