package rules

import (
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// The names of the alerts.
const (
	BurnsFast   = "CairnObjectiveBurnsFast"
	BurnsSlowly = "CairnObjectiveBurnsSlowly"
	BudgetSpent = "CairnObjectiveBudgetSpent"
	BelowTarget = "CairnObjectiveBelowTarget"
	NotCounted  = "CairnObjectiveNotCounted"
)

// hour is the step in which the events of a window are summed.
const hour = time.Hour

// objectiveGroup returns the rules of an objective that is no composite, in the order in which they need each other.
func (c *config) objectiveGroup(o *slo.Objective, burns []Burn) group {
	g := group{name: "cairn objective " + o.Name, interval: c.interval(burns)}
	for _, d := range windows(burns) {
		g.rules = append(g.rules, c.counts(o, d)...)
		g.rules = append(g.rules, rule{record: badRatio + span(d), expr: c.share(badIncrease+span(d), eventsIncrease+span(d), o)})
	}
	g.rules = append(g.rules,
		rule{record: badHour, expr: c.inHour(o, matchBad, c.kept(byObjective))},
		rule{record: eventsHour, expr: c.inHour(o, matchEvents, c.kept(byObjective))})
	g.rules = append(g.rules, c.periodRules(o)...)
	g.rules = append(g.rules,
		rule{record: Bad, expr: c.overWindow(o, badHour)},
		rule{record: Events, expr: c.overWindow(o, eventsHour)},
		rule{record: BadRatio, expr: c.share(Bad, Events, o)})
	g.rules = append(g.rules, c.promised(o)...)
	for i := range burns {
		g.rules = append(g.rules, c.burnAlert(o, &burns[i], burns))
	}
	g.rules = append(g.rules, c.spentAlert(o), c.notCountedAlert(o))
	return g
}

// interval is how often the rules are evaluated: at least twice in the shortest alert window.
func (c *config) interval(burns []Burn) time.Duration {
	for i := range burns {
		if burns[i].Short < 2*time.Minute {
			return 30 * time.Second
		}
	}
	return time.Minute
}

// windows returns the alert windows, each once, the shortest first.
func windows(burns []Burn) (list []time.Duration) {
	for i := range burns {
		list = append(list, burns[i].Long, burns[i].Short)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// counts records the bad events within d, and all that are in the ratio.
func (c *config) counts(o *slo.Objective, d time.Duration) []rule {
	return []rule{
		{record: badIncrease + span(d), expr: c.increase(o, matchBad, d)},
		{record: eventsIncrease + span(d), expr: c.increase(o, matchEvents, d)},
	}
}

// share divides counts: 0 where all is well, and nothing where nothing happened.
func (c *config) share(bad, events string, o *slo.Objective) string {
	return fmt.Sprintf("%s\n  / (%s > 0)", c.recorded(bad, o.Name), c.recorded(events, o.Name))
}

// budgetOf is the error budget: the share of the events that may be bad.
func budgetOf(o *slo.Objective) decimal { return sub(one(), exact(o.Target)) }

// promised records the target, the window and what is left of the budget.
func (c *config) promised(o *slo.Objective) []rule {
	return []rule{
		{record: Target, expr: "vector(" + written(exact(o.Target)) + ")", labels: c.fixed(o.Name)},
		{record: Window, expr: fmt.Sprintf("vector(%d)", days(o.Window)*24*60*60), labels: c.fixed(o.Name)},
		{record: Budget, expr: fmt.Sprintf("1 - %s / %s", c.recorded(BadRatio, o.Name), written(budgetOf(o)))},
	}
}

// burnAlert is a burn-rate alert. A ticket is silent while a page fires.
func (c *config) burnAlert(o *slo.Objective, b *Burn, all []Burn) rule {
	long, short := span(b.Long), span(b.Short)
	bad, events := c.recorded(badIncrease+long, o.Name), c.recorded(eventsIncrease+long, o.Name)
	threshold := written(b.threshold)
	expr := fmt.Sprintf("%s > %s\nand\n%s > %s\nand\n%s\n  > %s",
		c.recorded(badRatio+long, o.Name), threshold, c.recorded(badRatio+short, o.Name), threshold, bad, evidence(events, b.threshold))
	if !evident(o.MinEvents, b.threshold) {
		expr += "\nand\n" + bad + " > " + twoBad
	}
	expr += c.enough(o, events)
	name := BurnsFast
	if b.Severity == Ticket {
		name = BurnsSlowly
		if slices.ContainsFunc(all, func(b Burn) bool { return b.Severity == Page }) {
			expr += "\nunless on ()\n" + c.of("ALERTS", o.Name, `alertname="`+BurnsFast+`"`, `alertstate="firing"`)
		}
	}
	return rule{
		alert: name, expr: expr,
		labels:      with(pair{"severity", string(b.Severity)}, pair{"owner", literal(o.Owner)}, pair{"cx_window", long}),
		annotations: c.annotations(o, burnSummary(o, b), burnDescription(o, b)),
	}
}

// twoBad asks for two bad events: increase reads two as 1.5 at least where an alert window has four scrapes, and one as less.
const twoBad = "1.5"

// enough asks for the least number of events, if the objective has one. Half an event is what increase may read too low.
func (c *config) enough(o *slo.Objective, events string) string {
	if o.MinEvents <= 1 {
		return ""
	}
	return fmt.Sprintf("\nand\n%s > %s", events, written(sub(ratio(int64(o.MinEvents), 1), ratio(1, 2))))
}

// spentAlert fires while more bad events are in the window than the target allows. One bad event is never enough.
func (c *config) spentAlert(o *slo.Objective) rule {
	budget := budgetOf(o)
	expr := fmt.Sprintf("%s > %s", c.recorded(BadRatio, o.Name), written(budget))
	if oneSpends(o, budget) {
		expr += fmt.Sprintf("\nand\n%s > %s", c.recorded(Bad, o.Name), twoBad)
	}
	return rule{
		alert: BudgetSpent, expr: expr + c.enough(o, c.recorded(Events, o.Name)),
		labels:      with(pair{"severity", string(Ticket)}, pair{"owner", literal(o.Owner)}),
		annotations: c.annotations(o, spentSummary(o), spentDescription(o)),
	}
}

// oneSpends reports whether a single bad event may be more than the budget of the least number of events.
func oneSpends(o *slo.Objective, budget decimal) bool {
	return less(mul(budget, ratio(int64(max(o.MinEvents, 1)), 1)), one())
}

// notCountedAlert fires when no process counts the objective although clients run. Without a client CairnIsDead fires instead.
func (c *config) notCountedAlert(o *slo.Objective) rule {
	return rule{
		alert: NotCounted,
		expr:  fmt.Sprintf("absent(%s)\nand on ()\ncount(%s)", c.of(counter, o.Name), c.selector(info)),
		hold:  patience, labels: with(pair{"severity", string(Ticket)}, pair{"owner", literal(o.Owner)}),
		annotations: c.annotations(o, notCountedSummary(o), notCountedDescription()),
	}
}

// patience is how long data may be absent: a rolling restart of a service takes less.
const patience = 10 * time.Minute
