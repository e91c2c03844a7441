package slo

import (
	"slices"

	"cairncx.dev/cairn/cx/event"
)

// Subject is what an objective is about.
type Subject uint8

// The subjects.
const (
	_            Subject = iota
	OfJourney            // the ends of a journey's runs
	OfPromise            // the ends of a journey's promise
	OfTouchpoint         // the interactions at a touchpoint
	OfSurvey             // the answers to a survey
	OfObjectives         // other objectives: a composite
	OfQueue              // the legs of contacts in a queue, or the threads of messages
	OfEffort             // the efforts of customers about an intent
)

// String returns the name of the subject, such as "journey". It is "" for 0.
func (s Subject) String() string {
	if names := []string{"", "journey", "promise", "touchpoint", "survey", "composite", "queue", "effort"}; int(s) < len(names) {
		return names[s]
	}
	return ""
}

// Subject returns what the objective is about, or 0 if it names nothing or several things.
func (o *Objective) Subject() Subject {
	var subject Subject
	named := 0
	is := func(s Subject, holds bool) {
		if holds {
			subject, named = s, named+1
		}
	}
	is(OfJourney, o.Journey != "" && o.Promise == "")
	is(OfPromise, o.Promise != "")
	is(OfTouchpoint, o.Touchpoint != "")
	is(OfSurvey, o.Survey != "")
	is(OfQueue, o.Queue != "")
	is(OfEffort, o.Effort != "")
	is(OfObjectives, len(o.Of) > 0)
	if named != 1 || subject == OfPromise && o.Journey == "" {
		return 0
	}
	return subject
}

// outcomes returns the outcomes that events of the subject can have.
func (s Subject) outcomes() []event.Outcome {
	switch s {
	case OfJourney:
		return []event.Outcome{event.Completed, event.Failed, event.Cancelled, event.Abandoned}
	case OfTouchpoint:
		return []event.Outcome{event.OK, event.Degraded, event.Failed, event.Cancelled, event.Abandoned}
	default:
		return nil
	}
}

// OutcomesOf returns the names of the outcomes that events of the subject can have, for messages and schemas. Promises, answers, queues and
// efforts have none.
func OutcomesOf(s Subject) []string {
	names := make([]string, 0, len(s.outcomes()))
	for _, o := range s.outcomes() {
		names = append(names, o.String())
	}
	return names
}

// GoodOutcomes returns the outcomes that are good: those of Good, else the default of the subject. It is empty where the outcome does not
// matter: for a promise, an answer, a queue, an effort, a composite, and a touchpoint that is judged by its Apdex zone alone.
func (o *Objective) GoodOutcomes() []event.Outcome {
	s := o.Subject()
	switch {
	case len(o.Good.Outcomes) > 0:
		return slices.Clone(o.Good.Outcomes)
	case s == OfJourney:
		return []event.Outcome{event.Completed}
	case s == OfTouchpoint && len(o.Good.Zones) == 0:
		return []event.Outcome{event.OK}
	default:
		return nil
	}
}
