package rules

import (
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// day is 24 hours. A composite has to be below its target for as long before it is a ticket.
const day = 24 * time.Hour

// compositeGroup returns the rules of a composite: the weighted mean of the ratios of its parts, each over its own counts. A part without
// events, or with fewer than its MinEvents, is not heard: it drops out with its weight.
func (c *config) compositeGroup(o *slo.Objective, byName map[string]*slo.Objective) group {
	heard, mean := make([]string, len(o.Of)), make([]string, len(o.Of))
	total := zero()
	for i, p := range o.Of {
		weight := exact(p.Weight)
		total.Add(total, weight)
		part := c.part(byName[p.Objective])
		heard[i] = fmt.Sprintf("(%s + 0 * %s)", written(weight), part)
		mean[i] = fmt.Sprintf("(%s * %s)", written(weight), part)
	}
	sum := func(list []string) string {
		return fmt.Sprintf("%s(\n  %s\n)", c.sum(), strings.Join(list, "\n  or\n  "))
	}
	g := group{name: "cairn objective " + o.Name, interval: time.Minute}
	g.rules = append(g.rules,
		rule{record: Heard, expr: sum(heard) + " / " + written(total), labels: c.fixed(o.Name)[:1]},
		rule{
			record: BadRatio, labels: c.fixed(o.Name)[:1],
			expr: fmt.Sprintf("%s\n/ (%s * %s(%s))", sum(mean), written(total), c.sum(), c.recorded(Heard, o.Name)),
		})
	g.rules = append(g.rules, c.promised(o)...)
	g.rules = append(g.rules, rule{
		alert: BelowTarget, hold: day,
		expr:        fmt.Sprintf("%s > %s", c.recorded(BadRatio, o.Name), written(budgetOf(o))),
		labels:      with(pair{"severity", string(Ticket)}, pair{"owner", literal(o.Owner)}),
		annotations: c.annotations(o, belowSummary(o), belowDescription(o)),
	})
	return g
}

// part is the ratio of a part, if it has enough events.
func (c *config) part(o *slo.Objective) string {
	series := c.recorded(BadRatio, o.Name)
	if o.MinEvents <= 1 {
		return series
	}
	return fmt.Sprintf("(%s and %s > %s)", series, c.recorded(Events, o.Name), written(sub(ratio(int64(o.MinEvents), 1), ratio(1, 2))))
}

// sum adds over the parts.
func (c *config) sum() string {
	if len(c.matchers) == 0 {
		return "sum"
	}
	return "sum by (" + c.kept() + ") "
}
