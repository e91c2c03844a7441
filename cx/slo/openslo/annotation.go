package openslo

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
)

// prefix is what the keys of the annotations begin with.
const prefix = "cairncx.dev/"

// The annotations. Those of the subject have its name. Those of the criteria and the exceptions are JSON in the blueprint's words.
const (
	keyName        = prefix + "objective"
	keyDescription = prefix + "description"
	keyOwner       = prefix + "owner"
	keyRunbook     = prefix + "runbook"
	keyJourney     = prefix + "journey"
	keyPromise     = prefix + "promise"
	keyTouchpoint  = prefix + "touchpoint"
	keySurvey      = prefix + "survey"
	keyQueue       = prefix + "queue"
	keyEffort      = prefix + "effort"
	keyGood        = prefix + "good"
	keyExcept      = prefix + "except"
	keyMinEvents   = prefix + "min-events"
	keyBy          = prefix + "by"
)

// pair is an annotation.
type pair struct{ key, value string }

// annotations returns what the other fields of an SLO cannot say.
func annotations(o *slo.Objective) []pair {
	list := []pair{
		{keyName, o.Name},
		{keyDescription, o.Description},
		{keyOwner, o.Owner},
		{keyRunbook, o.Runbook},
		{keyJourney, o.Journey},
		{keyPromise, o.Promise},
		{keyTouchpoint, o.Touchpoint},
		{keySurvey, o.Survey},
		{keyQueue, o.Queue},
		{keyEffort, o.Effort},
		{keyGood, asJSON(good(&o.Good))},
		{keyExcept, asJSON(except(&o.Except))},
	}
	if o.MinEvents > 0 {
		list = append(list, pair{keyMinEvents, strconv.Itoa(o.MinEvents)})
	}
	by := make([]string, len(o.By))
	for i, d := range o.By {
		by[i] = d.String()
	}
	list = append(list, pair{keyBy, strings.Join(by, ",")})
	all := list[:0]
	for _, p := range list {
		if p.value != "" {
			all = append(all, p)
		}
	}
	return all
}

// asJSON returns the value as JSON, and "" for one without anything.
func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil || string(text) == "{}" {
		return ""
	}
	return string(text)
}

func good(c *slo.Criteria) blueprint.Good {
	g := blueprint.Good{Within: blueprint.Duration(c.Within), ScoreAtLeast: whole(c.ScoreAtLeast, math.Ceil), ScoreAtMost: whole(c.ScoreAtMost, math.Floor)}
	g.ServiceLevel, g.WaitWithin, g.FirstReplyWithin = c.ServiceLevel.Within > 0, blueprint.Duration(c.WaitWithin), blueprint.Duration(c.FirstReplyWithin)
	g.Outcome, g.Apdex, g.Verdict = namesOf(c.Outcomes), namesOf(c.Zones), namesOf(c.Verdicts)
	return g
}

func except(e *slo.Except) blueprint.Except {
	return blueprint.Except{Actor: namesOf(e.Actors), Channel: namesOf(e.Channels), Segment: e.Segments, Outcome: namesOf(e.Outcomes), Cause: e.Causes}
}

// whole returns the score that a blueprint has for one of an objective. Scores are whole, so those of at least 3.5 are those of at least 4.
func whole(score *float64, round func(float64) float64) *int {
	if score == nil {
		return nil
	}
	n := int(round(*score))
	return &n
}

func namesOf[T fmt.Stringer](list []T) []string {
	if len(list) == 0 {
		return nil
	}
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = v.String()
	}
	return names
}

// annotated sets what the annotations say, and reports whether they say what the objective is about.
func annotated(o *blueprint.Objective, of map[string]any) (about bool, err error) {
	said := func(key string) string {
		if v, ok := of[key].(string); ok {
			return v
		}
		return ""
	}
	if name := said(keyName); name != "" {
		o.Name = name
	}
	if _, ours := of[keyName]; ours {
		o.Description = said(keyDescription)
	}
	o.Owner, o.Runbook = said(keyOwner), said(keyRunbook)
	o.Journey, o.Promise, o.Touchpoint, o.Survey = said(keyJourney), said(keyPromise), said(keyTouchpoint), said(keySurvey)
	var faults []error
	read := func(key string, into any) {
		if text := said(key); text != "" {
			if err := json.Unmarshal([]byte(text), into); err != nil {
				faults = append(faults, fmt.Errorf("the annotation %s has %.80q, which is no JSON of a blueprint's %s: %w", key, text, strings.TrimPrefix(key, prefix), err))
			}
		}
	}
	o.Queue, o.Effort = said(keyQueue), said(keyEffort)
	read(keyGood, &o.Good)
	read(keyExcept, &o.Except)
	if text := fmt.Sprint(of[keyMinEvents]); of[keyMinEvents] != nil {
		n, err := strconv.Atoi(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("the annotation %s has %.80q, which is no number", keyMinEvents, text))
		}
		o.MinEvents = n
	}
	if by := said(keyBy); by != "" {
		o.By = strings.Split(by, ",")
	}
	return o.Journey+o.Touchpoint+o.Survey+o.Queue+o.Effort != "", errors.Join(faults...)
}
