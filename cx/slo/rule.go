package slo

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

// set is a set of the values of a closed vocabulary.
type set uint64

func setOf[T ~uint8](list []T) (s set) {
	for _, v := range list {
		s |= 1 << v // a value of a newer release, beyond 63, is in no set
	}
	return s
}

func (s set) has(v uint8) bool { return s>>v&1 == 1 }

// rule is an objective in the form in which events are judged.
type rule struct {
	objective *Objective
	index     int
	subject   Subject

	outcomes, zones, verdicts set // 0 asks for nothing
	notActors, notChannels    set
	notOutcomes               set
	excepts                   bool // there is any exception
	within                    time.Duration
	level                     assist.Level // of a queue; the zero value asks for nothing
	maintenance               []Maintenance
}

// newRule compiles the objective, with the defaults of its subject.
func newRule(o *Objective, index int) *rule {
	r := &rule{
		objective: o, index: index, subject: o.Subject(), within: o.Good.Within, maintenance: o.Maintenance,
		outcomes: setOf(o.GoodOutcomes()), zones: setOf(o.Good.Zones), verdicts: setOf(o.Good.Verdicts),
		notActors: setOf(o.Except.Actors), notChannels: setOf(o.Except.Channels), notOutcomes: setOf(o.Except.Outcomes),
	}
	r.level = o.Good.ServiceLevel
	if o.Good.WaitWithin > 0 { // a customer who leaves earlier does not count
		r.level = assist.Level{Within: o.Good.WaitWithin, Variant: assist.Ignored, ShortAbandon: -1}
	}
	r.excepts = r.notActors|r.notChannels|r.notOutcomes != 0 || len(o.Except.Segments)+len(o.Except.Causes) > 0
	return r
}

// judge returns what the event, which happened at that moment, is for the objective, or 0 if it does not count.
func (r *rule) judge(e *event.Event, at time.Time) Result {
	if r.excepts && r.excepted(e) {
		return 0
	}
	if r.subject == OfEffort && (e.Effort == nil || e.Effort.Answered == 0) {
		return 0
	}
	if r.maintained(at) {
		return Excluded
	}
	switch r.subject {
	case OfPromise:
		return goodIf(e.Kind == event.PromiseKept)
	case OfJourney:
		return r.run(e)
	case OfTouchpoint:
		return r.touchpoint(e)
	case OfSurvey:
		return r.answer(e)
	case OfEffort:
		return goodIf(e.Effort.FirstContact)
	default:
		return 0
	}
}

func (r *rule) maintained(at time.Time) bool {
	for i := range r.maintenance {
		if r.maintenance[i].Covers(at) {
			return true
		}
	}
	return false
}

// part returns the result of a leg or a thread, less what the exceptions and the maintenances of the objective say of its contact.
func (r *rule) part(e *event.Event, at time.Time, result Result) Result {
	switch {
	case result == 0 || r.excepts && r.excepted(e):
		return 0
	case r.maintained(at):
		return Excluded
	default:
		return result
	}
}

// leg judges one leg in the objective's queue.
func (r *rule) leg(leg *event.Leg) Result {
	counted, good := r.level.Judge(leg)
	if !counted {
		return 0
	}
	return goodIf(good)
}

// thread judges an exchange of messages in the objective's queue.
func (r *rule) thread(t *event.Thread) Result {
	good := &r.objective.Good
	if good.FirstReplyWithin <= 0 {
		return 0
	}
	first, replied := assist.FirstReply(t)
	switch {
	case !replied && !t.Unanswered:
		return 0
	case !replied:
		return Bad
	case good.OpenHours:
		return goodIf(time.Duration(first.Open) <= good.FirstReplyWithin)
	default:
		return goodIf(time.Duration(first.After) <= good.FirstReplyWithin)
	}
}

func goodIf(good bool) Result {
	if good {
		return Good
	}
	return Bad
}

// excepted reports whether the objective leaves the event out.
func (r *rule) excepted(e *event.Event) bool {
	x := &r.objective.Except
	return r.notActors.has(uint8(e.Actor)) || r.notChannels.has(uint8(channelOf(e))) || r.notOutcomes.has(uint8(e.Outcome)) ||
		e.Customer.Segment != "" && slices.Contains(x.Segments, e.Customer.Segment) ||
		e.Cause != "" && slices.Contains(x.Causes, e.Cause)
}

// run judges the end of a run.
func (r *rule) run(e *event.Event) Result {
	partial := e.Transition != nil && e.Transition.Partial || e.Duration == 0 && e.Journey.Started.IsZero()
	if e.Outcome == 0 || r.within > 0 && partial {
		return Excluded
	}
	return goodIf(r.outcomes.has(uint8(e.Outcome)) && (r.within <= 0 || e.Duration <= r.within))
}

// touchpoint judges an interaction. A duration of 0 is not known: see [event.Event].
func (r *rule) touchpoint(e *event.Event) Result {
	if r.outcomes != 0 && e.Outcome == 0 || r.zones != 0 && e.Zone == 0 || r.within > 0 && e.Duration == 0 {
		return Excluded
	}
	return goodIf((r.outcomes == 0 || r.outcomes.has(uint8(e.Outcome))) && (r.zones == 0 || r.zones.has(uint8(e.Zone))) &&
		(r.within <= 0 || e.Duration <= r.within))
}

// answer judges an answer to a survey.
func (r *rule) answer(e *event.Event) Result {
	good, f := &r.objective.Good, e.Feedback
	if good.ScoreAtLeast == nil && good.ScoreAtMost == nil && r.verdicts == 0 || r.verdicts != 0 && f.Verdict == 0 {
		return Excluded
	}
	score := float64(f.Score)
	return goodIf((good.ScoreAtLeast == nil || score >= *good.ScoreAtLeast) && (good.ScoreAtMost == nil || score <= *good.ScoreAtMost) &&
		(r.verdicts == 0 || r.verdicts.has(uint8(f.Verdict))))
}
