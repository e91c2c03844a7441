package otelsetup

import (
	"context"
	"errors"
	"os"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"
)

// scopeName is the instrumentation scope of the metrics about the SDK itself.
const scopeName = "cairncx.dev/cairn/cx/otelsetup"

// selfMetrics are the standard metrics of an exporter and the queue before it. A nil selfMetrics records nothing.
type selfMetrics struct {
	exported, processors metric.Int64Counter // processors is nil for metrics
	exporting            metric.Int64UpDownCounter

	exporter, processor attribute.Set
}

// observed reports whether the SDK makes these metrics itself. Cairn's would then be duplicates.
func observed() bool {
	for _, name := range []string{"OTEL_GO_X_OBSERVABILITY", "OTEL_GO_X_SELF_OBSERVABILITY"} {
		if strings.EqualFold(os.Getenv(name), "true") {
			return true
		}
	}
	return false
}

// newSelfMetrics makes the metrics of a signal with the destination d.
func newSelfMetrics(m metric.Meter, d destination) (*selfMetrics, error) {
	s := &selfMetrics{exporter: d.component()}
	var errs [3]error
	switch d.signal {
	case signalTraces:
		var a otelconv.SDKExporterSpanExported
		var b otelconv.SDKExporterSpanInflight
		var c otelconv.SDKProcessorSpanProcessed
		a, errs[0] = otelconv.NewSDKExporterSpanExported(m)
		b, errs[1] = otelconv.NewSDKExporterSpanInflight(m)
		c, errs[2] = otelconv.NewSDKProcessorSpanProcessed(m)
		s.exported, s.exporting, s.processors = a.Inst(), b.Inst(), c.Inst()
		s.processor = component(string(otelconv.ComponentTypeBatchingSpanProcessor))
	case signalLogs:
		var a otelconv.SDKExporterLogExported
		var b otelconv.SDKExporterLogInflight
		var c otelconv.SDKProcessorLogProcessed
		a, errs[0] = otelconv.NewSDKExporterLogExported(m)
		b, errs[1] = otelconv.NewSDKExporterLogInflight(m)
		c, errs[2] = otelconv.NewSDKProcessorLogProcessed(m)
		s.exported, s.exporting, s.processors = a.Inst(), b.Inst(), c.Inst()
		s.processor = component(string(otelconv.ComponentTypeBatchingLogProcessor))
	default:
		var a otelconv.SDKExporterMetricDataPointExported
		var b otelconv.SDKExporterMetricDataPointInflight
		a, errs[0] = otelconv.NewSDKExporterMetricDataPointExported(m)
		b, errs[1] = otelconv.NewSDKExporterMetricDataPointInflight(m)
		s.exported, s.exporting = a.Inst(), b.Inst()
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return s, nil
}

// component returns the attributes of the exporter.
func (d destination) component() attribute.Set {
	kind := d.exporter
	if d.exporter == exporterOTLP {
		transport := "http"
		if d.protocol == protocolGRPC {
			transport = "grpc"
		}
		signal := map[string]string{signalTraces: "span", signalMetrics: "metric", signalLogs: "log"}[d.signal]
		kind = "otlp_" + transport + "_" + signal + "_exporter"
	}
	var server []attribute.KeyValue
	if d.host != "" {
		server = append(server, semconv.ServerAddress(d.host))
	}
	if d.port != 0 {
		server = append(server, semconv.ServerPort(d.port))
	}
	return component(kind, server...)
}

func component(kind string, more ...attribute.KeyValue) attribute.Set {
	return attribute.NewSet(append(more, attribute.String("otel.component.type", kind), attribute.String("otel.component.name", kind+"/0"))...)
}

func (s *selfMetrics) delivered(ctx context.Context, n int64) {
	if s != nil {
		s.exported.Add(ctx, n, metric.WithAttributeSet(s.exporter))
	}
}

func (s *selfMetrics) failed(ctx context.Context, class string, n int64) {
	if s != nil {
		s.exported.Add(ctx, n, metric.WithAttributeSet(s.exporter), metric.WithAttributes(semconv.ErrorTypeKey.String(class)))
	}
}

func (s *selfMetrics) inflight(ctx context.Context, n int64) {
	if s != nil {
		s.exporting.Add(ctx, n, metric.WithAttributeSet(s.exporter))
	}
}

// processed counts items that the queue has handed to the exporter, with class "", or dropped, with the class of the loss.
func (s *selfMetrics) processed(ctx context.Context, class string, n int64) {
	switch {
	case s == nil || s.processors == nil:
	case class == "":
		s.processors.Add(ctx, n, metric.WithAttributeSet(s.processor))
	default:
		s.processors.Add(ctx, n, metric.WithAttributeSet(s.processor), metric.WithAttributes(semconv.ErrorTypeKey.String(class)))
	}
}
