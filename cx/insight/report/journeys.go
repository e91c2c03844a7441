package report

import (
	"cmp"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
)

// journeys asks how the runs of each journey fared. A journey of few customers hides itself alone: the report has no number of all journeys together from which
// more of it would follow than how many runs it has.
func (m *maker) journeys() error {
	all, err := m.view.Compare(m.ctx, m.which(Period{}, insight.Begun, ""), insight.Journey, insight.Completes())
	if err != nil {
		return err
	}
	m.r.Few = all.Hidden
	for _, name := range m.asked(all.Groups) {
		j, err := m.journey(name)
		if err != nil {
			return err
		}
		if !j.Open.Hidden {
			m.r.Journeys = append(m.r.Journeys, j)
		}
	}
	m.r.Few = m.r.Few || len(all.Groups) > 0 && len(m.r.Journeys) == 0
	slices.SortFunc(m.r.Journeys, func(a, b Journey) int {
		return cmp.Or(cmp.Compare(b.Ended.Runs+b.Began+b.Open.Open.Count, a.Ended.Runs+a.Began+a.Open.Open.Count), strings.Compare(a.Name, b.Name))
	})
	return nil
}

// mostOthers is the number of journeys that the blueprint does not have and that the report asks about: each costs passes over the table.
const mostOthers = 50

// asked returns the journeys that the report is about, which are those of the blueprint and the largest others, and counts the rest.
func (m *maker) asked(groups []insight.Compared) (names []string) {
	declared := map[string]bool{}
	for i := range m.blueprint.Journeys {
		declared[m.blueprint.Journeys[i].Name] = true
	}
	var others []*insight.Compared
	for i := range groups {
		if g := &groups[i]; declared[g.Value] {
			names = append(names, g.Value)
		} else {
			others = append(others, g)
		}
	}
	slices.SortFunc(others, func(a, b *insight.Compared) int {
		return cmp.Or(cmp.Compare(b.Share.N+b.TooYoung, a.Share.N+a.TooYoung), strings.Compare(a.Value, b.Value))
	})
	for i, g := range others {
		if i < mostOthers {
			names = append(names, g.Value)
			continue
		}
		m.r.Others.Journeys++
		m.r.Others.Runs += g.Share.N + g.TooYoung
	}
	return names
}

func (m *maker) journey(name string) (j Journey, err error) {
	j.Name = name
	ask := func(p Period, by insight.By, o *insight.Outcomes) {
		if err == nil && (!p.IsZero() || o == &j.Open) {
			*o, err = m.view.Outcomes(m.ctx, m.which(p, by, name))
		}
	}
	var began, before insight.Outcomes
	ask(m.r.Now, insight.Begun, &began)
	ask(m.r.Before, insight.Begun, &before)
	ask(m.r.Now, insight.Ended, &j.Ended)
	ask(m.r.Before, insight.Ended, &j.EndedBefore)
	ask(Period{}, insight.Begun, &j.Open)
	if err != nil {
		return j, err
	}
	j.Hidden = j.Ended.Hidden
	j.Began, j.BeganBefore = began.Runs, before.Runs
	j.Completed = m.change(j.Ended.Completed, j.EndedBefore.Completed)
	for _, p := range m.periods() {
		var o insight.Outcomes
		if ask(p, insight.Ended, &o); err != nil {
			return j, err
		}
		j.Trend = append(j.Trend, Point{p, o.Completed})
	}
	return j, nil
}

// periods are those of trends, the one of the report last.
func (m *maker) periods() (list []Period) {
	if m.r.Now.IsZero() {
		return nil
	}
	for n := m.settings.Trend - 1; n > 0; n-- {
		list = append(list, m.settings.Period.Before(m.r.Now, n))
	}
	return append(list, m.r.Now)
}
