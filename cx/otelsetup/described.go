package otelsetup

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// describing restores the description of failed server spans. The instrumentation of a server sets the status again when
// it has answered, without a description, because the status code is an attribute. The code does not say why the
// customer's request failed.
type describing struct{ sdktrace.SpanExporter }

// ExportSpans implements [sdktrace.SpanExporter].
func (d describing) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	mine := false // the batch is the caller's
	for i, s := range spans {
		why := reason(s)
		if why == "" {
			continue
		}
		if !mine {
			spans, mine = slices.Clone(spans), true
		}
		spans[i] = described{s, why}
	}
	return d.SpanExporter.ExportSpans(ctx, spans) //nolint:wrapcheck // the exporter's own error
}

// described is a span whose status says why.
type described struct {
	sdktrace.ReadOnlySpan
	why string
}

// Status implements [sdktrace.ReadOnlySpan].
func (s described) Status() sdktrace.Status {
	return sdktrace.Status{Code: codes.Error, Description: s.why}
}

// reason returns why the touchpoint that the span describes failed, where the span is an error without saying why.
func reason(s sdktrace.ReadOnlySpan) (why string) {
	if status := s.Status(); status.Code != codes.Error || status.Description != "" {
		return ""
	}
	failed, class, cause := false, "", ""
	for _, kv := range s.Attributes() {
		switch kv.Key {
		case semconv.OutcomeKey:
			failed = kv.Value.AsString() == event.Failed.String()
		case semconv.CauseKey:
			cause = kv.Value.AsString()
		case semconv.ErrorTypeKey:
			class = kv.Value.AsString()
		}
	}
	switch {
	case !failed:
		return ""
	case cause != "":
		return cause
	case class == "_OTHER", len(class) == 3 && class[0] >= '1' && class[0] <= '5': // no more than the status code says
		return ""
	default:
		return class
	}
}
