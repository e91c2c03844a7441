package cx

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
	"cairncx.dev/cairn/journey"
)

// An event goes through the client on a line of six steps. Each is one function, and its comment says what it may change:
//
//	admit    c.admit    nothing but the length of the kind; an event without what its kind requires goes no further
//	open     c.open     time, names, customer and place of the event, as they are known when it begins; the state of the run, if the
//	                    event has moved it, and then the transitions are shown and delivered
//	resolve  c.resolve  duration, zone, verdict, texts, sizes, release and arm of the event; c.effort of a contact also its ID and its effort so far
//	track    c.track    the state of the run; stage, visit, start, customer, value and lateness of the event; of a transition also
//	                    time and ID. The transitions that it makes are shown and delivered before it
//	show     c.show     nothing of the event: metrics, spans and log events
//	deliver  c.deliver  the event's ID and span context; then processors and exporters see the data
//
// What becomes of a request for feedback waits between resolve and track until it is known what it is: an answer, a change of one, or
// nothing new (requests.go). With a store that is when the store has it.
//
// All of it happens in the goroutine that records, and nothing waits. With a shared store, committed shows and delivers the
// transitions, and what has to follow them, when the store has them.

// Record records an event that the packages journey, touchpoint and feedback did not create, such as one from a log or a
// webhook. The event names its own run, so the position in ctx has no effect. In a context of
// touchpoint.AsSynthetic it is a probe's, whatever it says.
//
// Kind is required. A zero Time is now; for a touchpoint with a Duration it is now minus the duration. The client fills in an
// empty ID, namespace and span context (that of the span in ctx), replaces the customer's ID by the hash, and computes the
// verdict on an answer and the Apdex zone of a touchpoint whose definition has a target. If it knows the run's state, it fills in
// stage, visit and start. It decides whether the event is late, what a change of state has left and how long the run took,
// whatever the event says.
//
// The client folds unknown names into [event.Other], cuts long texts, drops free text without a redactor, and drops an invalid
// event. Each of these is a fault ([WithOnFault]). It delivers journey.started, journey.stage.entered and journey.ended once
// for each run, under a derived ID. It drops journey.stalled and the kinds of promises, because it records them itself. A client that
// replays a log ([WithImplicitStarts]) takes promises that were made or kept by hand ([event.Promise.ByHand]), under derived IDs, too.
//
// The caller must not change the data behind the event's pointers afterwards. Record returns at once and never panics. It is
// safe for concurrent use. A nil Client records nothing.
func (c *Client) Record(ctx context.Context, data event.Event) {
	if c == nil {
		return
	}
	if ctx == nil {
		ctx = context.Background()
	}
	e := flight.Of(data)
	defer e.Put()
	c.record(ctx, e, false)
}

// record takes e through all steps. Implied says that e is the end which a touchpoint declares.
func (c *Client) record(ctx context.Context, e *flight.Event, implied bool) {
	defer c.contain(ctx, "recording")
	if c.closed.Load() {
		c.refuse(ctx, e)
		return
	}
	if !c.admit(ctx, e) {
		return
	}
	began := c.openEnded(ctx, e)
	if !c.resolve(ctx, e, began) || c.requests.take(ctx, c, e) {
		return
	}
	c.proceed(ctx, e, began, implied)
}

// proceed takes an event that is resolved through the rest of the steps.
func (c *Client) proceed(ctx context.Context, e *flight.Event, began, implied bool) {
	ends := c.resolver.Ends(e)
	j := c.effort(e)
	fate, after := c.track(ctx, e, began, implied)
	switch fate {
	case dropped:
		return
	case queued: // processors see it when the store has it, in the order of its journey
		c.joins(ctx, e, j)
		c.show(ctx, e)
		c.follow(e)
	case tracked:
		c.joins(ctx, e, j)
		c.emit(ctx, e)
	}
	for _, e := range after {
		c.emit(ctx, e)
		e.Put()
	}
	c.violation(ctx, e)
	if ends != 0 {
		c.end(ctx, e, ends)
	}
}

// admit reports whether the event has a kind that may be recorded, and what the kind requires. It changes nothing else of the
// event than a kind that is no text.
func (c *Client) admit(ctx context.Context, e *flight.Event) bool {
	ok, found := c.resolver.Admit(e)
	c.found(ctx, &found)
	return ok
}

// refuse reports an event that was recorded after Shutdown, and ends its live span.
func (c *Client) refuse(ctx context.Context, e *flight.Event) {
	c.fault(ctx, fault.Report{Fault: fault.Closed, Name: e.Subject(), Detail: "it was recorded after Shutdown"})
	if s, owned := e.Span(); owned {
		s.End()
	}
}

// openEnded opens an event that is over, and reports whether it was opened before, when it began.
func (c *Client) openEnded(ctx context.Context, e *flight.Event) (began bool) {
	if e.Time.IsZero() && e.Kind == event.TouchpointEnded && e.Duration > 0 {
		e.Time = c.clock.Now().Add(-min(e.Duration, event.MaxDuration)) // it has just ended
	}
	began = !c.open(ctx, e, false)
	if began && e.Kind == event.TouchpointEnded && e.Duration == 0 && !e.Measured() {
		e.Duration = c.clock.Since(e.Time)
	}
	return began
}

// open is the first step. It may change the event's time, names, customer, journey, stage and visit, and whether the event is
// late: everything that is known when it begins. It puts the journey on the span of the request. A touchpoint that begins may
// start its run or move it into a stage: open shows and delivers these transitions. It returns false for an event that was
// opened before.
func (c *Client) open(ctx context.Context, e *flight.Event, begins bool) bool {
	first := e.Open()
	if !first && !e.Unplaced() {
		return false
	}
	if first {
		e.Late = false // the tracker decides it
		c.begin(ctx, e)
	}
	if e.Definition() == nil {
		e.Excuse() // from outside
	}
	stage, found := c.resolver.Open(e)
	c.found(ctx, &found)
	e.SetUnplaced(false)
	c.request(ctx, e, begins)
	if e.Journey.IsZero() || e.Kind != event.JourneyStarted && e.Kind.IsTransition() || e.Kind.IsEmployee() {
		return first
	}
	if begins && e.Kind == event.TouchpointEnded && e.Claimed() && !c.tracker.Knows(e) && !c.tracker.Ended(e) {
		e.SetUnplaced(true) // until it is over, and it is known whether there is such a run
		e.SetUnended(true)
		if stage != "" {
			e.SetPlace(stage, 0)
		}
		return first
	}
	v := c.tracker.Place(e, stage)
	if e.Unended() { // the run ended in its course
		e.Late, v.Late = false, false
	}
	c.judge(ctx, e, v)
	return first
}

// request notes on the span of the request in ctx that the request is in the journey of e. It leaves out a request that only
// names a journey, because there may be no such run. A span that a touchpoint or feedback describes gets its link when that is
// over.
func (c *Client) request(ctx context.Context, e *flight.Event, begins bool) {
	if s, _ := e.Span(); s == nil && !e.SpanContext.IsValid() {
		e.SpanContext = trace.SpanContextFromContext(ctx)
	}
	if e.Journey.IsZero() || e.Claimed() || e.Named() || !e.Kind.IsTransition() && !begins {
		return
	}
	if s, _ := e.Span(); s != nil || !trace.SpanFromContext(ctx).IsRecording() {
		return
	}
	if !shown(ctx, e) {
		c.telemetry.Request(ctx, &e.Journey, e.Trace())
	}
}

// shown reports whether the span in ctx is that of a touchpoint, which is linked to its twin in the journey of e when
// it is over.
func shown(ctx context.Context, e *flight.Event) bool {
	under, ok := flight.ScopeOf(ctx).Around().(flight.Shower)
	return ok && under.Shows(trace.SpanFromContext(ctx), e)
}

// resolve is the second step. It may change the event's duration, Apdex zone, verdict, texts and attributes: everything that is
// known when it is over. No later step changes these. It returns false for an event that says nothing.
func (c *Client) resolve(ctx context.Context, e *flight.Event, began bool) bool {
	ok, found := c.resolver.Close(e)
	if !began && e.Duration == 0 && e.Zone != event.Frustrated {
		e.Zone = 0 // how long it took is not known
	}
	c.found(ctx, &found)
	if ok {
		c.stamp(e)
		c.outside(ctx, e)
	}
	return ok
}

// fate is what becomes of an event after the third step.
type fate uint8

const (
	tracked fate = iota // it is shown and delivered now
	queued              // it is shown now, and delivered when the store has it
	dropped             // it says nothing new
)

// track is the third step. It changes the state of the event's run. It may change the event's stage, visit, start, customer,
// value, whether it is late, and for a transition its time, ID and details. It shows and delivers the transitions that e makes
// before e itself, and returns those that come after it.
func (c *Client) track(ctx context.Context, e *flight.Event, began, implied bool) (fate, []*flight.Event) {
	if e.Kind.IsPromise() && !e.ByHand() {
		return dropped, nil // it is from a log that is replayed: what becomes of a promise follows from the other events
	}
	if e.Journey.IsZero() {
		if e.Kind.IsTransition() {
			return dropped, nil // admit found a run, which was refused and counted since
		}
		return tracked, nil
	}
	if e.Kind.IsEmployee() {
		return tracked, nil // it changes no run
	}
	c.tracker.Joined(e)
	v := c.tracker.Apply(e, c.manner(ctx, e, began, implied))
	c.notBefore(ctx, e)
	c.judge(ctx, e, v)
	switch {
	case v.Drop:
		if v.Queued {
			c.telemetry.Expect(e)
		}
		return dropped, nil
	case v.Queued:
		return queued, nil
	default:
		return tracked, v.After
	}
}

// judge counts, shows and delivers what the tracker returned for e.
func (c *Client) judge(ctx context.Context, e *flight.Event, v track.Result) {
	if v.Late {
		c.telemetry.RecordLate(ctx, e)
	}
	if v.Faults.Has(fault.StoreFull) {
		c.losses.note(fault.StoreFull)
	}
	if !v.Faults.IsEmpty() {
		c.foundInRun(ctx, e, v.Faults)
	}
	if v.OtherCustomer {
		c.otherCustomer(ctx, e.Journey.Name)
	}
	for _, aside := range v.Aside {
		c.deliver(ctx, aside)
		aside.Put()
	}
	for _, before := range v.Before {
		c.emit(ctx, before)
		if v.State != nil && before.Kind == event.PromiseBroken { // a stall is not told any more: something has happened since
			c.hooks.happened(&before.Event, *v.State)
		}
		before.Put()
	}
}

// notBefore moves the end of a run to its start where it lies before it and only the tracker knew the start.
func (c *Client) notBefore(ctx context.Context, e *flight.Event) {
	if e.Kind == event.JourneyEnded && e.Time.Before(e.Journey.Started) {
		e.Time = e.Journey.Started
		c.fault(ctx, fault.Report{Fault: fault.Time, Name: e.Journey.Name, Detail: "the run ends before it began"})
	}
}

// end ends the journey of a touchpoint that declares its end.
func (c *Client) end(ctx context.Context, by *flight.Event, o event.Outcome) {
	e := flight.Get()
	defer e.Put()
	e.Kind, e.Time, e.Outcome = event.JourneyEnded, by.Time.Add(by.Duration), o
	e.Cause, e.Intent, e.Variant, e.SpanContext = by.Cause, by.Intent, by.Variant, by.Request()
	e.SetPositionOf(by)
	c.record(ctx, e, true)
}

// emit shows and delivers e, and opens the follow-ups that it causes. Telemetry comes first: it ends the live span.
func (c *Client) emit(ctx context.Context, e *flight.Event) {
	c.show(ctx, e)
	c.deliver(ctx, e)
	c.follow(e)
}

// show is the fourth step: metrics, spans and log events. It changes nothing of the event, and ends the event's live span.
func (c *Client) show(ctx context.Context, e *flight.Event) {
	defer c.contain(ctx, "a provider of OpenTelemetry")
	c.telemetry.Show(ctx, e)
}

// deliver is the last step: every processor sees the event's data, and must not change it. It may change the event's ID, where
// it has none, and its span context.
func (c *Client) deliver(ctx context.Context, e *flight.Event) {
	if len(c.processors) == 0 {
		return
	}
	if e.ID.IsZero() {
		e.ID = event.NewID(e.Time)
	}
	e.SpanContext = e.Request()
	for _, p := range c.processors {
		c.process(ctx, p, &e.Event)
	}
}

// process gives the event to one processor. A panic of the processor does not reach the others.
func (c *Client) process(ctx context.Context, p event.Processor, e *event.Event) {
	defer c.containIn(ctx, p)
	p.Process(ctx, e)
}

// committed shows and delivers what the store of journeys has committed. Events that are no transitions were shown before.
func (c *Client) committed(e *flight.Event, s journey.State) {
	ctx := c.within
	defer c.contain(ctx, "delivering what the store of journeys has taken")
	if !e.Kind.IsTransition() && e.Kind != track.PromiseDue {
		c.deliver(ctx, e)
		return
	}
	c.passed(ctx, e, s)
}

// uncommitted delivers a transition that the store of journeys has not committed. It is in no metric.
func (c *Client) uncommitted(e *flight.Event) {
	defer c.contain(c.within, "delivering what the store of journeys has not taken")
	c.deliver(c.within, e)
}

// passed shows and delivers a transition of the run in this state, and calls the application's hooks.
func (c *Client) passed(ctx context.Context, e *flight.Event, s journey.State) {
	if e.Kind != track.PromiseDue {
		c.emit(ctx, e)
		c.unopposed(&e.Event, s)
		c.released(e, s)
	}
	c.hooks.happened(&e.Event, s)
}
