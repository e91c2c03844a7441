package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/text"
)

// promises asks which promises were kept.
func (m *maker) promises() error {
	now, err := m.due(m.r.Now)
	if err != nil {
		return err
	}
	before, err := m.due(m.r.Before)
	if err != nil {
		return err
	}
	ago, err := m.due(m.r.YearAgo)
	if err != nil {
		return err
	}
	m.hidden = m.r.Few
	open, err := m.view.Promises(m.ctx, m.which(Period{}, insight.Begun, ""), m.r.Friday, "")
	if err != nil {
		return err
	}
	for i := range open.List {
		of := &open.List[i]
		if of.Hidden {
			m.hidden = true
			continue
		}
		p := Promise{
			Journey: of.Journey, Name: of.Name, Target: of.Target, Objectives: of.Objectives,
			Open: of.Open, Stopped: of.Stopped, Overdue: of.Overdue, Breaking: of.Breaking, Within: m.within(of.Journey, of.Name),
		}
		key := promised{of.Journey, of.Name}
		if p.Target == 0 {
			p.Target = m.objective(of.Journey, of.Name)
		}
		p.Now, p.Before, p.YearAgo = now[key], before[key], ago[key]
		p.Change, p.ChangeYear = m.change(p.Now.Matured, p.Before.Matured), m.change(p.Now.Matured, p.YearAgo.Matured)
		p.Verdict = p.verdict()
		m.r.Promises = append(m.r.Promises, p)
	}
	slices.SortStableFunc(m.r.Promises, comparePromises)
	return m.trends()
}

// promised names a promise.
type promised struct{ journey, name string }

// due returns the promises that fell due in a period.
func (m *maker) due(p Period) (map[promised]insight.Standing, error) {
	list := map[promised]insight.Standing{}
	if p.IsZero() {
		return list, nil
	}
	a, err := m.view.Promises(m.ctx, m.which(p, insight.FellDue, ""), time.Time{}, "")
	for i := range a.List {
		list[promised{a.List[i].Journey, a.List[i].Name}] = a.List[i].Standing
	}
	return list, err
}

func (m *maker) trends() error {
	for _, p := range m.periods() {
		due, err := m.due(p)
		if err != nil {
			return err
		}
		for i := range m.r.Promises {
			of := &m.r.Promises[i]
			of.Trend = append(of.Trend, Point{p, due[promised{of.Journey, of.Name}].Matured})
		}
	}
	return nil
}

// objective returns the target of the blueprint's first objective on the promise, and 0 without one.
func (m *maker) objective(journey, name string) float64 {
	for _, o := range m.blueprint.AllObjectives() {
		if o.Journey == journey && o.Promise == name {
			return o.Target
		}
	}
	return 0
}

// within returns the promised time in words.
func (m *maker) within(journey, name string) string {
	for i := range m.blueprint.Journeys {
		j := &m.blueprint.Journeys[i]
		for n := range j.Promises {
			if j.Name == journey && j.Promises[n].Name == name {
				return spellWithin(&j.Promises[n])
			}
		}
	}
	return ""
}

func spellWithin(p *blueprint.Promise) string {
	const week = 7 * 24 * hour
	whole := time.Duration(p.Within.Duration)
	switch {
	case p.Hours == "" && whole >= 2*week && whole%week == 0:
		return number.Of(int64(whole/week), "week", "weeks")
	case p.Within.Days > 0:
		return number.Of(int64(p.Within.Days), "business day", "business days")
	case p.Hours != "":
		return text.SpellHours(whole) + " of opening time"
	default:
		return text.Spell(whole)
	}
}

func (p *Promise) verdict() Verdict {
	kept := p.kept()
	switch {
	case p.Now.Hidden:
		return NotKnown
	case !kept.OK():
		return NothingIsDue
	case p.Target == 0:
		return NoTarget
	case kept.Low >= p.Target:
		return Met
	case kept.Value >= p.Target:
		return MetMaybe
	case kept.High < p.Target:
		return Missed
	default:
		return MissedMaybe
	}
}

// rank orders verdicts by what a reader has to know first.
func (v Verdict) rank() int {
	for i, other := range []Verdict{Missed, MissedMaybe, MetMaybe, Met, NoTarget, NothingIsDue} {
		if v == other {
			return i
		}
	}
	return int(^uint(0) >> 1)
}

// comparePromises puts the one first that misses its target by most promises.
func comparePromises(a, b Promise) int {
	short := func(p *Promise) float64 {
		target := p.Target
		if target == 0 {
			target = 1
		}
		return (p.kept().Value - target) * float64(p.kept().N)
	}
	return cmp.Or(cmp.Compare(a.Verdict.rank(), b.Verdict.rank()), cmp.Compare(short(&a), short(&b)),
		strings.Compare(a.Journey, b.Journey), strings.Compare(a.Name, b.Name))
}

// visible reports whether a share has a value that a picture shows.
func visible(s score.Share) bool { return s.OK() && s.N >= minGroup }
