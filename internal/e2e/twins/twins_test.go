// Package twins_test tries the documented handling of journeys' spans with a real OpenTelemetry Collector.
package twins_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// documented returns the documented configuration, without the collector's own metrics, which would need a port,
// and with metrics made at once.
func documented(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../../cx/telemetry/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, config, found := strings.Cut(string(page), "```yaml\n")
	config, _, closed := strings.Cut(config, "```")
	if !found || !closed {
		t.Fatal("the page has no configuration")
	}
	config = strings.Replace(config, "spanmetrics: {}", "spanmetrics: {metrics_flush_interval: 100ms}", 1)
	return strings.Replace(config, "service:\n", "service:\n  telemetry:\n    metrics:\n      level: none\n", 1)
}

// TestTwinsAreLeftOut: with the documented configuration the backend has every span. The metrics that the
// Collector makes of spans count the touchpoint once, and no journey.
func TestTwinsAreLeftOut(t *testing.T) {
	collector := servers.StartCollectorWith(t, documented(t))
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.OTLPHTTPEndpoint())
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	t.Setenv("OTEL_LOGS_EXPORTER", "none")
	sdk, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.WithServiceName("shop"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := cx.New(cx.WithTracerProvider(sdk.TracerProvider), cx.WithJourneyTracerProvider(sdk.JourneyTracerProvider))
	if err != nil {
		t.Fatal(err)
	}
	order := journey.Define("order", journey.Stages("payment"))
	pay := touchpoint.Define("pay", touchpoint.In(order, "payment"))
	ctx := order.Start(cx.NewContext(context.Background(), client), "7", event.Customer{})
	_, tp := pay.Start(ctx, event.Web)
	tp.End()
	order.Complete(ctx)
	if err := errors.Join(client.Shutdown(context.Background()), sdk.Shutdown(context.Background())); err != nil {
		t.Fatal(err)
	}
	calls := map[string]float64{}
	servers.Eventually(t, time.Minute, func() error {
		names := map[string]int{}
		for _, s := range collector.Traces(t) {
			names[s.Name]++
		}
		if names["order"] != 1 || names["order started"] != 1 || names["payment"] != 1 || names["pay"] != 2 {
			return errors.New("the backend does not have every span yet")
		}
		for _, p := range collector.Metrics(t) {
			if name, ok := p.Attributes["span.name"].(string); ok && strings.HasSuffix(p.Name, "calls") {
				calls[name] = p.Value
			}
		}
		if calls["pay"] == 0 {
			return errors.New("the Collector has made no metrics yet")
		}
		return nil
	})
	if len(calls) != 1 || calls["pay"] != 1 {
		t.Errorf("the metrics of spans count %v, want the touchpoint once", calls)
	}
}
