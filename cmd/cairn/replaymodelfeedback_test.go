package main

import (
	"slices"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// survey returns the row's survey: that of the blueprint with its scale, that with the name of the scale, or
// another one.
func (m *model) survey(row *modelRow) *report.Survey {
	name, scale := event.Other, row.scale
	for _, s := range m.bp.Surveys {
		if s.Name == row.survey {
			name, scale = s.Name, s.Scale
		}
	}
	if row.survey == row.scale {
		name = row.survey
	}
	for i := range m.rep.Surveys {
		if s := &m.rep.Surveys[i]; s.Name == name && s.Scale == scale {
			return s
		}
	}
	m.rep.Surveys = append(m.rep.Surveys, report.Survey{Name: name, Scale: scale, Causes: []report.NamedCause{}})
	return &m.rep.Surveys[len(m.rep.Surveys)-1]
}

func (m *model) answer(row *modelRow) {
	s := m.survey(row)
	s.Responses++
	key := s.Name + "/" + s.Scale
	m.said[key] = append(m.said[key], row.score)
	for _, cause := range row.causes {
		i := slices.IndexFunc(s.Causes, func(c report.NamedCause) bool { return c.Cause == cause })
		if i < 0 {
			i = len(s.Causes)
			s.Causes = append(s.Causes, report.NamedCause{Cause: cause})
		}
		s.Causes[i].Count++
	}
	// These are the published readings: see event.Scale.
	good, bad := map[string]int{"nps": 9, "csat": 4, "ces": 5}[s.Scale], map[string]int{"nps": 6, "csat": 2, "ces": 3}[s.Scale]
	switch {
	case row.score >= good:
		s.Positive++
	case row.score <= bad:
		s.Negative++
	default:
		s.Neutral++
	}
}

// strangers counts the names of the row that are not in the blueprint.
func (m *model) strangers(row *modelRow) {
	var names []report.UnknownName
	if row.kind == event.TouchpointEnded && m.definition(row.touch) == nil {
		names = append(names, report.UnknownName{Kind: "touchpoint", Name: row.touch})
	}
	if m.known(row.journey) != row.journey {
		names = append(names, report.UnknownName{Kind: "journey", Name: row.journey})
	} else if row.stage != "" && !slices.ContainsFunc(m.promised(row.journey).Stages, func(s blueprint.Stage) bool { return s.Name == row.stage }) {
		names = append(names, report.UnknownName{Kind: "stage", Name: row.stage})
	}
	if row.survey != "" && row.survey != row.scale && !slices.ContainsFunc(m.bp.Surveys, func(s blueprint.Survey) bool { return s.Name == row.survey }) {
		names = append(names, report.UnknownName{Kind: "survey", Name: row.survey})
	}
	if len(names) > 0 {
		m.rep.Unknown++
	}
	for _, n := range names {
		i := slices.IndexFunc(m.rep.UnknownNames, func(u report.UnknownName) bool { return u.Kind == n.Kind && u.Name == n.Name })
		if i < 0 {
			i = len(m.rep.UnknownNames)
			m.rep.UnknownNames = append(m.rep.UnknownNames, n)
		}
		m.rep.UnknownNames[i].Count++
	}
}
