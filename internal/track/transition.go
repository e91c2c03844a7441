package track

import (
	"cmp"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// origin is the run that a transition belongs to, as far as the tracker knows it.
type origin struct {
	who   *identity // nil where the cause says it
	begun bool
	start int64 // if it has begun

	follows bool // it is a follow-up
}

func (r *run) origin() origin   { return origin{&r.identity, r.begun, r.start, r.answers.is} }
func (w *swept) origin() origin { return origin{&w.who, w.begun, w.start, w.follows} }

// newTransition returns the event of an effect. It is the only place where a transition becomes an event: in memory and in
// a store, at once and after a crash, so that the event is the same one everywhere.
//
// Cause is the event that made the transition. It is nil where time made it, and where the event is not known any more:
// then only the run says whose transition it is.
func newTransition(of origin, cause *flight.Event, f effect) *flight.Event {
	e := flight.Get()
	e.Kind, e.Outcome = f.kind, f.outcome
	if who := of.who; who != nil {
		e.Journey, e.Customer, e.Channel, e.Actor = who.journey, who.customer, who.channel, who.actor
	}
	if cause != nil {
		inherit(e, cause, f)
	}
	switch {
	case of.begun:
		e.Journey.Started = at(of.start)
	case cause != nil && (of.who == nil || f.kind == event.JourneyEnded):
		e.Journey.Started = cause.Journey.Started // as the position said
	default:
		e.Journey.Started = time.Time{}
	}
	e.SetPlace(f.stage, f.visit)
	e.Promise, e.Late = f.promise, f.late
	if of.follows && e.FollowUp == nil && e.Kind == event.PromiseBroken {
		e.FollowUp = &event.FollowUp{ID: e.Journey.ID} // a service without the definition knows by it whose promise it is
	}
	complete(e, f)
	return e
}

// inherit gives e what its cause says. The cause knows better than the run who acted and how; only the run knows the rest.
func inherit(e, cause *flight.Event, f effect) {
	run := e.Journey
	if e.SetJourneyOf(cause); run.ID != "" {
		e.Journey = run
	}
	e.Variant, e.Intent, e.SpanContext = cause.Variant, cause.Intent, cause.Request()
	e.Channel = cmp.Or(cause.Channel, e.Channel)
	if cause.Actor != event.ActorCustomer {
		e.Actor = cause.Actor
	}
	e.Customer.Hash = cmp.Or(cause.Customer.Hash, e.Customer.Hash)
	e.Customer.Segment = cmp.Or(cause.Customer.Segment, e.Customer.Segment)
	e.Customer.Account = cmp.Or(cause.Customer.Account, e.Customer.Account)
	if cause.Kind == f.kind && (f.kind != event.JourneyStageEntered || f.stage == cause.Stage) {
		e.Cause, e.ErrorType, e.Attributes = cause.Cause, cause.ErrorType, cause.Attributes
		e.FollowUp, e.Action, e.Breakdown = cause.FollowUp, cause.Action, cause.Breakdown
	}
}

// transition returns the event of an effect that cause had in memory. What time made is the run's own, whichever event
// made the tracker notice.
func (t *tracker) transition(cause *flight.Event, v *view, f effect) *flight.Event {
	if f.byTime() && v.who != nil {
		return newTransition(v.who.origin(), nil, f)
	}
	return newTransition(origin{begun: v.begun, start: v.start}, cause, f)
}

// complete completes the event of an effect, which is in its place already: its time, what was left, and its derived ID.
func complete(e *flight.Event, f effect) {
	e.Time = at(f.at)
	e.Transition = nil // what an event from outside says was left is not what the run has left
	if e.Kind != event.JourneyStarted && f.promise == nil && !f.leftReported {
		left := f.left
		e.Transition = &left
	}
	if f.also != nil {
		e.SetAlsoLeft(f.also.visit, at(f.also.at))
	}
	switch e.Kind {
	case event.JourneyStalled:
		e.Duration = e.Time.Sub(f.left.Entered)
	case event.JourneyEnded:
		if e.Journey.Started.IsZero() {
			e.Transition.Partial, e.Duration = true, 0
		} else {
			e.Duration = min(max(0, e.Time.Sub(e.Journey.Started)), event.MaxDuration)
		}
		if e.Cause != "" { // the end's own cause is the last one
			e.Transition.LastCause = e.Cause
		}
	case event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn:
		if !f.cut {
			e.Duration = min(max(0, e.Time.Sub(f.promise.Made)), event.MaxDuration)
		}
	default: // a start, an entry and a promise take no time
	}
	answer(e, &f)
	e.ID = transitionID(e)
}

// transitionID returns the derived ID of the transition that the event reports. Every instance that reports the same
// transition gives it the same ID. Runs whose names were folded into one are told apart by their traces.
func transitionID(e *flight.Event) event.ID { return flight.DeriveID(e.Journey, transitionName(e)) }

// transitionName returns what tells the transition from the others of its run.
func transitionName(e *flight.Event) string {
	switch e.Kind {
	case event.JourneyStarted:
		return "started"
	case event.JourneyStageEntered:
		return "entered/" + e.Stage + "/" + strconv.Itoa(e.Visit)
	case event.JourneyStalled:
		return "stalled/" + e.Stage + "/" + strconv.Itoa(e.Visit)
	case event.JourneyEnded:
		return "ended"
	case event.PromiseMade:
		return "promise/" + e.Promise.Name + "/" + strconv.Itoa(e.Promise.Number) + "/made/" + strconv.FormatInt(e.Time.UnixNano(), 10) + "/" + strconv.FormatInt(e.Promise.Due.UnixNano(), 10)
	case PromiseDue:
		return "promise/" + e.Promise.Name + "/due/" + strconv.FormatInt(e.Time.UnixNano(), 10)
	case event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn:
		name := "promise/" + e.Promise.Name + "/" + strconv.Itoa(e.Promise.Number)
		if e.Late {
			name += "/late"
		}
		return name
	default: // a test finds a transition that has no case here
		return string(e.Kind)
	}
}
