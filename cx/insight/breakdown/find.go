package breakdown

import (
	"cmp"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/cx/stats/control"
	"cairncx.dev/cairn/feedback/score"
)

const (
	// BaselineDays is the number of days of a baseline.
	BaselineDays = 56
	// SinceDays is that of the days after it.
	SinceDays = 14
	// DefaultLevel is the share of findings that may be chance.
	DefaultLevel = 0.05
	// DefaultLookBack is how many days [Find] looks back for what began before it was first asked.
	DefaultLookBack = 42

	week = 7 // days from one look back to the next
	near = 1 // days by which a change and a beginning may differ
)

// Settings say when a change is found. The zero value is usual.
type Settings struct {
	// Level is the share of what is found that may be chance, in (0, 1); any other value is [DefaultLevel].
	Level float64
	// LookBack is the number of days for which [Find] also looks at the charts as they were: a breakdown that began weeks before the first refresh, or while no instance
	// was watching, would else be in its own baseline. 0 is [DefaultLookBack], and a negative number is none.
	LookBack int
}

// Open is a breakdown, or an improvement, that is open.
type Open struct {
	Subject

	Better bool `json:"better,omitempty"`
	// BaselineFrom and BaselineUntil are those of [Found], which stay. The series of the refresh have to have these days: a chart without them has a baseline
	// of its own, as if the breakdown were not open.
	BaselineFrom  time.Time `json:"baseline_from"`
	BaselineUntil time.Time `json:"baseline_until"`
	// Since is when a breakdown was mended that has returned: [Found.Began] is then on a later day, and what was before does not count. The zero time is no such time.
	Since time.Time `json:"since,omitzero"`
}

// Standing is how the chart of an open breakdown stands.
type Standing struct {
	Open

	// Known reports whether the refresh has the chart, and the last 14 days say whether they are usual. Without events they do not, and the chart shows nothing then.
	Known bool `json:"known"`
	// Usual reports whether the last 14 days are no more than chance away from the baseline, to the side of the breakdown. It is then not found, whatever the days
	// before were like. Where few bad events are usual, these days have to be less like the breakdown than chance explains, too.
	Usual bool `json:"usual"`
	// Before is the share of the baseline, and Now that of the last 14 days.
	Before score.Share `json:"before"`
	Now    score.Share `json:"now"`
	// Shown is what its own chart shows, also where [Findings.Found] has it as one of another finding's [Found.Also]; nil is nothing.
	Shown *Found `json:"shown,omitempty"`

	silent bool // the last 14 days have no events
}

// Findings are what a refresh has found.
type Findings struct {
	// Found has what became worse first, the one with the most bad events a day in excess before the others, and then what became better. Drifts are last: it
	// is no breakdown.
	Found []Found `json:"found"`
	// Open says how what was open stands, in its order.
	Open []Standing `json:"open,omitempty"`
	// Charts is how many charts were assessed, and Young how many have too few days for a baseline.
	Charts int `json:"charts"`
	Young  int `json:"charts_young,omitempty"`
}

// Find returns what has lastingly changed. The blueprint says at which stage a touchpoint is; nil knows of none. Open are the breakdowns and improvements that are open,
// whose baselines stay. A change that the charts have shown first in one of the weeks before has the baseline of then, and is found if they still show it.
func Find(d *insight.Daily, b *blueprint.Blueprint, open []Open, settings Settings) Findings {
	if !(settings.Level > 0 && settings.Level < 1) {
		settings.Level = DefaultLevel
	}
	if settings.LookBack == 0 {
		settings.LookBack = DefaultLookBack
	}
	known := slices.Clone(open)
	for back := settings.LookBack / week * week; back > 0 && settings.LookBack > 0; back -= week {
		known = append(known, shown(d, b, known, settings.Level, back)...)
	}
	answer := find(d, b, known, len(open), settings.Level)
	answer.Open = answer.Open[:len(open)]
	if len(open) == 0 {
		answer.Open = nil
	}
	return answer
}

// shown returns what the charts have shown so many days ago, and is not open, with the baselines of then.
func shown(d *insight.Daily, b *blueprint.Blueprint, open []Open, level float64, back int) (list []Open) {
	then := *d
	then.Days, then.Charts = d.Days-back, nil
	for i := range d.Charts {
		c := d.Charts[i]
		if keep := len(c.Series.Days) - back; keep > c.Anew {
			c.Series.Days = c.Series.Days[:keep]
			then.Charts = append(then.Charts, c)
		}
	}
	found := find(&then, b, open, 0, level).Found
	for i := range found {
		f := &found[i]
		for _, s := range append([]Subject{f.Subject}, f.Also...) {
			is := Open{Subject: s, Better: f.Better, BaselineFrom: f.BaselineFrom, BaselineUntil: f.BaselineUntil}
			same := func(o Open) bool { return o.Subject == is.Subject && o.Better == is.Better }
			if !f.Drift && !slices.ContainsFunc(open, same) && !slices.ContainsFunc(list, same) {
				list = append(list, is)
			}
		}
	}
	return list
}

// find is Find for the last day of the series. The first ones of open are open, and the rest were shown weeks ago.
func find(d *insight.Daily, b *blueprint.Blueprint, open []Open, first int, level float64) Findings {
	f := finder{daily: d, blueprint: b, level: level, open: first}
	answer := Findings{Found: []Found{}}
	for i := range d.Charts {
		f.assess(&d.Charts[i], open)
	}
	answer.Charts, answer.Young = f.assessed, f.young
	for i := range open {
		answer.Open = append(answer.Open, f.standing(&open[i]))
	}
	f.adjust()
	for _, better := range []bool{false, true} {
		var one []*side
		for i := range f.sides {
			s := &f.sides[i]
			if s.better == better && s.p <= f.level && s.sum.Began >= 0 && !f.settled(s, answer.Open) {
				one = append(one, s)
			}
		}
		answer.Found = append(answer.Found, f.matters(one)...)
		for _, s := range one {
			for i := range answer.Open {
				if o := &answer.Open[i]; o.Subject == s.chart.Subject && o.Better == better {
					is := s.found
					o.Shown = &is
				}
			}
		}
	}
	slices.SortStableFunc(answer.Found, compareFound)
	return answer
}

func compareFound(x, y Found) int {
	rank := func(f *Found) int {
		switch {
		case f.Drift:
			return 2
		case f.Better:
			return 1
		default:
			return 0
		}
	}
	return cmp.Or(cmp.Compare(rank(&x), rank(&y)), cmp.Compare(math.Abs(y.PerDay), math.Abs(x.PerDay)), x.Compare(y.Subject))
}

type finder struct {
	daily           *insight.Daily
	blueprint       *blueprint.Blueprint
	level           float64
	open            int // how many of those with a baseline of their own are open
	assessed, young int
	sides           []side
}

// side is one direction of a chart.
type side struct {
	chart       *insight.DailyChart
	better      bool
	open        bool // it is that of an open breakdown
	baseline    control.Baseline
	from, until int // of the baseline
	anew        int // the day from which on it counts, if that is after the baseline
	sum         control.Sum
	p           float64 // adjusted
	found       Found   // once it is described
}

// assess adds both sides of a chart. A side that is open has the baseline that stays.
func (f *finder) assess(c *insight.DailyChart, open []Open) {
	until := len(c.Series.Days) - SinceDays
	from := max(0, c.Anew, until-BaselineDays)
	own, ok := control.NewBaseline(c.Series, from, until)
	if ok {
		f.assessed++
	} else {
		f.young++
	}
	now := control.Assess(c.Series, own, until)
	for _, better := range []bool{false, true} {
		s := side{chart: c, better: better, baseline: own, from: from, until: until, sum: pick(&now, better)}
		if kept, frozen := f.frozen(c, better, open); frozen {
			kept.chart, kept.better = c, better
			a := control.Assess(c.Series, kept.baseline, kept.until)
			kept.sum = pick(&a, better)
			if kept.anew > kept.until {
				again := control.Assess(c.Series, kept.baseline, kept.anew)
				if sum := pick(&again, better); sum.Began >= 0 {
					kept.sum.Began = sum.Began
				}
			}
			s = kept
		} else if !ok {
			continue
		}
		f.sides = append(f.sides, s)
	}
}

func pick(a *control.Assessment, better bool) control.Sum {
	if better {
		return a.Better
	}
	return a.Worse
}

// frozen returns the baseline of an open breakdown.
func (f *finder) frozen(c *insight.DailyChart, better bool, open []Open) (s side, ok bool) {
	for i := range open {
		o := &open[i]
		if o.Subject != c.Subject || o.Better != better {
			continue
		}
		s.open = i < f.open
		s.from, s.until = f.daily.Number(o.BaselineFrom), f.daily.Number(o.BaselineUntil)
		if !o.Since.IsZero() {
			s.anew = f.daily.Number(o.Since) + 1 // the day of the mending has both
		}
		s.baseline, ok = control.NewBaseline(c.Series, s.from, s.until)
		return s, ok
	}
	return s, false
}

// adjust adjusts the probabilities, those of each direction over all charts.
func (f *finder) adjust() {
	for _, better := range []bool{false, true} {
		var p []float64
		var of []*side
		for i := range f.sides {
			if s := &f.sides[i]; s.better == better {
				p, of = append(p, s.sum.P), append(of, s)
			}
		}
		for i, adjusted := range stats.BenjaminiHochberg(p) {
			of[i].p = adjusted
		}
	}
}

// standing says how an open breakdown stands.
func (f *finder) standing(o *Open) Standing {
	answer := Standing{Open: *o}
	i := slices.IndexFunc(f.sides, func(s side) bool { return s.chart.Subject == o.Subject && s.better == o.Better })
	if i < 0 {
		return answer
	}
	s := &f.sides[i]
	last := max(s.until, len(s.chart.Series.Days)-SinceDays)
	a := control.Assess(s.chart.Series, s.baseline, last)
	answer.Before, answer.Now = share(s.chart, s.from, s.until), share(s.chart, last, len(s.chart.Series.Days))
	switch answer.silent = answer.Now.N == 0; {
	case len(a.Units) > 0:
		answer.Known, answer.Usual = true, pick(&a, o.Better).P > f.level
	case !answer.silent:
		answer.Usual = s.usualOfFew(last, answer.Now, f.level)
		answer.Known = answer.Usual || s.sum.Began >= 0
	}
	return answer
}

// usualOfFew reports whether days that expect too few bad events for a control chart are usual: by exact binomial probabilities chance explains them with the
// share of the baseline, and not with that of the breakdown before them.
func (s *side) usualOfFew(last int, now score.Share, level float64) bool {
	if s.sum.Began < 0 {
		return true
	}
	expected := 0.0
	for i := last; i < len(s.chart.Series.Days); i++ {
		if d := &s.chart.Series.Days[i]; counts(d.N, d.Out) {
			expected += s.baseline.Expected(s.chart.Series, i)
		}
	}
	usual, broken := expected/float64(now.N), share(s.chart, s.sum.Began, last)
	if broken.N == 0 {
		return false
	}
	if s.better {
		return stats.BinomialAtMost(now.Count, now.N, usual) > level && stats.BinomialAtLeast(now.Count, now.N, broken.Value) < level
	}
	return stats.BinomialAtLeast(now.Count, now.N, usual) > level && stats.BinomialAtMost(now.Count, now.N, broken.Value) < level
}

// settled reports whether the side is that of an open breakdown whose last days are usual, or have no events.
func (f *finder) settled(s *side, open []Standing) bool {
	return slices.ContainsFunc(open, func(o Standing) bool {
		return o.Subject == s.chart.Subject && o.Better == s.better && (o.Usual || o.silent)
	})
}

// counts reports whether a day says something: it has events, and is not out. Only such days are in a share, in what is in excess, and in how many days there were.
func counts(n int64, out bool) bool { return n > 0 && !out }

// share is that of the days that count.
func share(c *insight.DailyChart, from, until int) score.Share {
	var n, bad int64
	for i := max(0, from); i < min(until, len(c.Series.Days)); i++ {
		if d := &c.Series.Days[i]; counts(d.N, d.Out) {
			n, bad = n+d.N, bad+d.Bad
		}
	}
	return score.ShareOf(bad, n, score.DefaultConfidence)
}

// describe fills what is found of a side.
func (f *finder) describe(s *side) {
	days := len(s.chart.Series.Days)
	s.found = Found{
		Subject: s.chart.Subject, Better: s.better, Began: f.daily.Day(s.sum.Began), Last: f.daily.Day(days - 1), Drift: s.sum.Drift && !s.open, P: s.p,
		Before: share(s.chart, s.from, s.until), Since: share(s.chart, s.sum.Began, days),
		BaselineFrom: f.daily.Day(s.from), BaselineUntil: f.daily.Day(s.until),
	}
	for i := s.sum.Began; i < days; i++ {
		if d := &s.chart.Series.Days[i]; counts(d.N, d.Out) {
			s.found.Days++
			s.found.Excess += float64(d.Bad) - s.baseline.Expected(s.chart.Series, i)
		}
	}
	s.found.PerDay = s.found.Excess / float64(max(1, s.found.Days))
	for i := range f.daily.Changes {
		c := &f.daily.Changes[i]
		mine := c.Journey == "" || s.chart.Journey == "" || c.Journey == s.chart.Journey
		if mine && !s.found.Drift && Near(c.Day, s.found.Began) {
			s.found.Coincides = append(s.found.Coincides, *c)
		}
	}
}
