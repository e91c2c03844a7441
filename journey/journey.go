package journey

import (
	"context"
	"time"

	"cairncx.dev/cairn/internal/flight"
)

// Run is one customer's run as a context has it. It is a copy, which does not change when the run moves on. The zero value
// is no run.
type Run struct{ p *flight.Position }

// FromContext returns the innermost run of ctx. It returns false if ctx is in no run.
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

// Stage returns the customer's stage when the context was made, or when another process sent the position. It returns ""
// for no stage, and if the stage is not known. The run may have moved on since. The client does not take the stage of
// events from here.
func (r Run) Stage() string { return r.position().Stage }

// Started returns when the run began, or the zero time if the context does not have it.
func (r Run) Started() time.Time { return r.position().Journey.Started }

// TraceID returns the ID of the run's trace as 32 hexadecimal digits. It finds the run in the tracing backend. It is "" for
// no run.
func (r Run) TraceID() string {
	t := r.position().Trace()
	if t == nil {
		return ""
	}
	return t.TraceID().String()
}
