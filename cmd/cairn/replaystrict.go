package main

import (
	"fmt"
	"slices"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// vocabulary has the names of a blueprint by kind.
type vocabulary struct {
	blueprint                      *blueprint.Blueprint
	touchpoints, journeys, surveys map[string]bool
	queues, intents, causes        map[string]bool            // empty without a list, which permits every name
	purposes                       map[string]bool            // of the contact policy; nil without one
	purposeOf                      map[string]string          // of a touchpoint
	stages                         map[string]map[string]bool // by journey
}

func newVocabulary(bp *blueprint.Blueprint) *vocabulary {
	v := &vocabulary{
		blueprint: bp, touchpoints: map[string]bool{}, journeys: map[string]bool{}, surveys: map[string]bool{},
		queues: setOf(namesOf(bp, kindQueue)), intents: setOf(bp.Intents), causes: setOf(bp.RootCauses),
		stages: map[string]map[string]bool{}, purposeOf: map[string]string{},
	}
	for i := range bp.Journeys {
		j := &bp.Journeys[i]
		v.journeys[j.Name] = true
		stages := map[string]bool{}
		for _, s := range j.Stages {
			stages[s.Name] = true
		}
		v.stages[j.Name] = stages
	}
	for i := range bp.FollowUps {
		v.journeys[bp.FollowUps[i].Name], v.stages[bp.FollowUps[i].Name] = true, setOf(feedback.Steps())
	}
	for i := range bp.Actions {
		v.journeys[bp.Actions[i].Name], v.stages[bp.Actions[i].Name] = true, setOf(feedback.ActionSteps())
	}
	if name := bp.BreakdownsName(); name != "" {
		v.journeys[name], v.stages[name] = true, setOf(bp.BreakdownJourney("").Stages())
	}
	for i := range bp.Touchpoints {
		v.touchpoints[bp.Touchpoints[i].Name] = true
		v.purposeOf[bp.Touchpoints[i].Name] = bp.Touchpoints[i].Purpose
	}
	for i := range bp.Surveys {
		v.surveys[bp.Surveys[i].Name] = true
	}
	if bp.Contact != nil {
		v.purposes = setOf(bp.PurposeNames())
	}
	return v
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// words calls f for each queue, intent and cause of the event that is not in its list.
func (v *vocabulary) words(e *event.Event, f func(kind, name string)) {
	missing := func(list map[string]bool, kind, name string) {
		if len(list) > 0 && name != "" && name != event.Other && !list[name] {
			f(kind, name)
		}
	}
	missing(v.intents, kindIntent, e.Intent)
	missing(v.causes, kindCause, e.Cause)
	if e.Assisted == nil {
		return
	}
	if e.Assisted.Unable != e.Cause { // a failed contact has the same cause twice
		missing(v.causes, kindCause, e.Assisted.Unable)
	}
	for i := range e.Assisted.Legs {
		missing(v.queues, kindQueue, e.Assisted.Legs[i].Queue)
	}
}

// stranger reports whether the contact policy does not have the purpose.
func (v *vocabulary) stranger(purpose string) bool {
	return purpose != "" && v.purposes != nil && !v.purposes[purpose]
}

// unknown calls f for each name of the event that is not in the blueprint. A client counts such a name as
// [event.Other].
func (v *vocabulary) unknown(e *event.Event, f func(kind, name string)) {
	if e.Kind == event.TouchpointEnded && !v.touchpoints[e.Touchpoint] {
		f(kindTouchpoint, e.Touchpoint)
	}
	if e.Kind == event.TouchpointEnded && e.Contact != nil && v.stranger(e.Contact.Purpose) {
		f(kindPurpose, e.Contact.Purpose)
	}
	if !e.Journey.IsZero() {
		if !v.journeys[e.Journey.Name] {
			f(kindJourney, e.Journey.Name)
		} else if e.Stage != "" && !v.stages[e.Journey.Name][e.Stage] {
			f(kindStage, e.Stage)
		}
	}
	v.words(e, f)
	switch s := e.Feedback; {
	case s == nil || v.surveys[s.Survey]:
	case s.Survey == "" && (e.Kind == event.FeedbackMentioned || e.Kind == event.FeedbackAmended): // a mention answers no survey
	case s.Survey == "" || s.Survey != s.Scale.String(): // each scale is also a survey of the same name
		f(kindSurvey, s.Survey)
	}
}

// check implements --strict for one row: it returns an error if a name of the row is not in the blueprint.
func (v *vocabulary) check(row *eventlog.Row, activity string) (err error) {
	if row.JSON == nil {
		for _, name := range v.blueprint.Log.Touchpoints(activity) { // those of the log's own list are known
			if !v.touchpoints[name] {
				return v.missing(kindTouchpoint, name)
			}
		}
		if v.stranger(string(row.Purpose)) {
			return v.missing(kindPurpose, string(row.Purpose))
		}
		people := row.People()
		e := event.Event{Intent: string(people.Intent)}
		if len(people.Group) > 0 {
			e.Assisted = &event.Assisted{Legs: []event.Leg{{Queue: string(people.Group)}}}
		}
		v.words(&e, func(kind, name string) {
			if err == nil {
				err = v.missing(kind, name)
			}
		})
		return err
	}
	e, err := event.ParseJSON(row.JSON)
	if err != nil {
		return err
	}
	v.unknown(&e, func(kind, name string) {
		if err == nil {
			err = v.missing(kind, name)
		}
	})
	return err
}

func (v *vocabulary) missing(kind, name string) error {
	if isStage(v.blueprint, kind, name) {
		return fmt.Errorf("the blueprint has no %s %.80q: it is a stage: add a touchpoint with stage: %.80[2]s", kind, name)
	}
	return fmt.Errorf("the blueprint has no %s %.80q%s", kind, name, meant(name, namesOf(v.blueprint, kind)))
}

// isStage reports whether the name of an unknown touchpoint is that of a stage. A log names touchpoints, which bring runs into stages.
func isStage(bp *blueprint.Blueprint, kind, name string) bool {
	return kind == kindTouchpoint && slices.Contains(namesOf(bp, kindStage), name)
}

// namesOf returns the blueprint's names of the kind.
func namesOf(bp *blueprint.Blueprint, kind string) []string {
	var list []string
	switch kind {
	case kindTouchpoint:
		return activityNames(bp)
	case kindPurpose:
		return bp.PurposeNames()
	case kindQueue:
		for i := range bp.Queues {
			list = append(list, bp.Queues[i].Name)
		}
	case kindIntent:
		return bp.Intents
	case kindCause:
		return bp.RootCauses
	case kindSurvey:
		for i := range bp.Surveys {
			list = append(list, bp.Surveys[i].Name)
		}
	default:
		for i := range bp.Journeys {
			j := &bp.Journeys[i]
			if kind == kindJourney {
				list = append(list, j.Name)
				continue
			}
			for _, s := range j.Stages {
				list = append(list, s.Name)
			}
		}
		list = append(list, namesOfAnswers(bp, kind)...)
	}
	return list
}

// namesOfAnswers returns the names of follow-ups, actions and breakdowns, which are journeys, or of their stages.
func namesOfAnswers(bp *blueprint.Blueprint, kind string) (list []string) {
	for i := range bp.FollowUps {
		if kind == kindJourney {
			list = append(list, bp.FollowUps[i].Name)
		} else {
			list = append(list, feedback.Steps()...)
		}
	}
	for i := range bp.Actions {
		if kind == kindJourney {
			list = append(list, bp.Actions[i].Name)
		} else {
			list = append(list, feedback.ActionSteps()...)
		}
	}
	if name := bp.BreakdownsName(); name != "" {
		if kind == kindJourney {
			list = append(list, name)
		} else {
			list = append(list, bp.BreakdownJourney("").Stages()...)
		}
	}
	return list
}
