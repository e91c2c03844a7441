package otelsetup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// WithTextRedactor passes the customers' comments in log events through redact before they are exported: the body of
// cx.feedback.received. It is called in the goroutine of the SDK's queue, where no customer waits, so it may be slower than the
// client's redactor, which runs before it: give cx.WithRedactor a quick one. If redact panics, the log event has no body, and
// OpenTelemetry's error handler gets an error without the panic's value. Start refuses nil. Default: log events have the comment
// as the client's redactor leaves it.
func WithTextRedactor(redact func(text string) string) Option {
	return optionFunc(func(c *config) { c.redact, c.redacts = redact, true })
}

var (
	errNoRedactor = errors.New("otelsetup: WithTextRedactor(nil): give a function, or leave the option out")
	errRedactor   = errors.New("otelsetup: the function of WithTextRedactor panicked: the comment of a log event is left out")
)

// textExporter redacts the comments in log events.
type textExporter struct {
	sdklog.Exporter

	redact func(string) string
}

// Export implements [sdklog.Exporter]. The records may be shared with other exporters: those with a comment are copied.
func (e textExporter) Export(ctx context.Context, records []sdklog.Record) error {
	copied := false
	for i := range records {
		body := records[i].Body()
		if records[i].EventName() != semconv.FeedbackReceivedEvent || body.Type() != attribute.STRING {
			continue
		}
		if !copied {
			records, copied = slices.Clone(records), true
		}
		records[i] = records[i].Clone()
		records[i].SetBody(e.body(body.AsString()))
	}
	return e.Exporter.Export(ctx, records) //nolint:wrapcheck // the exporter's own, as it is
}

// body returns the redacted body, or none.
func (e textExporter) body(text string) (body attribute.Value) {
	defer func() {
		if v := recover(); v != nil {
			otel.Handle(fmt.Errorf("%w (a panic with a %T)", errRedactor, v))
			body = attribute.Value{}
		}
	}()
	return attribute.StringValue(e.redact(text))
}
