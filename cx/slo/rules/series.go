package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// The names of the recorded series, after Prometheus' level:metric:operations. The level is the objective, whose name is in the label
// cx_objective_name. A name that ends with "increase" or "ratio_increase" is followed by an alert window, such as 56m.
const (
	badIncrease    = "objective:cx_slo_bad:increase"
	eventsIncrease = "objective:cx_slo_events:increase"
	badRatio       = "objective:cx_slo_bad_per_events:ratio_increase"

	badHour         = "objective:cx_slo_bad:increase_hour"
	eventsHour      = "objective:cx_slo_events:increase_hour"
	splitBadHour    = "objective_split:cx_slo_bad:increase_hour"
	splitEventsHour = "objective_split:cx_slo_events:increase_hour"

	// Bad, Events and BadRatio are the bad events within the window of the objective, all that are good or bad, and the share of the bad
	// ones. A composite has only the share.
	Bad      = "objective:cx_slo_bad:increase_window"
	Events   = "objective:cx_slo_events:increase_window"
	BadRatio = "objective:cx_slo_bad_per_events:ratio_window"
	// Budget is the share of the error budget that is left: 1 to begin with, 0 where it is spent, and negative below the target.
	Budget = "objective:cx_slo_budget_left:ratio"
	// Target and Window are what the blueprint says: a share, and the length of the window in seconds.
	Target = "objective:cx_slo_target:ratio"
	Window = "objective:cx_slo_window:seconds"
	// Period numbers the periods of a window of the calendar: it changes when one begins, half an hour late.
	Period = "objective:cx_slo_period:number"
	// SplitBad, SplitEvents and SplitBadRatio are the same as Bad, Events and BadRatio for each combination of the values by which the
	// objective is split, with the labels of [SplitLabel]. The counts of all combinations add up to Bad and Events. The combination without
	// any of these labels has the first events of new ones. Each is at most [slo.MaxSeries] series: if there are more combinations over
	// all processes, Prometheus records none of them and counts a failure of the rule.
	SplitBad      = "objective_split:cx_slo_bad:increase_window"
	SplitEvents   = "objective_split:cx_slo_events:increase_window"
	SplitBadRatio = "objective_split:cx_slo_bad_per_events:ratio_window"
	// Heard is the share of a composite's weight that its ratio is from.
	Heard = "objective:cx_slo_weight_heard:ratio"
)

const (
	counter     = "cx_slo_events_total"
	byObjective = "cx_objective_name"
	byResult    = "cx_objective_result"
)

// The results in a selector: what is in the ratio, and what is bad.
const (
	matchBad    = byResult + `="bad"`
	matchEvents = byResult + `=~"good|bad"`
)

// of is a selector of one objective's series. The series have no other matchers, unless more are given.
func (c *config) of(series, objective string, more ...string) string {
	return series + "{" + strings.Join(append([]string{byObjective + "=" + promText(objective)}, append(more, c.match()...)...), ", ") + "}"
}

// recorded is a selector of a recorded series. Their labels are the objective's name and those of [WithMatcher].
func (c *config) recorded(series, objective string) string { return c.of(series, objective) }

// match are the matchers of [WithMatcher].
func (c *config) match() (list []string) {
	for _, m := range c.matchers {
		list = append(list, m.Label+"="+promText(m.Value))
	}
	return list
}

// selector is a selector of any series with the matchers given and those of [WithMatcher].
func (c *config) selector(series string, more ...string) string {
	all := slices.Concat(more, c.match())
	if len(all) == 0 {
		return series
	}
	return series + "{" + strings.Join(all, ", ") + "}"
}

// kept are the labels that aggregations keep.
func (c *config) kept(more ...string) string {
	list := more
	for _, m := range c.matchers {
		list = append(list, m.Label)
	}
	return strings.Join(list, ", ")
}

// fixed are the labels of series that are made of numbers: the same as aggregations keep.
func (c *config) fixed(objective string) []pair {
	return append([]pair{{byObjective, objective}}, c.labels()...)
}

// inHour counts the events of an objective with a result in the hour that ends now, by the labels. It looks back for a scrape more than
// an hour. Between the first and the last scrape in it lies an hour then, so that what falls between two hours is in one of them. The
// function increase extrapolates the difference of these two to the range, and the factor takes that back.
func (c *config) inHour(o *slo.Objective, result, kept string) string {
	whole := (c.scrape + time.Second - 1).Truncate(time.Second)
	factor := ratio(int64(hour/time.Second), int64((hour+whole)/time.Second))
	return fmt.Sprintf("sum by (%s) (increase(%s[%s])) * %s / %s", kept, c.of(counter, o.Name, result), span(hour+whole), factor.Num(), factor.Denom())
}

// increase counts the events of an objective with a result, within d.
func (c *config) increase(o *slo.Objective, result string, d time.Duration) string {
	return fmt.Sprintf("sum by (%s) (increase(%s[%s]))", c.kept(byObjective), c.of(counter, o.Name, result), span(d))
}
