package otelsetup //nolint:testpackage // what is counted before the SDK's queues cannot be made to happen from outside

import (
	"errors"
	"maps"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// counts reads all sums: the metric's name and error.type, and the component's type, lead to the value.
func counts(t *testing.T, r sdkmetric.Reader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := r.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, sm := range all.ScopeMetrics {
		for _, m := range sm.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok {
				t.Fatalf("%s is a %T", m.Name, m.Data)
			}
			for _, p := range sum.DataPoints {
				name := m.Name
				if v, ok := p.Attributes.Value("error.type"); ok {
					name += " " + v.AsString()
				}
				v, _ := p.Attributes.Value("otel.component.type")
				got[name+" of "+v.AsString()] = p.Value
			}
		}
	}
	return got
}

// TestSelfMetrics: names and attributes are those of OpenTelemetry's semantic conventions for the SDK, in which
// error.type is there where something failed, and nowhere else.
func TestSelfMetrics(t *testing.T) {
	t.Parallel()
	for signal, want := range map[string]map[string]int64{
		signalTraces: {
			"otel.sdk.processor.span.processed of batching_span_processor":            5,
			"otel.sdk.processor.span.processed queue_full of batching_span_processor": 2,
			"otel.sdk.exporter.span.exported of otlp_http_span_exporter":              3,
			"otel.sdk.exporter.span.exported 503 of otlp_http_span_exporter":          1,
			"otel.sdk.exporter.span.inflight of otlp_http_span_exporter":              4,
		},
		signalLogs: {
			"otel.sdk.processor.log.processed of batching_log_processor":            5,
			"otel.sdk.processor.log.processed queue_full of batching_log_processor": 2,
			"otel.sdk.exporter.log.exported of otlp_http_log_exporter":              3,
			"otel.sdk.exporter.log.exported 503 of otlp_http_log_exporter":          1,
			"otel.sdk.exporter.log.inflight of otlp_http_log_exporter":              4,
		},
		signalMetrics: { // there is no queue of metrics
			"otel.sdk.exporter.metric_data_point.exported of otlp_http_metric_exporter":     3,
			"otel.sdk.exporter.metric_data_point.exported 503 of otlp_http_metric_exporter": 1,
			"otel.sdk.exporter.metric_data_point.inflight of otlp_http_metric_exporter":     4,
		},
	} {
		t.Run(signal, func(t *testing.T) {
			t.Parallel()
			r := sdkmetric.NewManualReader()
			mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r))
			t.Cleanup(func() { _ = mp.Shutdown(t.Context()) })
			s, err := newSelfMetrics(mp.Meter(scopeName), destination{signal: signal, exporter: exporterOTLP, protocol: protocolHTTP})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []*selfMetrics{s, nil} { // nil records nothing
				s.processed(t.Context(), "", 5)
				s.processed(t.Context(), classQueueFull, 2)
				s.delivered(t.Context(), 3)
				s.failed(t.Context(), "503", 1)
				s.inflight(t.Context(), 6)
				s.inflight(t.Context(), -2)
			}
			if got := counts(t, r); !maps.Equal(got, want) {
				t.Errorf("the metrics are %v, want %v", got, want)
			}
		})
	}
}

// TestRejectedBy: the number that the server of a partial success has rejected is the last one of its kind. A
// text without a number, or with one that is none, does not say it: all of it counts as lost then.
func TestRejectedBy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{ // -1: it does not say
		"OTLP partial success: no room (3 spans rejected)":                     3,
		"OTLP partial success: no room (0 spans rejected)":                     0,
		"OTLP partial success: empty message (7 metric data points rejected)":  7,
		"OTLP partial success: empty message (7 logs rejected)":                7,
		"OTLP partial success: empty message (7 log records rejected)":         7,
		"OTLP partial success: (9 spans rejected) it says (2 spans rejected)":  2,
		"OTLP partial success: no room":                                        -1,
		"OTLP partial success: no room (many spans rejected)":                  -1,
		"OTLP partial success: (99999999999999999999 spans rejected)":          -1,
		"connection refused (3 spans rejected)":                                -1,
		"failed to send to http://localhost: 503 Service Unavailable (body: )": -1,
	} {
		n, ok := rejectedBy(errors.New(text))
		if ok != (want >= 0) || ok && n != want {
			t.Errorf("%q says %d, %v; want %d, where -1 is nothing", text, n, ok, want)
		}
	}
}
