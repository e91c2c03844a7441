package otelsetup_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"cairncx.dev/cairn/cx/otelsetup"
)

// TestServersSpanKeepsItsDescription: a server's instrumentation sets the status anew, without a description, when it
// has answered. Why the customer's touchpoint failed is said all the same.
func TestServersSpanKeepsItsDescription(t *testing.T) { //nolint:paralleltest // variables are the process's
	failed := attribute.String("cx.outcome", "failed")
	for _, c := range []struct {
		name, reason string
		attrs        []attribute.KeyValue
		code         codes.Code // that the instrumentation sets
		said         string     // by the instrumentation
		want         string
	}{
		{"with a cause", "why it failed", []attribute.KeyValue{failed, attribute.String("cx.cause", "psp-error"), attribute.String("error.type", "bank_unavailable")}, codes.Error, "", "psp-error"},
		{"with a class of error", "the next best", []attribute.KeyValue{failed, attribute.String("error.type", "bank_unavailable")}, codes.Error, "", "bank_unavailable"},
		{"with a status code", "the conventions for HTTP want none that says no more", []attribute.KeyValue{failed, attribute.String("error.type", "503")}, codes.Error, "", ""},
		{"with an error without a class", "nothing is known", []attribute.KeyValue{failed, attribute.String("error.type", "_OTHER")}, codes.Error, "", ""},
		{"that says why itself", "it knows best", []attribute.KeyValue{failed, attribute.String("cx.cause", "psp-error")}, codes.Error, "own", "own"},
		{"that is no error", "a declined card is none of the server's", []attribute.KeyValue{failed, attribute.String("cx.cause", "declined")}, codes.Unset, "", ""},
		{"of a touchpoint that is degraded", "its cause is not why the server failed", []attribute.KeyValue{attribute.String("cx.outcome", "degraded"), attribute.String("cx.cause", "slow")}, codes.Error, "", ""},
		{"of no touchpoint", "it is not ours", nil, codes.Error, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			col := newCollector(t)
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
			must(t, err)
			defer func() { must(t, s.Shutdown(context.Background())) }()
			_, span := s.TracerProvider.Tracer("test").Start(context.Background(), "POST /charges")
			span.SetAttributes(c.attrs...)
			span.SetStatus(c.code, c.said)
			span.End()
			must(t, s.Flush(context.Background()))
			col.mu.Lock()
			defer col.mu.Unlock()
			if len(col.spans) != 1 {
				t.Fatalf("%d spans have arrived, want one", len(col.spans))
			}
			got := col.spans[0].GetStatus()
			if got.GetMessage() != c.want || (got.GetCode() == tracepb.Status_STATUS_CODE_ERROR) != (c.code == codes.Error) {
				t.Errorf("its status is %v, want %v %q: %s", got, c.code, c.want, c.reason)
			}
		})
	}
}
