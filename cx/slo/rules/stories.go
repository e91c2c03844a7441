package rules

import (
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// objectiveTests returns the unit tests of the rules of an objective: one file with samples every minute or faster, one for each further
// burn-rate alert with samples in proportion to its windows, so that days take few samples, and one for the window of the objective.
func (c *config) objectiveTests(o *slo.Objective, burns []Burn) []testFile {
	budget := budgetOf(o)
	group := c.objectiveGroup(o, burns)
	tale := func(name string, eval time.Duration) *tale {
		return &tale{c, o, burns, group.rules, enoughFor(burns, budget), &testFile{name: name, eval: eval}}
	}
	all := tale("alerts", fine(burns))
	all.steady()
	all.quiet()
	all.processes()
	all.silence()
	all.others()
	few := tale("budget", 4*time.Minute)
	few.budget(budget)
	files := []testFile{*all.file, *few.file}
	for i := range burns {
		t := tale(burnTest(burns, i), coarse(&burns[i]))
		t.burnRate(&burns[i])
		files = append(files, *t.file)
	}
	t := tale("window", 6*hour)
	t.window()
	return append(files, *t.file)
}

// burnTest is the name of the tests of a burn. A page and a ticket may have the same long window.
func burnTest(burns []Burn, i int) string {
	name := "burn-" + span(burns[i].Long)
	if slices.ContainsFunc(burns[:i], func(b Burn) bool { return b.Long == burns[i].Long }) {
		name += "-" + string(burns[i].Severity)
	}
	return name
}

// fine is the step of the tests that look at everything: at least two in the shortest window, and a whole number in an hour. Prometheus
// looks back for five minutes, so it is shorter.
func fine(burns []Burn) time.Duration {
	shortest := hour
	for i := range burns {
		shortest = min(shortest, burns[i].Short)
	}
	switch {
	case shortest < 2*time.Minute:
		return 30 * time.Second
	case shortest < 4*time.Minute:
		return time.Minute
	case shortest < 8*time.Minute:
		return 2 * time.Minute
	default:
		return 4 * time.Minute
	}
}

// coarse is a step of which both windows of an alert are a multiple, with at least two in the short one.
func coarse(b *Burn) time.Duration {
	common, rest := b.Long, b.Short
	for rest != 0 {
		common, rest = rest, common%rest
	}
	if common == b.Short {
		return common / 2
	}
	return common
}

// end is how long tests at the fine step last: longer than the windows of the first alert, and than what may be absent.
func (t *tale) end() time.Duration {
	length := patience
	if len(t.burns) > 0 {
		length = max(length, t.burns[0].Long+2*t.burns[0].Short)
	}
	return length.Truncate(t.file.eval) + 2*t.file.eval
}

// steady tells of shares of bad events that stay the same.
func (t *tale) steady() {
	t.at("healthy", 0)
	for i := range t.burns {
		kind := "fast burn"
		if t.burns[i].Severity == Ticket {
			kind = "slow burn"
		}
		t.at(fmt.Sprintf("%s, above the threshold of %s", kind, span(t.burns[i].Long)), between(t.burns[i].threshold))
	}
}

// at tells of one share of bad events that stays the same. Every window has that share, so it decides alone which alerts fire.
func (t *tale) at(name string, share float64) {
	end := t.end()
	s := t.begin(fmt.Sprintf("%s: %.4g%% are bad", name, share*100), t.file.eval)
	n := s.steps(end)
	s.reports(n).beside(n).life("a", s.mix(n, share))
	// A page of another objective silences nothing.
	s.series = append(s.series, pair{
		selector("ALERTS", append([]pair{{"alertname", BurnsFast}, {"alertstate", "firing"}, {byObjective, another}}, s.c.labels()...)...),
		fmt.Sprintf("1+0x%d", n),
	})
	var fire []*rule
	paged := false
	for i := range t.burns {
		if t.burns[i].Severity == Page && share > t.burns[i].Threshold() {
			fire, paged = append(fire, s.alertOf(&t.burns[i])), true
		}
	}
	for i := range t.burns {
		if t.burns[i].Severity == Ticket && share > t.burns[i].Threshold() && !paged {
			fire = append(fire, s.alertOf(&t.burns[i]))
		}
	}
	if spent := s.alert(BudgetSpent); share > number(budgetOf(t.o)) && end >= hour { // the first hour's count
		fire = append(fire, spent)
	}
	s.fires(end, share, fire...)
	for _, d := range windows(t.burns) {
		s.reads(end, badRatio+span(d), share)
	}
}

// quiet tells of little or nothing.
func (t *tale) quiet() {
	end := t.end()
	idle := t.begin("idle", t.file.eval)
	n := idle.steps(end)
	idle.reports(n).life("a", flow{steps: n}).fires(end, 0)
	for _, d := range windows(t.burns) {
		idle.hasNothing(end, badRatio+span(d)).reads(end, badIncrease+span(d), 0).reads(end, eventsIncrease+span(d), 0)
	}
	idle.hasNothing(end, BadRatio).hasNothing(end, Budget)

	s := t.begin("one failure of ten", t.file.eval)
	half := n / 2
	s.reports(n).life("a", flow{steps: half}, flow{steps: 1, good: 9, bad: 1}, flow{steps: n - half - 1})
	for at := half; at <= n; at += max((n-half)/6, 1) {
		s.fires(s.after(at), 0)
	}

	s = t.begin("maintenance: every event is excluded", t.file.eval)
	s.reports(n).life("a", flow{steps: n, excluded: s.many}).fires(end, 0)
	for _, d := range windows(t.burns) {
		s.hasNothing(end, badRatio+span(d))
	}
}

// silence tells of alerts that end, and of data that are not there.
func (t *tale) silence() {
	end := t.end()
	s := t.begin("not counted, although clients report", t.file.eval)
	n := s.steps(end)
	s.reports(n).beside(n).fires(patience-t.file.eval, 0).fires(patience+t.file.eval, 0, s.alert(NotCounted))
	s = t.begin("no client reports, which is not the objective's fault", t.file.eval)
	s.beside(n).fires(end, 0)

	for i := range t.burns {
		b := &t.burns[i]
		if b.Severity != Page || b.Long+2*b.Short > end {
			continue
		}
		s := t.begin(fmt.Sprintf("recovery: the page of %s ends", span(b.Long)), t.file.eval)
		burn := s.steps(b.Long)
		over := s.after(burn) + b.Short + s.step
		s.reports(n).life("a", s.mix(burn, between(b.threshold)), s.mix(n-burn, 0))
		s.rings(s.after(burn), b, true).rings(over.Truncate(s.step), b, false)
	}
}

// others tells of another objective that burns, in series as the rules record them: no rule may take them for its own.
func (t *tale) others() {
	const n = 10
	series := func(s *story, name string, value int) {
		for _, labels := range s.strangers() {
			s.series = append(s.series, pair{selector(name, labels...), fmt.Sprintf("%d+0x%d", value, n)})
		}
	}
	at := time.Duration(n) * t.file.eval

	s := t.begin("another objective: its counts are not this one's", t.file.eval)
	for _, d := range windows(t.burns) {
		series(s, badIncrease+span(d), 1000)
		series(s, eventsIncrease+span(d), 1000)
		s.hasNothing(at, badRatio+span(d))
	}
	series(s, badHour, 1000)
	series(s, eventsHour, 1000)
	if periods(t.o.Window) != nil {
		series(s, Period, 1)
	}
	s.hasNothing(at, Bad).hasNothing(at, Events)

	s = t.begin("another objective: its shares are not this one's", t.file.eval)
	for _, d := range windows(t.burns) {
		series(s, badIncrease+span(d), 1_000_000)
		series(s, eventsIncrease+span(d), 1_000_000)
		series(s, badRatio+span(d), 1)
	}
	series(s, Bad, 1_000_000)
	series(s, Events, 1_000_000)
	s.hasNothing(at, BadRatio).fires(at, 0)

	s = t.begin("another objective: its budget is not this one's", t.file.eval)
	series(s, Bad, 1_000_000)
	series(s, Events, 1_000_000)
	series(s, BadRatio, 1)
	s.hasNothing(at, Budget).fires(at, 0)
}
