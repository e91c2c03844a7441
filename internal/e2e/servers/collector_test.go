package servers

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// patience bounds how long a test waits for telemetry.
const patience = 2 * time.Minute // only a call that hangs takes this long

var (
	// shop is the resource that sends the telemetry, and fromShop its expected form.
	shop = resource.NewSchemaless(
		attribute.String("service.name", "shop"), attribute.String("service.instance.id", "shop-1"),
		attribute.String("service.version", "1.2"))
	fromShop = Origin{
		Service:  "shop",
		Resource: map[string]any{"service.name": "shop", "service.instance.id": "shop-1", "service.version": "1.2"},
		Scope:    "till",
	}

	noon = time.Date(2026, 3, 4, 12, 0, 0, 8, time.UTC)

	// elsewhere is a span of another trace.
	elsewhere = trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
)

func TestCollectorGetsSpans(t *testing.T) {
	tests := []struct {
		name     string
		reason   string
		exporter func(c *Collector) (sdktrace.SpanExporter, error)
	}{
		{
			name: "HTTP", reason: "the endpoint is a base URL",
			exporter: func(c *Collector) (sdktrace.SpanExporter, error) {
				return otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(c.OTLPHTTPEndpoint()+"/v1/traces"))
			},
		},
		{
			name: "gRPC", reason: "the endpoint is a URL without TLS",
			exporter: func(c *Collector) (sdktrace.SpanExporter, error) {
				return otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpointURL(c.OTLPGRPCEndpoint()))
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := StartCollector(t)
			exporter, err := test.exporter(c)
			if err != nil {
				t.Fatal(err)
			}
			provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter), sdktrace.WithResource(shop))
			defer shutdown(t, provider)
			want := sendSpans(t.Context(), provider.Tracer("till"))

			var got []Span
			Eventually(t, patience, func() error {
				got = c.Traces(t)
				return enough(len(got), len(want))
			})
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("spans, %s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

// sendSpans ends a span with every kind of field and then its parent, and returns their expected form.
func sendSpans(ctx context.Context, tracer trace.Tracer) []Span {
	ctx, parent := tracer.Start(ctx, "checkout", trace.WithTimestamp(noon))
	_, child := tracer.Start(ctx, "pay",
		trace.WithTimestamp(noon.Add(1)),
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithLinks(trace.Link{
			SpanContext: elsewhere,
			Attributes:  []attribute.KeyValue{attribute.String("why", "retry")},
		}),
		trace.WithAttributes(
			attribute.String("string", "a"), attribute.Bool("bool", true),
			attribute.Int64("int", 1<<62), attribute.Float64("double", 0.5),
			attribute.StringSlice("list", []string{"x", "y"}),
		))
	child.AddEvent("declined", trace.WithTimestamp(noon.Add(2)), trace.WithAttributes(attribute.Int("n", 1)))
	child.SetStatus(codes.Error, "no money")
	child.End(trace.WithTimestamp(noon.Add(3)))
	parent.End(trace.WithTimestamp(noon.Add(4)))

	id := func(s trace.Span) string { return s.SpanContext().SpanID().String() }
	traceID := parent.SpanContext().TraceID().String()
	return []Span{
		{
			Origin: fromShop, TraceID: traceID, SpanID: id(child), ParentSpanID: id(parent),
			Name: "pay", Kind: trace.SpanKindClient, Start: noon.Add(1), End: noon.Add(3),
			Attributes: map[string]any{
				"string": "a", "bool": true, "int": int64(1 << 62), "double": 0.5, "list": []any{"x", "y"},
			},
			Links: []Link{{
				TraceID: elsewhere.TraceID().String(), SpanID: elsewhere.SpanID().String(),
				Attributes: map[string]any{"why": "retry"},
			}},
			Events:     []Event{{Name: "declined", Time: noon.Add(2), Attributes: map[string]any{"n": int64(1)}}},
			StatusCode: codes.Error, StatusMessage: "no money",
		},
		{
			Origin: fromShop, TraceID: traceID, SpanID: id(parent),
			Name: "checkout", Kind: trace.SpanKindInternal, Start: noon, End: noon.Add(4),
		},
	}
}

func TestCollectorGetsEvents(t *testing.T) {
	c := StartCollector(t)
	exporter, err := otlploghttp.New(t.Context(), otlploghttp.WithEndpointURL(c.OTLPHTTPEndpoint()+"/v1/logs"))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(sdklog.NewSimpleProcessor(exporter)), sdklog.WithResource(shop))
	defer shutdown(t, provider)

	var record log.Record
	record.SetEventName("paid")
	record.SetTimestamp(noon)
	record.SetObservedTimestamp(noon.Add(1))
	record.SetSeverity(log.SeverityInfo)
	record.SetSeverityText("INFO")
	record.SetBody(attribute.StringValue("with a card"))
	record.AddAttributes(attribute.Int64("cents", 1999))
	provider.Logger("till").Emit(trace.ContextWithSpanContext(t.Context(), elsewhere), record)

	want := []LogRecord{{
		Origin: fromShop, EventName: "paid", Time: noon, ObservedTime: noon.Add(1),
		Severity: log.SeverityInfo, SeverityText: "INFO",
		TraceID: elsewhere.TraceID().String(), SpanID: elsewhere.SpanID().String(),
		Body: "with a card", Attributes: map[string]any{"cents": int64(1999)},
	}}
	var got []LogRecord
	Eventually(t, patience, func() error {
		got = c.Logs(t)
		return enough(len(got), len(want))
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log records (-want +got):\n%s", diff)
	}
}

func TestCollectorGetsMetricsAndPrometheusScrapesThem(t *testing.T) {
	c := StartCollector(t)
	p := StartPrometheus(t, c.MetricsAddr())
	exporter, err := otlpmetrichttp.New(t.Context(), otlpmetrichttp.WithEndpointURL(c.OTLPHTTPEndpoint()+"/v1/metrics"))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter)), sdkmetric.WithResource(shop))
	defer shutdown(t, provider)

	counter, err := provider.Meter("till").Float64Counter("shop.revenue", metric.WithUnit("{EUR}"))
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(t.Context(), 19.5, metric.WithAttributes(attribute.String("paid.with", "card")))
	counter.Add(t.Context(), 0.5, metric.WithAttributes(attribute.String("paid.with", "card")))
	if err := provider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}

	want := []MetricPoint{{
		Origin: fromShop, Name: "shop.revenue", Unit: "{EUR}", Type: "Sum", Monotonic: true, Cumulative: true,
		Attributes: map[string]any{"paid.with": "card"}, Value: 20,
	}}
	var got []MetricPoint
	Eventually(t, patience, func() error {
		got = c.Metrics(t)
		return enough(len(got), len(want))
	})
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(MetricPoint{}, "Time")); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}

	// As a label of the metric, as the metric's job, and in target_info.
	waitForValue(t, p, `shop_revenue_total{service_name="shop",paid_with="card"}`, 20)
	waitForValue(t, p, `shop_revenue_total{job="shop",instance="shop-1"}`, 20)
	waitForValue(t, p, `target_info{job="shop",instance="shop-1",service_version="1.2"}`, 1)
}

func TestCollectorsOfOneTestAreSeparate(t *testing.T) {
	first, second := StartCollector(t), StartCollector(t)
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(second.OTLPHTTPEndpoint()+"/v1/traces"))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	defer shutdown(t, provider)
	_, span := provider.Tracer("till").Start(t.Context(), "pay")
	span.End()
	Eventually(t, patience, func() error { return enough(len(second.Traces(t)), 1) })
	if got := first.Traces(t); got != nil {
		t.Errorf("the first collector received the second one's telemetry: %v", got)
	}
}

func TestCollectorIsReadyWhenItIsReturned(t *testing.T) {
	c := StartCollector(t)
	p := StartPrometheus(t)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, url := range []string{"http://" + c.MetricsAddr() + "/metrics", p.URL() + "/-/ready"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, want 200 OK", url, response.Status)
		}
	}
}

// enough returns an error unless got is the wanted number.
func enough(got, want int) error {
	if got != want {
		return fmt.Errorf("%d arrived, want %d", got, want)
	}
	return nil
}

// shutdown ends a provider of the SDK.
func shutdown(t *testing.T, provider interface{ Shutdown(context.Context) error }) {
	t.Helper()
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
