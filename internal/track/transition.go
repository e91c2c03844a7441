package track

import (
	"strconv"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// transition returns the event of a transition that by has made. A transition that time has made is the run's own,
// whatever shows it.
func (t *tracker) transition(by *flight.Event, v *view, f effect) *flight.Event {
	if f.byTime() && v.who != nil {
		return v.who.event(f)
	}
	e := flight.Get()
	e.Kind, e.Channel, e.Actor = f.kind, by.Channel, by.Actor
	e.Customer, e.Variant, e.SpanContext = by.Customer, by.Variant, by.Request()
	e.SetJourneyOf(by)
	if v.begun {
		e.Journey.Started = at(v.start)
	}
	e.SetPlace(f.stage, f.visit)
	complete(e, f)
	return e
}

// complete completes the event of a transition, which is in its place already.
func complete(e *flight.Event, f effect) {
	e.Time = at(f.at)
	if e.Kind != event.JourneyStarted && !f.told {
		left := f.left
		e.Transition = &left
	}
	if f.also != nil {
		e.SetAlsoLeft(f.also.visit, at(f.also.at))
	}
	switch e.Kind {
	case event.JourneyStarted:
		e.ID = transitionID(e, "started")
	case event.JourneyStageEntered:
		e.ID = transitionID(e, enteredName(f.stage, f.visit))
	case event.JourneyStalled:
		e.Duration = e.Time.Sub(f.left.Entered)
		e.ID = transitionID(e, "stalled/"+f.stage+"/"+strconv.Itoa(f.visit))
	case event.JourneyEnded:
		if e.Journey.Started.IsZero() {
			e.Transition.Partial = true
		} else {
			e.Duration = min(max(0, e.Time.Sub(e.Journey.Started)), event.MaxDuration)
		}
		if e.Cause != "" { // why it ended is the last cause that there was
			e.Transition.LastCause = e.Cause
		}
		e.ID = transitionID(e, "ended")
	default: // no transition
	}
}

func enteredName(stage string, visit int) string {
	return "entered/" + stage + "/" + strconv.Itoa(visit)
}

// transitionID returns the derived ID of a transition. Runs whose names are folded into one are
// told apart by their traces.
func transitionID(e *flight.Event, transition string) event.ID {
	return flight.DeriveID(e.Journey, transition)
}

// event returns the event of a transition that time has made.
func (w *swept) event(f effect) *flight.Event {
	e := &flight.Event{Event: event.Event{Kind: f.kind, Customer: w.who.customer, Channel: w.who.channel, Actor: w.who.actor}}
	e.Journey = w.who.journey
	if w.begun {
		e.Journey.Started = at(w.start)
	}
	e.Outcome = f.outcome
	e.SetPlace(f.stage, f.visit)
	complete(e, f)
	return e
}
