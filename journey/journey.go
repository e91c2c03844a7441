package journey

import (
	"context"
	"time"

	"cairncx.dev/cairn/internal/flight"
)

// Journey is one customer's run as a context knows it: a view, which does not change
// when the run moves on.
type Journey struct{ p *flight.Position }

// FromContext returns the run that ctx is in, the innermost one, and whether there is
// one.
func FromContext(ctx context.Context) (Journey, bool) {
	p := flight.PositionFromContext(ctx)
	if p == nil || p.Journey.IsZero() {
		return Journey{}, false
	}
	return Journey{p}, true
}

func (j Journey) position() *flight.Position {
	if j.p == nil {
		return &flight.Position{}
	}
	return j.p
}

// Name returns the journey's name.
func (j Journey) Name() string { return j.position().Journey.Name }

// ID returns the run's ID.
func (j Journey) ID() string { return j.position().Journey.ID }

// Stage returns the stage that the customer was in when the context, or the position that was sent, was made, or
// "". The run may have moved on since: events do not take their stage from here.
func (j Journey) Stage() string { return j.position().Stage }

// Started returns when the run began, or the zero time where that is not known here.
func (j Journey) Started() time.Time { return j.position().Journey.Started }

// TraceID returns the ID of the journey's trace as 32 hexadecimal digits: what to paste
// into the tracing backend to see this customer's journey. It is "" for no journey.
func (j Journey) TraceID() string {
	t := j.position().Trace()
	if t == nil {
		return ""
	}
	return t.TraceID().String()
}
