package rules

import (
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// SplitLabel returns the label of the recorded series that has the values of a dimension, such as cx_channel. It is "" for what is no
// dimension.
func SplitLabel(d slo.Dimension) string {
	switch d {
	case slo.ByChannel:
		return "cx_channel"
	case slo.BySegment:
		return "cx_customer_segment"
	case slo.ByActor:
		return "cx_actor"
	case slo.ByIntent:
		return "cx_intent"
	case slo.ByRelease:
		return "service_version"
	case slo.ByArm:
		return "feature_flag_result_variant"
	default:
		return ""
	}
}

// splitGroup returns the rules that record the counts of each combination of values that the objective is split by. It is a group of its
// own: alerts do not wait for it, and its limit is on nothing else.
func (c *config) splitGroup(o *slo.Objective) group {
	g := group{name: "cairn objective " + o.Name + " split", interval: time.Minute, limit: slo.MaxSeries}
	labels := make([]string, len(o.By))
	for i, d := range o.By {
		labels[i] = SplitLabel(d)
	}
	kept := c.kept(slices.Concat([]string{byObjective}, labels)...)
	g.rules = append(g.rules,
		rule{record: splitBadHour, expr: c.inHour(o, matchBad, kept)},
		rule{record: splitEventsHour, expr: c.inHour(o, matchEvents, kept)},
		rule{record: SplitBad, expr: c.splitOverWindow(o, splitBadHour)},
		rule{record: SplitEvents, expr: c.splitOverWindow(o, splitEventsHour)},
		rule{record: SplitBadRatio, expr: c.share(SplitBad, SplitEvents, o)})
	return g
}

// splitOverWindow is [config.overWindow] of series that have more labels than the number of the period.
func (c *config) splitOverWindow(o *slo.Objective, hourly string) string {
	return strings.Replace(c.overWindow(o, hourly), "\n  and\n", "\n  and on ("+c.kept(byObjective)+")\n", 1)
}
