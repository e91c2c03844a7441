package main

import (
	"cmp"
	"math"
	"slices"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/event"
)

// finish computes the values that follow from the counts, and sorts the lists.
func (m *model) finish() *report.Report {
	for _, key := range m.keys {
		r := m.runs[key]
		if r.over || !r.began || r.probe {
			continue
		}
		j := m.journey(m.known(key[0]))
		j.Active++
		m.where(j, r.stage).Active++
		if r.stage != "" {
			m.stall(j, r, *m.rep.Period.Followed)
		}
	}
	m.rep.Journeys = []report.Journey{}
	for _, j := range m.bp.Journeys {
		m.rep.Journeys = append(m.rep.Journeys, m.finishJourney(m.js[j.Name]))
	}
	if m.strange {
		m.rep.Journeys = append(m.rep.Journeys, m.finishJourney(m.journey(event.Other)))
	}
	free := m.finishJourney(&m.free)
	m.rep.Touchpoints, m.rep.Failures = free.Touchpoints, free.Failures
	for i := range m.rep.Surveys {
		m.finishSurvey(&m.rep.Surveys[i])
	}
	others := m.rep.Surveys[len(m.bp.Surveys):]
	order := []string{"nps", "csat", "ces"}
	slices.SortFunc(others, func(a, b report.Survey) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(slices.Index(order, a.Scale), slices.Index(order, b.Scale)))
	})
	slices.Sort(m.rep.UnknownChannels)
	slices.SortFunc(m.rep.UnknownNames, func(a, b report.UnknownName) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return &m.rep
}

func (m *model) finishJourney(j *report.Journey) report.Journey {
	part := func(n, of int64) float64 { return float64(n) / max(1, float64(of)) }
	for outcome, into := range map[string]**report.Duration{
		"completed": &j.Duration.Completed, "failed": &j.Duration.Failed, "cancelled": &j.Duration.Cancelled, "abandoned": &j.Duration.Abandoned,
	} {
		if d := modelDuration(m.took[j.Name+":"+outcome]); d.Count > 0 {
			*into = &d
		}
	}
	a, e := &j.AfterEnd, &j.Ended
	a.Completed.Share, a.Failed.Share = part(a.Completed.Runs, e.Completed), part(a.Failed.Runs, e.Failed)
	a.Cancelled.Share, a.Abandoned.Share = part(a.Cancelled.Runs, e.Cancelled), part(a.Abandoned.Runs, e.Abandoned)
	for i := range j.Friction.Kinds {
		k := &j.Friction.Kinds[i]
		k.Share, k.Mean = part(k.Runs, j.Friction.Runs), part(k.Times, j.Friction.Runs)
	}
	for i := range j.Stages {
		s := &j.Stages[i]
		s.Conversion, s.StalledShare = part(s.Entered, j.Started), part(s.Stalled, s.Visits)
		s.Duration = modelDuration(m.took[j.Name+"/"+s.Name])
	}
	for i := range j.Touchpoints {
		a := j.Touchpoints[i].Apdex
		if a == nil {
			continue
		}
		a.Samples = a.Satisfied + a.Tolerating + a.Frustrated
		a.Small = a.Samples > 0 && a.Samples < 100
		if a.Score != nil || a.Samples > 0 && a.Unmeasured == 0 {
			score := (float64(a.Satisfied) + float64(a.Tolerating)/2) / float64(a.Samples)
			a.Score = &score
			values := slices.Concat(slices.Repeat([]float64{1}, int(a.Satisfied)), slices.Repeat([]float64{0.5}, int(a.Tolerating)), slices.Repeat([]float64{0}, int(a.Frustrated)))
			by := modelMean(values, 0, 1)
			a.Interval = &by
		}
	}
	known := len(j.Touchpoints)
	for known > 0 {
		d := m.definition(j.Touchpoints[known-1].Name)
		if d != nil && d.Journey == j.Name {
			break
		}
		known--
	}
	slices.SortFunc(j.Touchpoints[known:], func(a, b report.Touchpoint) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(j.Causes, func(a, b report.EndCause) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Cause, b.Cause))
	})
	slices.SortFunc(j.Failures, func(a, b report.Failure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Touchpoint, b.Touchpoint), cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.ErrorType, b.ErrorType))
	})
	return *j
}

func modelDuration(seconds []float64) report.Duration {
	n := len(seconds)
	if n == 0 {
		return report.Duration{}
	}
	slices.Sort(seconds)
	sum := 0.0
	for _, s := range seconds {
		sum += s
	}
	return report.Duration{
		Count: int64(n), Mean: sum / float64(n), Max: seconds[n-1],
		P50: seconds[int(math.Ceil(0.5*float64(n)))-1], P90: seconds[int(math.Ceil(0.9*float64(n)))-1],
	}
}
