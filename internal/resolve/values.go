package resolve

import (
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// What an event's times, numbers and small vocabularies may be.

// time gives the event a time that can be true: none is now, and so is one out of all reason or more than
// [event.MaxAhead] ahead of the clock. A touchpoint is ahead when its end is: then it has just ended. A run
// does not end before it began.
func (r *Resolver) time(e *event.Event, faults *event.Faults) {
	now := r.cfg.Now()
	explicit := !e.Time.IsZero()
	var took time.Duration
	if e.Kind == event.TouchpointEnded {
		took = min(max(0, e.Duration), event.MaxDuration)
	}
	switch {
	case !explicit:
		e.Time = now
	case !event.ValidTime(e.Time), r.ahead(e.Time), r.ahead(e.Time.Add(took)):
		e.Time = now.Add(-took)
		faults.Add(event.FaultTime)
	}
	if start := e.Journey.Started; e.Kind == event.JourneyEnded && event.ValidTime(start) && !r.ahead(start) && e.Time.Before(start) {
		e.Time = start
		if explicit {
			faults.Add(event.FaultTime) // otherwise the clocks of two services differ
		}
	}
}

// ahead reports whether t is further ahead of the clock than clocks differ.
func (r *Resolver) ahead(t time.Time) bool {
	return !r.cfg.AnyTime && t.After(r.cfg.Now().Add(event.MaxAhead))
}

// outcome sees to it that the event has an outcome of its kind. It reports false for the end of a journey
// that would have ended as only a touchpoint does.
func outcome(e *event.Event, faults *event.Faults) bool {
	switch e.Kind {
	case event.TouchpointEnded:
		if e.Outcome == event.Completed {
			e.Outcome = 0
			faults.Add(event.FaultOutcome)
		}
		if e.Outcome == 0 {
			e.Outcome = event.OK
		}
	case event.JourneyEnded:
		if e.Outcome == event.OK || e.Outcome == event.Degraded {
			faults.Add(event.FaultOutcome)
			return false
		}
	case event.JourneyStarted, event.JourneyStageEntered, event.JourneyStalled:
		if e.Outcome != 0 {
			e.Outcome = 0
			faults.Add(event.FaultOutcome)
		}
	default: // the other kinds may have any
	}
	return true
}

// money leaves out what is no amount of a currency.
func money(e *event.Event, faults *event.Faults) {
	switch v := e.Journey.Value; {
	case len(v.Currency) != 3 || strings.Trim(v.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "": // ISO 4217
		faults.Add(event.FaultInvalidName)
		e.Journey.Value = nil
	case v.Amount > event.MaxAmount || v.Amount < -event.MaxAmount:
		faults.Add(event.FaultNumber)
		e.Journey.Value = nil
	}
}

// transition bounds what was left, where the application says so.
func transition(t event.Transition, faults *event.Faults) *event.Transition {
	if t.From != "" && t.From != event.Other && !event.ValidName(t.From) {
		t.From, t.Visit = fold(t.From, faults), 0
	}
	if t.Visit < 0 {
		t.Visit = 0
		faults.Add(event.FaultNumber)
	}
	if !t.Entered.IsZero() && !event.ValidTime(t.Entered) {
		t.Entered = time.Time{}
		faults.Add(event.FaultTime)
	}
	if t.Failures < 0 {
		t.Failures = 0
		faults.Add(event.FaultNumber)
	}
	label(&t.LastCause, faults)
	label(&t.LastTouchpoint, faults)
	return &t
}

// enums folds numbers that stand for no word.
func enums(e *event.Event, faults *event.Faults) {
	known(&e.Channel, event.NumChannels, event.OtherChannel, faults)
	known(&e.Outcome, event.NumOutcomes, 0, faults)
	known(&e.Actor, event.NumActors, event.ActorCustomer, faults)
	known(&e.Direction, int(event.Outbound)+1, event.Inbound, faults)
	known(&e.Zone, event.NumZones, 0, faults)
}

// known makes a number that is beyond the words the other one.
func known[T ~uint8](v *T, words int, other T, faults *event.Faults) {
	if int(*v) >= words {
		*v = other
		faults.Add(event.FaultUnknownName)
	}
}
