package otelsetup_test

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/feedback"
)

// TestTextRedactor: the comments in log events are redacted, and other log records are the application's own.
func TestTextRedactor(t *testing.T) { //nolint:paralleltest // it sets variables
	for _, c := range []struct {
		name, reason string
		redact       func(string) string
		want         []string
	}{
		{"redacted", "what the client's redactor left", func(s string) string { return strings.ReplaceAll(s, "030 23125 012", "[phone]") }, []string{"[email], [phone]", "030 23125 012"}},
		{"a panic", "what cannot be redacted is left out", func(s string) string { panic(s) }, []string{"", "030 23125 012"}},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			col := newCollector(t)
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.WithTextRedactor(c.redact))
			must(t, err)
			client, err := cx.New(cx.WithTracerProvider(s.TracerProvider), cx.WithJourneyTracerProvider(s.JourneyTracerProvider),
				cx.WithMeterProvider(s.MeterProvider), cx.WithLoggerProvider(s.LoggerProvider),
				cx.WithRedactor(func(s string) string { return strings.ReplaceAll(s, "jane@example.com", "[email]") }))
			must(t, err)
			feedback.CSAT.Record(cx.NewContext(context.Background(), client), 2, feedback.Comment("jane@example.com, 030 23125 012"))
			must(t, client.Shutdown(context.Background()))
			var own log.Record
			own.SetEventName("shop.note")
			own.SetBody(attribute.StringValue("030 23125 012"))
			s.LoggerProvider.Logger("shop").Emit(context.Background(), own)
			must(t, s.Shutdown(context.Background()))
			if got := strings.Join(col.bodies, "|"); got != strings.Join(c.want, "|") {
				t.Errorf("the bodies are %q, want %q: %s", col.bodies, c.want, c.reason)
			}
		})
	}
	if _, err := otelsetup.Start(context.Background(), otelsetup.WithTextRedactor(nil)); err == nil || !strings.Contains(err.Error(), "WithTextRedactor(nil)") {
		t.Errorf("Start with a nil redactor returned %v", err)
	}
}
