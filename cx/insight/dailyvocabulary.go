package insight

import (
	"slices"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// vocabulary has the names of the blueprint, each with a number from 1 on, by the code of the table. 0 is not in the blueprint.
type vocabulary struct {
	b                                     *blueprint.Blueprint
	journeys                              []uint16 // by code of the journey
	stages, touchpoints, causes, promises []uint16 // by code of the dictionary
	journey, stage, touchpoint            []string // by number
	cause, promise, queue, survey         []string
	queueNumber, surveyNumber             map[string]uint16
}

// newVocabulary returns the names of the blueprint, by the codes of the table.
func newVocabulary(p *pick) *vocabulary {
	b := p.v.table.blueprint
	w := &vocabulary{b: b}
	var stages, promises []string
	for i := range b.Journeys {
		j := &b.Journeys[i]
		for k := range j.Stages {
			stages = append(stages, j.Stages[k].Name)
		}
		for k := range j.Promises {
			promises = append(promises, j.Promises[k].Name)
		}
		promises = append(promises, j.ByHand...)
	}
	w.stage, w.stages = coded(stages, p.t.Stages)
	w.promise, w.promises = coded(promises, p.t.Names)
	w.touchpoint, w.touchpoints = coded(namesOf(b.Touchpoints, func(t *blueprint.Touchpoint) string { return t.Name }), p.t.Names)
	w.cause, w.causes = coded(b.RootCauses, p.t.Causes)
	w.queue, w.queueNumber = numbered(namesOf(b.Queues, func(q *blueprint.Queue) string { return q.Name }))
	w.survey, w.surveyNumber = numbered(namesOf(b.Surveys, func(s *blueprint.Survey) string { return s.Name }))
	var of map[string]uint16
	w.journey, of = numbered(namesOf(b.Journeys, func(j *blueprint.Journey) string { return j.Name }))
	w.journeys = make([]uint16, len(p.t.Journeys))
	for code := range w.journeys {
		w.journeys[code] = of[p.t.Journeys[code].Name]
	}
	return w
}

// has reports whether the blueprint has the subject of a chart: a stage or a promise may be one of another journey.
func (w *vocabulary) has(s *Subject) bool {
	i := slices.IndexFunc(w.b.Journeys, func(j blueprint.Journey) bool { return j.Name == s.Journey })
	switch {
	case i < 0:
		return true
	case s.About == AboutStage:
		return slices.ContainsFunc(w.b.Journeys[i].Stages, func(g blueprint.Stage) bool { return g.Name == s.Name })
	case s.About == AboutPromise:
		j := &w.b.Journeys[i]
		return slices.Contains(j.ByHand, s.Name) || slices.ContainsFunc(j.Promises, func(p blueprint.Promise) bool { return p.Name == s.Name })
	}
	return true
}

// subject returns what the chart is about.
func (w *vocabulary) subject(key chartKey) Subject {
	names := [len(abouts)][]string{chartJourney: {""}, chartStage: w.stage, chartTouchpoint: w.touchpoint, chartCause: w.cause, chartQueue: w.queue, chartPromise: w.promise, chartSurvey: w.survey}
	return Subject{About: abouts[key.about], Journey: w.journey[key.journey], Name: names[key.about][key.name]}
}

func namesOf[T any](list []T, name func(*T) string) []string {
	names := make([]string, len(list))
	for i := range list {
		names[i] = name(&list[i])
	}
	return names
}

// numbered returns the names by their numbers, from 1 on, and the numbers.
func numbered(names []string) ([]string, map[string]uint16) {
	list, of := []string{""}, map[string]uint16{}
	for _, name := range names {
		if _, again := of[name]; !again && name != "" && len(list) < 1<<16 {
			of[name] = uint16(len(list)) //nolint:gosec // see above
			list = append(list, name)
		}
	}
	return list, of
}

// coded returns the names by their numbers, and the numbers by the codes of the dictionary.
func coded(names []string, d *cases.Texts) ([]string, []uint16) {
	list, of := numbered(names)
	all := make([]uint16, d.Len())
	for code := range all {
		all[code] = of[d.Text(uint32(code))]
	}
	return list, all
}
