package webhook

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/telemetry/semconv"
)

const scopeName = "cairncx.dev/cairn/feedback/intake/webhook"

// counts counts refusals.
type counts struct {
	counter metric.Int64Counter
	of      map[string][]metric.AddOption
}

// codes returns every code of a refusal.
func codes() []string {
	return []string{
		codeMethod, codeType, codeTooLarge, codeBad, codeForged, codeExpired, codeNotTaken, codeFollowUp, codeStep, codeInvalid, codeBusy, codeUnavailable,
	}
}

// newCounts makes the counter, whose series exist with zero from now on.
func newCounts(p metric.MeterProvider) (*counts, error) {
	if p == nil {
		p = otel.GetMeterProvider()
	}
	counter, err := p.Meter(scopeName).Int64Counter(semconv.FeedbackWebhookRefusedName,
		metric.WithUnit(semconv.FeedbackWebhookRefusedUnit), metric.WithDescription(semconv.FeedbackWebhookRefusedDescription))
	if err != nil {
		return nil, err //nolint:wrapcheck // New says where it is from
	}
	c := &counts{counter: counter, of: map[string][]metric.AddOption{}}
	for _, code := range codes() {
		with := []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(semconv.ErrorTypeKey.String(code)))}
		c.of[code] = with
		counter.Add(context.Background(), 0, with...)
	}
	return c, nil
}

func (c *counts) refused(ctx context.Context, code string) { c.counter.Add(ctx, 1, c.of[code]...) }
