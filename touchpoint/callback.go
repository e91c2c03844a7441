package touchpoint

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// CalledBack is the name of the promise in a run of [Callbacks]: the customer is called back.
const CalledBack = "called-back"

// Callbacks is the built-in journey "callback". [Contact.Callback] starts a run of it and promises [CalledBack] by the due time. The
// service that calls the customer back resumes the run and records a contact in it:
//
//	ctx = touchpoint.Callbacks.Resume(ctx, id)
//	ctx, call := support.Contact(ctx, event.Phone, touchpoint.Outbound())
//	defer call.End()
//	call.Answer(employeeID) // the customer was reached: the promise is kept
//
// End of that contact completes the run, unless the contact is failed, cancelled or abandoned. An attempt that does not reach the customer
// has no Answer, and neither keeps the promise nor ends the run. A run in which nothing happens for 90 days is abandoned.
//
// The promise survives the process only with cx.WithStore. Without a store another process does not find the run, and a promise that
// becomes due after Shutdown is neither kept nor broken.
var Callbacks = journey.Define("callback",
	journey.Channels(event.Phone), journey.ByHand(CalledBack), journey.AbandonAfter(90*24*time.Hour))

// The attributes of the start of a run of Callbacks: where it was promised.
const (
	promisedInTouchpoint = attribute.Key("callback.from.touchpoint")
	promisedInJourney    = attribute.Key("callback.from.journey")
	promisedInRun        = attribute.Key("callback.from.journey_id")
)

// Callback promises that the company calls the customer back by the due time, and returns the ID of a new run of [Callbacks]. Give the ID
// to the service that calls back. A customer in a queue leaves it, which is no abandonment; otherwise the contact goes on. A due time that
// has passed breaks the promise at once. It fits until End, and returns "" after that and without a client.
//
// The run has the customer of the contact. Its start is linked to the span of the contact, and has the touchpoint, the journey and the
// ID of the contact's run as the attributes callback.from.touchpoint, callback.from.journey and callback.from.journey_id. In a contact
// without a journey the last two are missing.
func (c *Contact) Callback(due time.Time) (id string) {
	var opts []journey.RecordOption
	var customer event.Customer
	c.step("Callback", func() bool {
		if c.phase == phaseWaiting {
			c.leave(event.LegCallback)
		}
		c.promised = true
		e, now := c.event, c.began.Add(c.at)
		id, customer = event.NewID(now).String(), e.Customer
		attrs := []attribute.KeyValue{promisedInTouchpoint.String(e.Touchpoint)}
		if !e.Journey.IsZero() {
			attrs = append(attrs, promisedInJourney.String(e.Journey.Name), promisedInRun.String(e.Journey.ID))
		}
		opts = []journey.RecordOption{journey.Via(event.Phone), journey.At(now), journey.By(e.Actor), journey.Attributes(attrs...)}
		return true
	})
	if id == "" {
		return ""
	}
	ctx := Callbacks.Start(c.apart(), id, customer, opts...)
	Callbacks.Promise(ctx, CalledBack, due, opts[:3]...)
	return id
}

// apart returns the context of the contact without the contact, which must not join the run that it promises.
func (c *Contact) apart() context.Context {
	n := &flight.Node{}
	n.Init(c.ctx, c.node.Scope(), c.node.Recorder())
	n.SetAround(nil)
	return n
}

// completes returns when the contact completes the run of a callback, or the zero time for a contact that completes none.
func (c *Contact) completes(e *flight.Event) (at time.Time) {
	if c == nil || !c.called || e.Outcome != event.OK && e.Outcome != event.Degraded {
		return at
	}
	if d, _ := e.Definition().(*Definition); d.Ends() != 0 && d.journey.Name() == Callbacks.Name() {
		return at // the definition ends it
	}
	return e.Time.Add(e.Duration)
}

// calledBack keeps the promise to call back if the contact is the company's, in a run of Callbacks, and is answered.
func (c *Contact) calledBack() {
	var at time.Time
	c.say(func(*event.Assisted) {
		if c.called || c.event.Direction != event.Outbound || !c.answered() || flight.PositionIn(c.ctx, Callbacks.Name()) == nil {
			return
		}
		c.called, at = true, c.began.Add(c.at)
	})
	if !at.IsZero() {
		Callbacks.Keep(c.ctx, CalledBack, journey.At(at))
	}
}
