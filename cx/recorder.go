package cx

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// recorder is the client as the vocabulary knows it. Its client is not nil.
type recorder struct{ c *Client }

var (
	_ flight.Recorder = recorder{}
	_ flight.Runs     = recorder{}
)

// Start implements [flight.Recorder].
func (r recorder) Start(ctx context.Context, e *flight.Event) (out context.Context) {
	c := r.c
	out = ctx //nolint:wastedassign // the answer when something below panics
	if c.closed.Load() {
		return ctx
	}
	defer c.contain(ctx, "recording")
	if !c.admit(ctx, e) {
		return ctx
	}
	c.open(ctx, e, true)
	if e.Kind == event.JourneyStarted { // a run is resumed
		c.tracker.Resume(e)
	}
	return c.press(c.telemetry.Start(ctx, e), e)
}

// Record implements [flight.Recorder].
func (r recorder) Record(ctx context.Context, e *flight.Event) {
	scope := flight.ScopeOf(ctx)
	e.SetSpoken(scope)
	scope.Ascribe(e)
	if id := scope.Session(); id != "" {
		inSession(e, id)
	}
	r.c.record(ctx, e, false)
}

// inSession gives the event the customer's session, unless the application has given it another one.
func inSession(e *flight.Event, id string) {
	for i := range e.Attributes {
		if e.Attributes[i].Key == semconv.SessionIDKey {
			return
		}
	}
	e.SetAttributes(semconv.SessionIDKey.String(id))
}

// Join implements [flight.Recorder].
func (r recorder) Join(ctx context.Context, e *flight.Event) {
	if r.c.closed.Load() {
		return
	}
	defer r.c.contain(ctx, "recording")
	r.c.open(ctx, e, true)
}

// Request implements [flight.Recorder].
func (r recorder) Request(ctx context.Context, p *flight.Position) {
	if p == nil || p.Journey.IsZero() {
		return
	}
	defer r.c.contain(ctx, "recording")
	r.c.telemetry.Request(ctx, &p.Journey, p.Trace())
}

// Has implements [flight.Runs].
func (r recorder) Has(ctx context.Context, p *flight.Position) (has bool, err error) {
	if r.c.closed.Load() {
		return false, errShutDown
	}
	e := flight.Get()
	defer e.Put()
	e.SetPosition(p)
	err = errPanicked //nolint:wastedassign // the answer when something below panics
	defer r.c.contain(ctx, "looking for a run")
	return r.c.tracker.Has(ctx, e)
}

// Over implements [flight.Runs].
func (r recorder) Over(p *flight.Position) (over bool) {
	if p == nil || p.Journey.IsZero() {
		return false
	}
	e := flight.Get()
	defer e.Put()
	e.SetPosition(p)
	defer r.c.contain(context.Background(), "looking for a run")
	return r.c.tracker.Ended(e)
}

// Sent implements [flight.Recorder].
func (r recorder) Sent(p *flight.Position) { r.c.tracker.Sent(p) }

// Fault implements [flight.Recorder].
func (r recorder) Fault(ctx context.Context, f fault.Report) { r.c.RecordFault(ctx, f) }

// Keys implements [flight.Recorder].
func (r recorder) Keys() flight.Keys {
	if r.c.positionKeys == nil {
		return nil
	}
	return r.c.positionKeys
}

// Now implements [flight.Recorder].
func (r recorder) Now() time.Time { return r.c.clock.Now() }

// Since implements [flight.Recorder].
func (r recorder) Since(t time.Time) time.Duration { return r.c.clock.Since(t) }

// SetDefault makes c the client of every context without a client of its own. With nil, such contexts have no client. Safe
// for concurrent use.
func SetDefault(c *Client) {
	if c == nil {
		flight.SetDefault(nil)
		return
	}
	flight.SetDefault(recorder{c})
}

// NewContext returns a context in which c records instead of the default client. Use it in tests, and in a process that
// runs several services. With a nil c the context records nothing.
func NewContext(ctx context.Context, c *Client) context.Context {
	if c == nil {
		return flight.NewContext(ctx, flight.Discard{})
	}
	return flight.NewContext(ctx, recorder{c})
}

// FromContext returns the client that records in ctx: that of [NewContext], else the default client, else nil. A middleware uses it that
// records data of its own with [Client.Record].
func FromContext(ctx context.Context) *Client {
	r, _ := flight.RecorderFrom(ctx).(recorder)
	return r.c
}
