package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// BreakdownOverdue is the name of the alert about breakdowns whose promises are broken.
const BreakdownOverdue = "CairnBreakdownOverdue"

// The metrics of the instance that watches breakdowns.
const (
	breakdownOverdue   = "cx_breakdown_overdue"
	breakdownAge       = "cx_breakdown_age"
	breakdownCustomers = "cx_breakdown_customers"
	breakdownJourney   = "cx_breakdown_journey"
	breakdownPromise   = "cx_promise_name"
)

// handover is how long the alert goes on after the last sample that says so, while another instance takes over the watch.
const handover = 15 * time.Minute

// breakdownGroup returns the alert about breakdowns. One instance of a service reports them at a time, and none does for a moment when
// another one takes over. A value of an instance that has ended is not added to that of the next one, so the highest one counts.
func (c *config) breakdownGroup() group {
	by := c.kept("job", breakdownJourney, breakdownPromise)
	// The query of an annotation is about the journey and the service of the alert. An empty label matches series without it.
	ask := func(metric, say string) string {
		only := strings.ReplaceAll(strings.Join(append([]string{""}, c.match()...), ", "), "%", "%%")
		query := strconv.Quote("max(" + metric + "{" + breakdownJourney + "=%q, job=%q" + only + "})")
		return "{{ range query (printf " + query + " $labels." + breakdownJourney + " $labels.job) }}" + say + "{{ end }}"
	}
	r := rule{
		alert: BreakdownOverdue, expr: fmt.Sprintf("max by (%s) (max_over_time(%s[%s])) > 0", by, c.selector(breakdownOverdue), span(handover)),
		labels: with(pair{"severity", string(Ticket)}, pair{"owner", literal(c.mender)}),
		annotations: []pair{
			{"summary", "{{ $labels.job }}: breakdowns{{ with $labels." + breakdownJourney + " }} of {{ . }}{{ end }} that were not {{ $labels." + breakdownPromise + " }} in time: {{ $value }}."},
			{"description", "A promise about a breakdown is broken: customers meet something more often than before, and it is not {{ $labels." + breakdownPromise + " }}." +
				ask(breakdownAge, ` The oldest one began {{ . | value | printf "%.0f" }} days ago.`) +
				ask(breakdownCustomers, ` So far {{ . | value | printf "%.0f" }} customers more than usual met one.`) +
				" The command cairn breakdowns --sort due lists what is open. The page docs/breakdowns.md of Cairn says what to do."},
		},
	}
	return group{name: "cairn breakdowns", interval: time.Minute, rules: []rule{r}}
}
