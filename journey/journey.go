package journey

import (
	"context"
	"time"

	"cairncx.dev/cairn/internal/flight"
)

// Run is one customer's run as a context knows it: a view, which does not change
// when the run moves on.
type Run struct{ p *flight.Position }

// FromContext returns the run that ctx is in, the innermost one, and whether there is
// one.
func FromContext(ctx context.Context) (Run, bool) {
	p := flight.PositionFromContext(ctx)
	if p == nil || p.Journey.IsZero() {
		return Run{}, false
	}
	return Run{p}, true
}

func (r Run) position() *flight.Position {
	if r.p == nil {
		return &flight.Position{}
	}
	return r.p
}

// Name returns the journey's name.
func (r Run) Name() string { return r.position().Journey.Name }

// ID returns the run's ID.
func (r Run) ID() string { return r.position().Journey.ID }

// Stage returns the stage that the customer was in when the context, or the position that was sent, was made, or
// "". The run may have moved on since: events do not take their stage from here.
func (r Run) Stage() string { return r.position().Stage }

// Started returns when the run began, or the zero time where that is not known here.
func (r Run) Started() time.Time { return r.position().Journey.Started }

// TraceID returns the ID of the journey's trace as 32 hexadecimal digits: what to paste
// into the tracing backend to see this customer's journey. It is "" for no journey.
func (r Run) TraceID() string {
	t := r.position().Trace()
	if t == nil {
		return ""
	}
	return t.TraceID().String()
}
