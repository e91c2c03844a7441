package resolve

import (
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// What an event's times, numbers and small vocabularies may be.

// time sets a valid time. A missing time, one beyond the range of event times and one more than [event.MaxAhead] ahead of
// the clock become now. A touchpoint whose end is ahead has just ended. A run does not end before it began.
func (r *Resolver) time(e *flight.Event, f *Findings) {
	if e.Clocked() && e.Kind == event.TouchpointEnded {
		return // reading the clock is a good part of what a touchpoint costs
	}
	explicit := !e.Time.IsZero()
	var took time.Duration
	if e.Kind == event.TouchpointEnded {
		took = min(max(0, e.Duration), event.MaxDuration)
	}
	switch {
	case !explicit:
		e.SetClocked(r.cfg.Now())
	case !event.ValidTime(e.Time):
		f.add(fault.Time, "", "its time is"+outOfRange)
		e.Time = r.cfg.Now().Add(-took)
	case r.ahead(e.Time.Add(took)):
		f.add(fault.Time, "", "its time, or its end, is"+tooFarAhead)
		e.Time = r.cfg.Now().Add(-took)
	}
	if start := e.Journey.Started; e.Kind == event.JourneyEnded && event.ValidTime(start) && !r.ahead(start) && e.Time.Before(start) {
		e.Time = start
		if explicit {
			f.add(fault.Time, e.Journey.Name, "the run ends before it began") // without an explicit time the clocks of two services differ
		}
	}
}

// ahead reports whether t is more than [event.MaxAhead] ahead of the clock.
func (r *Resolver) ahead(t time.Time) bool {
	return !r.cfg.AnyTime && t.After(r.cfg.Now().Add(event.MaxAhead))
}

// The ends of faults about a time that is not [event.ValidTime], and about a time beyond [event.MaxAhead].
const (
	outOfRange  = " before 1970 or after 2252-04-13, and cannot be stored"
	tooFarAhead = " more than 5 minutes ahead of the clock"
)

// outcome corrects an outcome that the kind of event cannot have. It returns false for the end of a run with an outcome
// of touchpoints.
func outcome(e *flight.Event, f *Findings) bool {
	switch e.Kind {
	case event.TouchpointEnded:
		if e.Outcome == event.Completed {
			f.outcome(e)
			e.Outcome = 0
		}
		if e.Outcome == 0 {
			e.Outcome = event.OK
		}
	case event.JourneyEnded:
		if e.Outcome == event.OK || e.Outcome == event.Degraded {
			f.outcome(e)
			return false
		}
	case event.JourneyStarted, event.JourneyStageEntered, event.JourneyStalled,
		event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn:
		if e.Outcome != 0 {
			f.outcome(e)
			e.Outcome = 0
		}
	default: // the other kinds may have every outcome
	}
	return true
}

// money returns m, or nil if it is no valid amount of a currency. The name and what it is of are for the fault.
func money(m *event.Money, name, what string, f *Findings) *event.Money {
	switch {
	case m == nil:
		return nil
	case !isCurrency(m.Currency):
		f.add(fault.Currency, name, "the currency of "+what+" is not three capital letters, as in ISO 4217")
		return nil
	case m.Amount > event.MaxAmount || m.Amount < -event.MaxAmount:
		f.add(fault.Number, name, "the amount of "+what+" is beyond 10^15 minor units")
		return nil
	}
	return m
}

// isCurrency reports whether the code has the form of ISO 4217.
func isCurrency(code string) bool {
	const letters = 3
	if len(code) != letters {
		return false
	}
	for i := range len(code) {
		if code[i] < 'A' || code[i] > 'Z' {
			return false
		}
	}
	return true
}

// transition bounds the details of a transition that the application has filled.
func transition(t event.Transition, f *Findings) *event.Transition {
	if t.From != "" && t.From != event.Other && !event.ValidName(t.From) {
		t.From, t.Visit = f.fold("stage", t.From), 0
	}
	if t.Visit < 0 {
		t.Visit = 0
		f.add(fault.Number, "", "the visit of the stage that was left is negative")
	}
	if !t.Entered.IsZero() && !event.ValidTime(t.Entered) {
		t.Entered = time.Time{}
		f.add(fault.Time, "", "the time at which the stage was entered is"+outOfRange)
	}
	if t.Failures < 0 {
		t.Failures = 0
		f.add(fault.Number, "", "the count of failed touchpoints is negative")
	}
	t.Friction = friction(t.Friction, f)
	label(&t.LastCause, "the last cause of the journey", f)
	label(&t.LastTouchpoint, "the last touchpoint of the journey", f)
	return &t
}

// friction returns a copy of the counts without those that are negative.
func friction(of *event.Friction, f *Findings) *event.Friction {
	if of == nil {
		return nil
	}
	c := *of
	for _, n := range [...]struct {
		count *int
		what  string
	}{
		{&c.Repeats, "repeats"},
		{&c.FailuresBeforeSuccess, "failures before success"},
		{&c.Loops, "loops"},
		{&c.ChannelSwitches, "channel switches"},
		{&c.Overdue, "overdue promises"},
	} {
		if *n.count < 0 {
			*n.count = 0
			f.add(fault.Number, "", "the count of "+n.what+" is negative")
		}
	}
	return &c
}

// promise bounds the details of a promise.
func promise(p event.Promise, f *Findings) *event.Promise {
	label(&p.Name, "the name of the promise", f)
	if p.Number < 0 {
		p.Number = 0
		f.add(fault.Number, p.Name, "the number of the promise is negative")
	}
	for _, at := range []struct {
		time *time.Time
		what string
	}{{&p.Made, "the time at which the promise was made"}, {&p.Due, "the time until which the promise is to be kept"}} {
		if !at.time.IsZero() && !event.ValidTime(*at.time) {
			*at.time = time.Time{}
			f.add(fault.Time, p.Name, at.what+" is"+outOfRange)
		}
	}
	return &p
}

// enums replaces numbers that no word stands for.
func enums(e *flight.Event, f *Findings) {
	known(&e.Channel, flight.NumChannels, event.OtherChannel, "channel", f)
	known(&e.Outcome, flight.NumOutcomes, 0, "outcome", f)
	known(&e.Actor, flight.NumActors, event.ActorCustomer, "actor", f)
	known(&e.Direction, int(event.Outbound)+1, event.Inbound, "direction", f)
	known(&e.Zone, flight.NumZones, 0, "Apdex zone", f)
}

// known replaces a number beyond the words by other.
func known[T ~uint8](v *T, words int, other T, what string, f *Findings) {
	if int(*v) >= words {
		f.beyond(fault.InvalidValue, what, "a number that stands for none", int(*v), words-1)
		*v = other
	}
}

// duration bounds the event's duration.
func duration(e *flight.Event, f *Findings) {
	if e.Duration < 0 {
		e.Duration = 0
		f.add(fault.Duration, "", "it took less than no time")
	}
	if e.Duration > event.MaxDuration {
		e.Duration = event.MaxDuration
		f.add(fault.Duration, "", "it took longer than ten years")
	}
}
