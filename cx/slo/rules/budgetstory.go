package rules

import (
	"fmt"
	"math"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// budget tells of what is left of the budget, and of few events that decide.
func (t *tale) budget(budget decimal) {
	end := hour + 2*t.file.eval
	tell := func(name string, bad, of int64, spent bool, life ...flow) {
		s := t.begin(fmt.Sprintf("%s: %d bad of %d", name, bad, of), t.file.eval).warmed()
		share := float64(bad) / float64(of)
		s.reports(s.steps(end)).beside(s.steps(end)).life("a", life...)
		s.reads(end, Bad, float64(bad)).reads(end, Events, float64(of)).reads(end, BadRatio, share).reads(end, Budget, 1-share/number(budget))
		s.reads(end, badHour, float64(bad)).reads(end, eventsHour, float64(of))
		s.reads(end, Target, t.o.Target).reads(end, Window, float64(days(t.o.Window)*24*60*60))
		a := alertTest{at: end, alert: BudgetSpent}
		if spent {
			a.fire = []firing{s.firing(s.alert(BudgetSpent), share)}
		}
		s.alerts = append(s.alerts, a)
	}
	n := int(hour / t.file.eval)
	few := func(why string, bad, of int64, spent bool) {
		tell(why, bad, of, spent, flow{steps: n / 3}, flow{steps: 1, good: of - bad, bad: bad, excluded: 5}, flow{steps: n})
	}
	many := func(why string, share float64, spent bool) {
		bad := int64(math.Round(share * float64(t.many)))
		tell(why, int64(n)*bad, int64(n)*t.many, spent, flow{steps: n + 2, good: t.many - bad, bad: bad, excluded: 5})
	}
	many("within the budget", below(budget), false)
	many("more than the budget", between(budget), true)
	t.betweenHours()
	m := int64(max(t.o.MinEvents, 1))
	if oneSpends(t.o, budget) {
		few("a single bad event does not spend it", 1, m, false)
		few("two bad events do", 2, max(m, 2), true)
	}
	if m > 1 {
		few("fewer events than the objective's least number", m-1, m-1, false)
		few("the objective's least number of events", m, m, true)
	}
}

// betweenHours tells of events after the last scrape of an hour and before the first one of the next.
func (t *tale) betweenHours() {
	s := t.begin("what falls between two hours is in one of them", t.file.eval).warmed()
	n, end := s.steps(hour), 2*hour+2*t.file.eval
	s.reports(s.steps(end)).life("a", flow{steps: n}, flow{steps: 1, good: 8, bad: 2}, flow{steps: n + 1})
	s.reads(end, Bad, 2).reads(end, Events, 10)
}

// window tells of the window of the objective: what is at its edge.
func (t *tale) window() {
	s := t.begin("events are counted until they leave the window", 30*time.Minute).warmed()
	in, out := edge(t.o.Window)
	n := s.steps(out)
	s.reports(n).life("a", flow{steps: 11}, flow{steps: 1, good: 8, bad: 2}, flow{steps: n - 12})
	s.reads(6*hour, badHour, 2).reads(6*hour, eventsHour, 10)
	for _, at := range []time.Duration{6 * hour, (in / 2).Truncate(6 * hour), in} {
		s.reads(at, Bad, 2).reads(at, Events, 10).reads(at, BadRatio, 0.2).reads(at, Budget, 1-0.2/number(budgetOf(t.o)))
	}
	s.reads(out, Bad, 0).reads(out, Events, 0).hasNothing(out, BadRatio).hasNothing(out, Budget)

	s = t.begin("an hour's count is of that hour", 30*time.Minute)
	s.life("a", flow{steps: 9}, flow{steps: 1, good: 8, bad: 2}, flow{steps: 2})
	s.reads(6*hour, badHour, 0).reads(6*hour, eventsHour, 0)
}

// edge returns two times around the end of the window of what happened between the fifth and the sixth hour of 1970, which is where
// promtool begins: multiples of six hours.
func edge(w slo.Window) (in, out time.Duration) {
	end := time.Duration(days(w)) * day
	if periods(w) == nil {
		return end, end + 12*hour
	}
	begin := time.Unix(0, 0).In(time.FixedZone("", int(zoneOffset(w))))
	happened := begin.Add(5*hour + 30*time.Minute)
	year, m, d := happened.Date()
	next := time.Date(year, m+1, 1, 0, 0, 0, 0, happened.Location())
	switch w.Period {
	case slo.CalendarMonth:
	case slo.CalendarWeek:
		next = time.Date(year, m, d+7-(int(happened.Weekday())+6)%7, 0, 0, 0, 0, happened.Location())
	case slo.CalendarQuarter:
		next = time.Date(year, (m-1)/3*3+4, 1, 0, 0, 0, 0, happened.Location())
	}
	last := next.Sub(begin)
	in = (last - time.Minute).Truncate(6 * hour)
	return in, in + 12*hour
}
