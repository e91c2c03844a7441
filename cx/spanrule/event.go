package spanrule

import (
	"cmp"
	"strconv"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/digest"
)

// Event returns the event of a span that matches rule i, and whether the span has what the rule needs to find the run. Without it, the
// event is in no journey, and placed is false. A span that is answered with 404 or 410 of HTTP, or with NOT_FOUND of RPC, is in no journey
// either, and placed is true: any client can make up the ID of a run.
//
// The ID is derived from the IDs of the span: the same span gives the same event, wherever and however often it is matched. Time and
// Duration are those of the span; a span that ends before it starts has no duration.
func (s *Set) Event(i int, sp *Span) (e event.Event, placed bool) {
	r := &s.rules[i]
	e = event.Event{
		Kind: event.TouchpointEnded, Time: sp.Start, Duration: max(0, sp.End.Sub(sp.Start)),
		Touchpoint: r.Touchpoint, Channel: r.Channel, SpanContext: sp.Context,
	}
	if sp.Context.IsValid() {
		e.ID = ID(sp.Context.TraceID(), sp.Context.SpanID())
	}
	e.Outcome, e.ErrorType = Outcome(sp)
	class, status, rpc := said(sp)
	switch r.Outcome {
	case 0:
	case event.Failed:
		e.Outcome, e.ErrorType = event.Failed, cmp.Or(class, status, rpc, "_OTHER")
	default:
		e.Outcome, e.ErrorType = r.Outcome, ""
	}
	e.Customer = event.Customer{ID: r.Customer.find(sp), Segment: r.Segment.find(sp)}
	e.Actor = r.actor(sp)
	if r.Journey == "" {
		return e, true
	}
	if lacking(status, rpc) {
		return e, true
	}
	id := r.Case.find(sp)
	if id == "" {
		return e, false
	}
	e.Journey = event.Run{Name: r.Journey, ID: id, Value: r.value(sp)}
	return e, true
}

// Start returns the start of the run of e, an event of a span that matches rule i, and false if the rule starts no run, or e is in none. The
// start comes before e. A client ignores the start of a run that has been started already.
func (s *Set) Start(i int, e *event.Event) (start event.Event, ok bool) {
	if !s.rules[i].Starts || e.Journey.IsZero() {
		return event.Event{}, false
	}
	return event.Event{
		Kind: event.JourneyStarted, Time: e.Time, Journey: e.Journey, Channel: e.Channel, Actor: e.Actor, Customer: e.Customer, SpanContext: e.SpanContext,
	}, true
}

// actor returns who acted in the span.
func (r *Rule) actor(sp *Span) event.Actor {
	var a event.Actor
	if said := r.Actor.find(sp); said != "" && a.UnmarshalText([]byte(said)) == nil {
		return a
	}
	for i := range sp.Attributes {
		if kv := &sp.Attributes[i]; kv.Key == keySynthetic && (text(kv.Value) == "bot" || text(kv.Value) == "test") {
			return event.ActorSynthetic
		}
	}
	return event.ActorCustomer
}

// value returns the amount at stake, or nil.
func (r *Rule) value(sp *Span) *event.Money {
	if r.Value == "" {
		return nil
	}
	source := Source{Attribute: r.Value}
	amount, err := strconv.ParseInt(source.find(sp), 10, 64)
	if err != nil {
		return nil
	}
	return &event.Money{Amount: amount, Currency: r.Currency}
}

// ID returns the ID of the event of a span: a UUID of version 8 (RFC 9562, section 5.8), from the SHA-256 of a version tag, the ID of the
// trace and the ID of the span.
func ID(traceID [16]byte, spanID [8]byte) event.ID {
	sum := digest.Of("cairn.span.1", string(traceID[:]), string(spanID[:]))
	return digest.ID([16]byte(sum[:]))
}
