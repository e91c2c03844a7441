package fleet

import (
	"fmt"
	"strconv"
	"strings"
)

// The names that cx.slo.events, cx.slo.value and their attributes have in Prometheus.
const (
	eventsMetric  = "cx_slo_events_total"
	valueMetric   = "cx_slo_value_total"
	nameLabel     = "cx_objective_name"
	resultLabel   = "cx_objective_result"
	currencyLabel = "cx_currency"
)

// The values of kindLabel, which says what a series of a [summary] is.
const (
	kindLabel  = "cx_kind"
	kindLeast  = "least"
	kindLast   = "last"
	kindResets = "resets"
)

// selector returns the selector of the objective's series.
func (c *Client) selector(metric, objective string) string {
	list := make([]string, 0, 1+len(c.matchers))
	list = append(list, nameLabel+"="+strconv.Quote(objective))
	for _, m := range c.matchers {
		list = append(list, m.label+"="+strconv.Quote(m.value))
	}
	return metric + "{" + strings.Join(list, ", ") + "}"
}

// baseline asks for the last value of each series that has had one in the day before.
func baseline(c counter) string { return fmt.Sprintf("last_over_time(%s[%dms])", c.selector, day) }

// raw asks for the samples of the last milliseconds.
func raw(c counter, ms int64) string { return fmt.Sprintf("%s[%dms]", c.selector, ms) }

// summary asks for the lowest value, the last value and the resets of the last hour in one query, so that all three are of the same samples.
// A series that was not reset has no number of resets.
func summary(c counter) string {
	of := func(kind, function, condition string) string {
		return fmt.Sprintf(`label_replace(%s(%s[%dms])%s, %q, %q, "", "")`, function, c.selector, hour, condition, kindLabel, kind)
	}
	return of(kindLeast, "min_over_time", "") + " or " + of(kindLast, "last_over_time", "") + " or " + of(kindResets, "resets", " > 0")
}
