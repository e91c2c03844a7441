package intake

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/telemetry/semconv"
)

const scopeName = "cairncx.dev/cairn/feedback/intake"

// code says why a request is refused.
type code string

// The codes are in JSON, in the names of pages, and in the metric.
const (
	forged        code = "forged"
	expired       code = "expired"
	closed        code = "closed"
	tooLarge      code = "too_large"
	badRequest    code = "bad_request"
	tooMany       code = "too_many_requests"
	crossOrigin   code = "cross_origin"
	unknownSurvey code = "unknown_survey"
	unavailable   code = "unavailable"
)

// statuses has the status of each code.
var statuses = map[code]int{
	forged: http.StatusNotFound, expired: http.StatusGone, closed: http.StatusGone, tooLarge: http.StatusRequestEntityTooLarge,
	badRequest: http.StatusBadRequest, tooMany: http.StatusTooManyRequests, crossOrigin: http.StatusForbidden,
	unknownSurvey: http.StatusNotFound, unavailable: http.StatusServiceUnavailable,
}

// refusal is an error that a client gets.
type refusal struct {
	code   code
	status int    // 0 is that of the code
	form   int    // the status of the form that is shown once more; 0 is that of the refusal
	detail string // for developers, in English; it has no text of the customer's
	retry  int    // seconds; 0 is not said
}

// Error implements error.
func (r *refusal) Error() string { return string(r.code) + ": " + r.detail }

func refuse(c code, format string, args ...any) *refusal {
	return &refusal{code: c, detail: fmt.Sprintf(format, args...)}
}

func (r *refusal) httpStatus() int {
	if r.status != 0 {
		return r.status
	}
	return statuses[r.code]
}

// counter counts refusals.
type counter struct {
	refused metric.Int64Counter
	because map[code]metric.MeasurementOption
}

// newCounter returns a counter with the series of each code at zero.
func newCounter(p metric.MeterProvider) (*counter, error) {
	if p == nil {
		p = otel.GetMeterProvider()
	}
	refused, err := p.Meter(scopeName).Int64Counter(semconv.FeedbackIntakeRefusedName,
		metric.WithUnit(semconv.FeedbackIntakeRefusedUnit), metric.WithDescription(semconv.FeedbackIntakeRefusedDescription))
	if err != nil {
		return nil, fmt.Errorf("intake: the metric %s: %w", semconv.FeedbackIntakeRefusedName, err)
	}
	c := &counter{refused: refused, because: map[code]metric.MeasurementOption{}}
	for code := range statuses {
		c.because[code] = metric.WithAttributeSet(attribute.NewSet(semconv.ErrorTypeKey.String(string(code))))
		c.refused.Add(context.Background(), 0, c.because[code])
	}
	return c, nil
}

func (c *counter) count(ctx context.Context, why code) { c.refused.Add(ctx, 1, c.because[why]) }
