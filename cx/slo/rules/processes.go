package rules

import (
	"fmt"
	"math"
	"math/big"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// processes tells of counts: of what they leave out, and of processes that begin and end.
func (t *tale) processes() {
	eval, end := t.file.eval, t.end()
	per := func(d time.Duration, n float64) float64 { return n * float64(d/eval) }
	filled := func(d time.Duration) bool { return d < end && d%eval == 0 }

	s := t.begin("counts: two processes, and excluded events that are in no ratio", eval)
	n := s.steps(end)
	s.reports(n).beside(n).life("a", flow{steps: n, good: 3, bad: 1, excluded: 7}).life("b", flow{steps: n, good: 7, bad: 1, excluded: 9})
	t.counted(s, end, func(d time.Duration) (bad, events float64) { return per(d, 2), per(d, 12) })

	high := 1.0
	for i := range t.burns {
		high = math.Min(high, between(t.burns[i].threshold))
	}
	s = t.begin("counter reset: the process starts again and counts from zero", eval)
	third := n / 3
	again := s.mix(third, high)
	again.before = restart
	s.reports(n).life("a", s.mix(third, high), again, s.mix(n-2*third, high))
	bad, all := float64(s.mix(1, high).bad), float64(s.many)
	t.counted(s, end, func(d time.Duration) (float64, float64) { return per(d, bad), per(d, all) })
	s.burning(end, high)

	s = t.begin("instance replaced: one ends, and the next one begins", eval)
	cut := n - s.steps(eval*4)
	s.reports(n).life("a", s.mix(cut, high), flow{steps: n - cut, before: exit})
	next := s.mix(n-cut, high)
	s.life("b", flow{steps: cut, before: absent}, flow{steps: 1}, flow{steps: n - cut - 1, good: next.good, bad: next.bad})
	s.burning(end, high)
	for _, d := range windows(t.burns) {
		if filled(d) {
			// Each process may be wrong by what happens in one step.
			s.exprs = append(s.exprs, exprTest{
				end, fmt.Sprintf("abs(%s - %.0f) <= bool %.0f", eventsIncrease+span(d), per(d, all), 2*all),
				[]pair{{s.same(), "1"}},
			})
		}
	}

	s = t.begin("first increment of a process that was scraped before it: counted", eval)
	s.reports(n).life("a", flow{steps: n, good: 100}).life("b", flow{steps: n - 2, before: absent}, flow{steps: 1}, flow{steps: 1, bad: 5})
	t.firstIncrement(s, end, 5, filled) // both samples are in the shortest window also where it begins after its first moment, as in Prometheus 3
	s = t.begin("first increment of a process that was not scraped before it: not counted", eval)
	s.reports(n).life("a", flow{steps: n, good: 100}).life("b", flow{steps: n - 2, before: absent}, flow{steps: 1, bad: 5}, flow{steps: 1})
	t.firstIncrement(s, end, 0, filled)
}

// firstIncrement says what the windows count of the bad events.
func (t *tale) firstIncrement(s *story, end time.Duration, bad float64, filled func(time.Duration) bool) {
	for _, d := range windows(t.burns) {
		if filled(d) {
			s.reads(end, badIncrease+span(d), bad)
		}
	}
}

// counted says what each window that the story fills has counted.
func (t *tale) counted(s *story, end time.Duration, of func(time.Duration) (bad, events float64)) {
	for _, d := range windows(t.burns) {
		if d >= end || d%s.step != 0 {
			continue
		}
		bad, events := of(d)
		s.reads(end, badIncrease+span(d), bad).reads(end, eventsIncrease+span(d), events)
	}
}

// burning says which of the alerts that look at a burn ring at a share that all windows have.
func (s *story) burning(at time.Duration, share float64) {
	for i := range s.burns {
		if b := &s.burns[i]; b.Severity == Page && share > b.Threshold() {
			s.rings(at, b, true)
		}
	}
}

// pair tells of one burn-rate alert, at the step that fits its windows.
func (t *tale) pair(b *Burn) {
	step, end := t.file.eval, b.Long+2*b.Short
	long, brief := b.Long, b.Short
	above, under, loud := between(b.threshold), below(b.threshold), t.loudest(b)
	above = min(above, loud)

	s := t.begin("counts", step)
	n := s.steps(end)
	s.reports(n).beside(n).life("a", flow{steps: n, good: 9, bad: 1, excluded: 5})
	for _, d := range []time.Duration{long, brief} {
		s.reads(end, badIncrease+span(d), float64(d/step)).reads(end, eventsIncrease+span(d), float64(10*(d/step))).reads(end, badRatio+span(d), 0.1)
	}
	if loud == 0 {
		return // a page silences the alert whenever it fires
	}
	for _, steady := range []struct {
		name  string
		share float64
		rings bool
	}{{"above the threshold in both windows", above, true}, {"below the threshold in both windows", under, false}, {"as bad as can be", loud, true}} {
		s := t.begin(steady.name, step)
		s.reports(n).life("a", s.mix(n, steady.share)).rings(end, b, steady.rings)
	}
	s = t.begin("below the threshold in the short window: it is over", step)
	k := s.steps(brief) + 1
	s.reports(n).life("a", s.mix(n-k, loud), s.mix(k, under)).rings(end-s.after(k), b, true).rings(end, b, false)
	s = t.begin("below the threshold in the long window: it is too little", step)
	if k = s.steps(brief); above*float64(k) < 0.9*b.Threshold()*float64(s.steps(long)) { // not where the two windows are nearly alike
		s.reports(n).life("a", s.mix(n-k, 0), s.mix(k, above)).rings(end, b, false)
	} else {
		t.file.cases = t.file.cases[:len(t.file.cases)-1]
	}
	if loud == 1 {
		t.evidence(b)
	}
}

// loudest is the highest share of bad events at which the alert fires by itself: 1, unless it is a ticket and the windows of a page are
// not shorter than the step. It is 0 if there is none.
func (t *tale) loudest(b *Burn) float64 {
	share := 1.0
	for i := range t.burns {
		page := &t.burns[i]
		switch {
		case b.Severity == Page || page.Severity != Page || page.Short < t.file.eval:
		case !less(b.threshold, page.threshold):
			return 0
		default:
			share = min(share, short(div(new(big.Rat).Add(b.threshold, page.threshold), ratio(2, 1))))
		}
	}
	return share
}

// evidence tells of counts at which one bad event more or less decides.
func (t *tale) evidence(b *Burn) {
	p, least, end := b.Threshold(), max(t.o.MinEvents, 1), b.Long+2*b.Short
	type count struct {
		bad, of int64
		rings   bool
		why     string
	}
	var list []count
	if bad, of := decisive(p, int64(least)); bad > 0 {
		list = append(list, count{bad - 1, of, false, "one bad event less than the evidence"}, count{bad, of, true, "as many bad events as the evidence"})
	}
	if !evident(t.o.MinEvents, b.threshold) {
		two := int64(max(least, 2))
		list = append(list, count{1, int64(least), false, "a single bad event is no evidence"}, count{2, two, Evidence(float64(two), p) < 2, "two bad events"})
	}
	if m := int64(t.o.MinEvents); m > 1 && Evidence(float64(m), p) < float64(m) {
		list = append(list, count{m - 1, m - 1, false, "fewer events than the objective's least number"}, count{m, m, true, "the objective's least number of events"})
	}
	for _, c := range list {
		s := t.begin(fmt.Sprintf("low traffic: %s: %d bad of %d", c.why, c.bad, c.of), t.file.eval)
		n := s.steps(end)
		s.reports(n).life("a", flow{steps: n - 1}, flow{steps: 1, good: c.of - c.bad, bad: c.bad}).rings(end, b, c.rings)
	}
}

// decisive returns a number of events, at least that many, and the number of bad ones that is just enough for evidence at p: with some
// distance, because increase is not exact. It returns 0 if there is none up to many events.
func decisive(p float64, least int64) (bad, of int64) {
	for bad = int64(math.Max(3, math.Ceil(Evidence(float64(least), p)))); bad < 1_000_000; bad++ {
		// The evidence grows with the events, so the number of events for bad − 0.5 is found by halving.
		low, high := bad, int64(1)<<50
		for low < high {
			mid := low + (high-low)/2
			if Evidence(float64(mid), p) < float64(bad)-0.5 {
				low = mid + 1
			} else {
				high = mid
			}
		}
		if e := Evidence(float64(low), p); low >= max(bad, least) && e > float64(bad)-0.7 && e < float64(bad)-0.3 {
			return bad, low
		}
	}
	return 0, 0
}

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
