package spanmatch_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/touchpoint/spanmatch"
)

// largeBlueprint has n rules of which no span of the benchmark is one: names, names with a *, and routes, one of each four.
func largeBlueprint(n int) *blueprint.Blueprint {
	b := &blueprint.Blueprint{Version: 1}
	for i := range n {
		m := blueprint.Match{Kind: "server", Span: fmt.Sprintf("GET /%d", i)}
		switch i % 4 {
		case 0:
			m.Span += "/*"
		case 1:
			m.Span, m.Attributes = "", map[string]blueprint.Pattern{"http.route": blueprint.Pattern(fmt.Sprintf("/%d", i))}
		}
		b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{Name: fmt.Sprintf("t-%d", i), Match: blueprint.Matches{m}})
	}
	return b
}

// requestAttributes are those of otelhttp for a request.
var requestAttributes = []attribute.KeyValue{
	attribute.String("http.request.method", "POST"), attribute.String("url.scheme", "https"), attribute.String("url.path", "/cart/17/pay"),
	attribute.String("server.address", "shop.example"), attribute.Int("server.port", 443), attribute.String("network.peer.address", "192.0.2.7"),
	attribute.Int("network.peer.port", 50123), attribute.String("user_agent.original", "Mozilla/5.0"), attribute.String("client.address", "192.0.2.7"),
	attribute.String("network.protocol.version", "1.1"), attribute.String("http.route", "/cart/{cart}/pay"), attribute.Int("http.response.status_code", 200),
}

// oneSpan starts a span as a request does, and ends it.
func oneSpan(tracer trace.Tracer) {
	_, span := tracer.Start(context.Background(), "POST /cart/{cart}/pay", trace.WithSpanKind(trace.SpanKindServer))
	if span.IsRecording() {
		span.SetAttributes(requestAttributes...)
	}
	span.End()
}

// variants measures the functions in turns, so that all of them have the same machine, and returns the least time of each call.
func variants(calls ...func()) []time.Duration {
	const rounds, each = 600, 100
	least := make([]time.Duration, len(calls))
	for range rounds {
		for i, call := range calls {
			began := time.Now()
			for range each {
				call()
			}
			if took := time.Since(began) / each; least[i] == 0 || took < least[i] {
				least[i] = took
			}
		}
	}
	return least
}

// traced returns the call of a span of a provider with the options.
func traced(opts ...sdktrace.TracerProviderOption) func() {
	tracer := sdktrace.NewTracerProvider(opts...).Tracer("bench")
	return func() { oneSpan(tracer) }
}

func matcher(b *testing.B, c *cx.Client, bp *blueprint.Blueprint) sdktrace.TracerProviderOption {
	b.Helper()
	p, err := spanmatch.New(bp, spanmatch.WithClient(c))
	if err != nil {
		b.Fatal(err)
	}
	return sdktrace.WithSpanProcessor(p)
}

// BenchmarkBesideTheSDK compares a span with and without matching in one run. CAIRN_BENCH_GATE=1 fails it where a span that matches none of
// 1,000 rules costs more than 1.5 times what it costs with ten.
func BenchmarkBesideTheSDK(b *testing.B) {
	r := cxtest.New(b)
	always := sdktrace.WithSampler(sdktrace.AlwaysSample())
	hundredth := sdktrace.TraceIDRatioBased(0.01)
	matching := &blueprint.Blueprint{Version: 1, Touchpoints: []blueprint.Touchpoint{{Name: "pay", Match: blueprint.Matches{{Span: "POST /cart/*/pay"}}}}}
	recording, err := cx.New(cx.WithBlueprint(matching), cx.WithTracerProvider(sdktrace.NewTracerProvider()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = recording.Shutdown(context.Background()) })
	names := []string{"sdk", "rules10", "rules1000", "sampled1pct", "recordall", "recordall+rules1000", "matched"}
	var last []time.Duration
	for b.Loop() {
		last = variants(
			traced(always, sdktrace.WithSpanProcessor(noProcessor{})),
			traced(always, matcher(b, r.Client(), largeBlueprint(10))),
			traced(always, matcher(b, r.Client(), largeBlueprint(1000))),
			traced(sdktrace.WithSampler(hundredth), sdktrace.WithSpanProcessor(noProcessor{})),
			traced(sdktrace.WithSampler(spanmatch.RecordAll(hundredth)), sdktrace.WithSpanProcessor(noProcessor{})),
			traced(sdktrace.WithSampler(spanmatch.RecordAll(hundredth)), matcher(b, r.Client(), largeBlueprint(1000))),
			traced(always, matcher(b, recording, matching)),
		)
	}
	b.ReportMetric(0, "ns/op")
	for i, name := range names {
		b.ReportMetric(float64(last[i]), "ns/"+name)
	}
	b.ReportMetric(float64(last[2])/float64(last[1]), "x-1000-to-10")
	b.ReportMetric(float64(last[2]-last[0])/float64(last[1]-last[0]), "x-own-1000-to-10")
	if os.Getenv("CAIRN_BENCH_GATE") != "" && float64(last[2]) > 1.5*float64(last[1]) {
		b.Errorf("a span that matches none of 1,000 rules costs %v, and %v with ten", last[2], last[1])
	}
}

// noProcessor is a span processor that does nothing.
type noProcessor struct{}

func (noProcessor) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (noProcessor) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (noProcessor) ForceFlush(context.Context) error                { return nil }
func (noProcessor) Shutdown(context.Context) error                  { return nil }
