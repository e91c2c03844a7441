package report

import (
	"cmp"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
)

// journeys asks how the runs of each journey fared.
func (m *maker) journeys() error {
	all, err := m.view.Compare(m.which(Period{}, insight.Begun, ""), insight.Journey, insight.Completes())
	if err != nil {
		return err
	}
	m.r.Few = all.Hidden
	for i := range all.Groups {
		name := all.Groups[i].Value
		if all.Groups[i].Hidden {
			continue
		}
		j, err := m.journey(name)
		if err != nil {
			return err
		}
		m.r.Journeys = append(m.r.Journeys, j)
	}
	slices.SortFunc(m.r.Journeys, func(a, b Journey) int {
		return cmp.Or(cmp.Compare(b.Ended.Runs+b.Began+b.Open.Open.Count, a.Ended.Runs+a.Began+a.Open.Open.Count), strings.Compare(a.Name, b.Name))
	})
	return nil
}

func (m *maker) journey(name string) (j Journey, err error) {
	j.Name = name
	ask := func(p Period, by insight.By, o *insight.Outcomes) {
		if err == nil && (!p.IsZero() || o == &j.Open) {
			*o, err = m.view.Outcomes(m.which(p, by, name))
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
